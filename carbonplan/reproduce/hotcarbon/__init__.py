"""HotCarbon'24: an old card against a new one, by prompt and by day, on three grids."""

from carbonplan.reproduce.hotcarbon.cases import cases
from carbonplan.reproduce.hotcarbon.page import claims, page
from carbonplan.reproduce.hotcarbon.prompts import prompts

__all__ = ["cases", "claims", "page", "prompts"]
