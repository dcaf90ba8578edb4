"""Public and own logs of requests, recognised by their shape and counted into one form.

What is read is never held as a whole: a log of millions of requests becomes the number of
requests of each length and of each hour, block by block.
"""

from carbonplan.prepare.request_logs.counting import Batch, Counted
from carbonplan.prepare.request_logs.reading import FORMATS, read_log, read_requests

__all__ = ["FORMATS", "Batch", "Counted", "read_log", "read_requests"]
