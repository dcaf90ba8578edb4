"""Solve a program under a protocol in which no answer of a solver is believed unchecked.

This package's own imports are light: a worker process imports it before it solves.
"""

from carbonplan.solve.limits import Limits, Progress
from carbonplan.solve.protocol import relaxation, solve
from carbonplan.solve.solution import Solution, Status

__all__ = ["Limits", "Progress", "Solution", "Status", "relaxation", "solve"]
