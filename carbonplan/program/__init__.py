"""The whole horizon as sparse arrays: one slot compiled once, stamped over all slots."""

from carbonplan.program.records import Layout, Program

__all__ = ["Layout", "Program"]
