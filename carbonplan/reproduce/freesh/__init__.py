"""FREESH's pool layer: half-hour windows of published inputs, and their published optima."""

from carbonplan.reproduce.freesh.run import Answer, Totals, reproduce, totals
from carbonplan.reproduce.freesh.scenario import Question

__all__ = ["Answer", "Question", "Totals", "reproduce", "totals"]
