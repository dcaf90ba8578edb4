"""Why no plan exists, which limits cannot hold together, and what the cheapest way out is."""

from carbonplan.diagnose.arithmetic import findings
from carbonplan.diagnose.diagnosing import SECONDS, diagnose
from carbonplan.diagnose.giving_way import reasons
from carbonplan.diagnose.records import Diagnosis
from carbonplan.diagnose.wording import lines

__all__ = ["SECONDS", "Diagnosis", "diagnose", "findings", "lines", "reasons"]
