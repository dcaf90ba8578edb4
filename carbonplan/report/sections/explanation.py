"""The explanation in a report: what limits the plan, and what its choice hangs on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from carbonplan.report.document import Block, Heading, Section
from carbonplan.report.explanation import sections

if TYPE_CHECKING:
    from carbonplan.plan import Plan

TITLE = "Why this plan"


def explanation(plan: Plan) -> Section | None:
    """What was explained of the plan; None where nothing was."""
    document = plan.summary.get("explanation")
    if not isinstance(document, Mapping):
        return None
    blocks: list[Block] = []
    for section in sections(document):
        blocks += [Heading(section.title)] if section.title != TITLE else []
        blocks += section.blocks
    return Section("explanation", TITLE, tuple(blocks))
