"""Who it is for: impacts by workload and class, and by the unit served; idle apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carbonplan.report.attribution import attribution_blocks, is_attributed
from carbonplan.report.document import Illustration, Paragraph, Section

if TYPE_CHECKING:
    from carbonplan.plan import Plan

CAPTION = (
    "Carbon by workload and region, from operation and from making servers, with what serves "
    "nobody apart."
)
RULES = (
    "A workload is owed what serving it takes, and of replicas, servers and their making what "
    "it holds of their time. A thousand tokens in are owed what prompts take, a thousand out "
    "what decoding does."
)


def attribution(plan: Plan) -> Section | None:
    """To whom the impacts of a plan are owed; None where it does not say."""
    if not is_attributed(plan.data):
        return None
    blocks = Illustration("attribution", CAPTION), Paragraph(RULES), *attribution_blocks(plan)
    return Section("attribution", "Who it is for", blocks)
