"""Readers of what benchmark programs write, as measurements."""
