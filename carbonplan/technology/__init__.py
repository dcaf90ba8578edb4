"""Technology models: records in, numbers out; every function says its equation and source."""
