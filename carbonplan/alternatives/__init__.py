"""Plans nearly as good as the best: how differently a scenario can be planned.

Every plan whose objective is at most a slack above that of the best is *near-optimal*. What all
of them have is needed; what none of them has is never worth it; the rest is for the planner to
choose, for reasons that no objective holds.
"""

from carbonplan.alternatives.explore import explore
from carbonplan.alternatives.ranges import Mark, Range
from carbonplan.alternatives.records import Alternatives
from carbonplan.alternatives.whole import Alternative, alternatives

__all__ = ["Alternative", "Alternatives", "Mark", "Range", "alternatives", "explore"]
