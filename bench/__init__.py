"""Measure speed and memory side by side; ``python -m bench --help``."""
