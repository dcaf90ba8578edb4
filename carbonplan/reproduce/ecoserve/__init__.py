"""EcoServe: reuse, rightsize, reduce and recycle in one plan, beside what the paper claims."""

from carbonplan.reproduce.ecoserve.cases import cases
from carbonplan.reproduce.ecoserve.page import claims, page

__all__ = ["cases", "claims", "page"]
