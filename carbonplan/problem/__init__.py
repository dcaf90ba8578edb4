"""Inputs and configurations become index sets and coefficients."""

from carbonplan.problem.assembly import assemble
from carbonplan.problem.bounds import with_upper_bounds
from carbonplan.problem.records import Problem

__all__ = ["Problem", "assemble", "with_upper_bounds"]
