"""Measures the GPU that it runs on: prefill and decode of a transformer, and its power.

Alone among the parts of carbonplan it uses PyTorch and NVML, which come with the optional extra
``profile``. Everything but ``nvml`` and ``cuda`` runs without them.
"""
