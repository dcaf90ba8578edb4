"""Grid data of providers, over the network or from files that were downloaded.

A provider is trusted for values only after its answer was held against a schema; its tokens
exist in memory alone; nothing that it leaves out is filled unless the user says how.
"""
