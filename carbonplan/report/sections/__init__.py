"""The sections of a report, in the order in which they are read; one file for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carbonplan.report.document import Section
from carbonplan.report.sections.answer import answer
from carbonplan.report.sections.assumptions import assumptions
from carbonplan.report.sections.attribution import attribution
from carbonplan.report.sections.baselines import baselines
from carbonplan.report.sections.certainty import certainty
from carbonplan.report.sections.certification import certification
from carbonplan.report.sections.explanation import explanation
from carbonplan.report.sections.fleet import fleet
from carbonplan.report.sections.levers import levers
from carbonplan.report.sections.origin import origin
from carbonplan.report.sections.week import week

if TYPE_CHECKING:
    from carbonplan.plan import Plan

SECTIONS = (
    *(answer, fleet, week, origin, attribution, explanation),
    *(baselines, levers, certification, certainty, assumptions),
)


def sections(plan: Plan) -> tuple[Section, ...]:
    """Every section of the report on a plan; None are those that it has nothing for."""
    found = (section(plan) for section in SECTIONS)
    return tuple(section for section in found if section is not None)
