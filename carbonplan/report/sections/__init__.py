"""The sections of a report, in the order in which they are read; one file for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carbonplan.report.document import Section
from carbonplan.report.sections.answer import answer
from carbonplan.report.sections.assumptions import assumptions
from carbonplan.report.sections.baselines import baselines
from carbonplan.report.sections.certainty import certainty
from carbonplan.report.sections.fleet import fleet
from carbonplan.report.sections.origin import origin
from carbonplan.report.sections.week import week

if TYPE_CHECKING:
    from carbonplan.plan import Plan

SECTIONS = (answer, fleet, week, origin, baselines, certainty, assumptions)


def sections(plan: Plan) -> tuple[Section, ...]:
    """Every section of the report on a plan."""
    return tuple(section(plan) for section in SECTIONS)
