"""Assumptions and sources: what the figures mean, what they rest on, and whose they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from carbonplan.report.document import Block, Facts, Paragraph, Section, Table
from carbonplan.report.evidence import EVIDENCE
from carbonplan.report.horizon import horizon
from carbonplan.report.wording import NONE, number, visible

if TYPE_CHECKING:
    from carbonplan.plan import Plan

SIGNAL = ("kind", "scope", "basis")


def assumptions(plan: Plan) -> Section:
    """Signal, coefficient sets, evidence, sources."""
    summary = plan.summary
    blocks: list[Block] = []
    if summary.get("description"):
        blocks.append(Paragraph(visible(summary["description"])))
    blocks.append(Facts(_facts(plan)))
    blocks += _evidence(summary.get("records_by_evidence"))
    blocks += _sources(summary.get("sources"))
    return Section("assumptions", "Assumptions and sources", tuple(blocks))


def _facts(plan: Plan) -> tuple[tuple[str, str], ...]:
    summary = plan.summary
    facts = [
        ("Horizon", horizon(plan.data).wording),
        ("Grid signal", _signal(summary.get("signal"))),
        ("Coefficient sets", _listed(summary.get("coefficient_sets"))),
    ]
    if summary.get("fingerprint"):
        facts.append(("Fingerprint of the plan", visible(summary["fingerprint"])))
    return tuple(facts)


def _signal(signal: object) -> str:
    """ "average, location-based, lifecycle carbon intensity"."""
    if not isinstance(signal, Mapping):
        return visible(signal or NONE)
    kind, scope, basis = (visible(signal.get(part, NONE)) for part in SIGNAL)
    negative = signal.get("negative")
    floored = "; negative intensities count as zero" if negative == "floor" else ""
    return f"{kind}, {scope}-based, {basis} carbon intensity{floored}"


def _listed(found: object) -> str:
    """A mapping as "name value, ...", a list as its items, anything else as it is."""
    if isinstance(found, Mapping):
        return ", ".join(f"{visible(k)} {visible(v)}" for k, v in found.items()) or NONE
    if isinstance(found, list | tuple):
        return ", ".join(map(visible, found)) or NONE
    return visible(found or NONE)


def _evidence(records: object) -> list[Block]:
    """How the figures that the plan rests on are known."""
    if not isinstance(records, Mapping) or not records:
        return []
    order = [name for name in EVIDENCE if name in records]
    order += [name for name in records if name not in EVIDENCE]
    rows = tuple(
        (visible(name).capitalize(), EVIDENCE.get(name, ""), number(records[name]))
        for name in order
    )
    caption = "How the records behind the plan are known"
    return [Table(caption, ("Evidence", "Meaning", "Records"), rows, words=2, detail=True)]


def _sources(sources: object) -> list[Block]:
    """Where figures come from; addresses are text, never links."""
    if not isinstance(sources, list | tuple) or not sources:
        return []
    columns = ("key", "title", "publisher", "year", "licence", "url")
    rows = tuple(
        tuple(visible(source.get(column) or "") for column in columns)
        for source in sources
        if isinstance(source, Mapping)
    )
    header = ("Key", "Title", "Publisher", "Year", "Licence", "Address")
    return [Table("Sources of figures", header, rows, words=len(columns), detail=True)]
