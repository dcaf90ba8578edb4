"""SLIT's question: requests of the world divided over standing sites, by four impacts at once."""

from carbonplan.reproduce.slit.run import Answer, Effort, reproduce

__all__ = ["Answer", "Effort", "reproduce"]
