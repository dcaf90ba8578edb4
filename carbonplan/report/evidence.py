"""What a plan's objective rests on, and at which end of their bands its figures stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from carbonplan.report.document import Block, Paragraph, Table
from carbonplan.report.energy import use_title
from carbonplan.report.impacts import impact_title
from carbonplan.report.wording import is_number, joined, label, percent, share, visible

if TYPE_CHECKING:
    from carbonplan.plan import Plan

CENTRAL = "central"
EVIDENCE = {
    "measured": "measured by somebody who says how",
    "published": "published by a maker, operator or standard",
    "derived": "computed from such figures by a stated rule",
    "assumed": "assumed, with the reason",
}
WEAKEST = "assumed"
TERMS_SHOWN = 12
FIGURES_NAMED = 3
PART_TITLES = {
    "prefill": "Prefill",
    "decode": "Decode",
    "transfer": "KV caches on their way",
    "host_load": "Hosts under load",
    "profile": "Requests, as measured",
    "host_made": "Making hosts",
    "accelerator_made": "Making accelerators",
    "purchase": "Buying servers",
    "rental": "Renting servers",
    "network": "Network",
    "first_token": "First token, network apart",
    "loading": "Loading of models on demand",
    "contracted": "Power under contract",
    "matched": "Grid energy that contracts match",
}


def stance_end(plan: Plan) -> str:
    """At which end of their bands figures stand; empty where they stand in the middle."""
    end = _mapping(plan.summary.get("stance")).get("end", CENTRAL)
    return "" if end == CENTRAL else label(end, 24)


def stance_sentence(plan: Plan) -> str:
    """What was moved to the end of its band and what was not; empty where nothing was."""
    end, stance = stance_end(plan), _mapping(plan.summary.get("stance"))
    if not end:
        return ""
    moved, kept = (joined(map(visible, _listed(stance.get(key)))) for key in ("moved", "kept"))
    return (
        f"Planned at the {end} end of every band. Moved there: {moved}. "
        f"Left as they are, having no band: {kept}."
    )


def evidence_blocks(plan: Plan) -> Iterator[Block]:
    """One statement, the shares by class, and the largest terms."""
    evidence = _mapping(plan.summary.get("evidence"))
    shares = _mapping(evidence.get("shares"))
    if not shares:
        return
    objective = _mapping(plan.summary.get("objective")).get("impact")
    yield Paragraph(_statement(evidence, impact_title(objective).lower()))
    rows = tuple(
        (visible(name).capitalize(), EVIDENCE.get(name, ""), share(value))
        for name, value in shares.items()
    )
    header = ("Evidence", "Meaning", "Share of the objective")
    yield Table("What the objective rests on", header, rows, words=2)
    yield _terms(evidence)


def _statement(evidence: Mapping[str, object], objective: str) -> str:
    """ "85 % of the carbon rests on assumed figures, most of all idle power of l4 (20 %)."""
    assumed = _mapping(evidence.get("shares")).get(WEAKEST)
    whole = "" if evidence.get("of") == "objective" else ", counted by absolute terms,"
    if not is_number(assumed) or not assumed:
        return f"No part of the {objective}{whole} rests on assumed figures."
    figures = [
        f"{label(one.get('figure'))} ({percent(one.get('share'))})"
        for one in _listed(evidence.get("figures"))
        if one.get("evidence") == WEAKEST
    ]
    most = f", most of all on {joined(figures[:FIGURES_NAMED])}" if figures else ""
    return (
        f"{percent(assumed)} of the {objective}{whole} rests on assumed figures{most}. A term "
        "rests on the least certain figure that multiplies in it; demand, limits and rules of "
        "accounting are the question and have no class."
    )


def _terms(evidence: Mapping[str, object]) -> Table:
    """The largest terms of the objective, with what each owes its class to."""
    rows = tuple(
        (
            impact_title(term.get("impact")),
            _part_title(term.get("part")),
            label(term.get("sku"), 32),
            visible(term.get("evidence")).capitalize(),
            joined(map(label, _listed(term.get("owed_to"))), most=FIGURES_NAMED),
            share(term.get("share")),
        )
        for term in _listed(evidence.get("terms"))[:TERMS_SHOWN]
    )
    header = ("Impact", "Of", "SKU", "Evidence", "Because of", "Share")
    caption = "The largest terms of the objective, and how they are known"
    return Table(caption, header, rows, words=5, detail=True)


def _part_title(part: object) -> str:
    return PART_TITLES.get(str(part)) or use_title(str(part))


def _mapping(found: object) -> Mapping:
    return found if isinstance(found, Mapping) else {}


def _listed(found: object) -> list:
    return list(found) if isinstance(found, list | tuple) else []
