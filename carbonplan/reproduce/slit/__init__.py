"""SLIT's question: requests of the world over standing sites, by four impacts at once."""

from carbonplan.reproduce.slit.run import QUICK, Answer, Effort, reproduce

__all__ = ["QUICK", "Answer", "Effort", "reproduce"]
