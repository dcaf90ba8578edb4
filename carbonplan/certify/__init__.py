"""Plan, replay, adjust, plan: until a plan keeps on a trace what it promises, or why not."""

from carbonplan.certify.loop import Certified, Search, certify, written
from carbonplan.certify.records import Certification, Replayed, Round

__all__ = ["Certification", "Certified", "Replayed", "Round", "Search", "certify", "written"]
