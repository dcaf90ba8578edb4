"""Is a plan what it says? Everything recomputed from the inputs, without the program.

Nothing here is shared with the problem, the formulation, the program or the solver, so that a
mistake of theirs shows.
"""

from carbonplan.verify.verification import Verification, verify

__all__ = ["Verification", "verify"]
