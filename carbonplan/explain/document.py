"""An explanation as plain JSON values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict

from carbonplan.explain.alternative import Alternative
from carbonplan.explain.asking import Difference
from carbonplan.explain.choices import Why, WhyNot
from carbonplan.explain.explanation import Explanation
from carbonplan.explain.flips import Flip, Side
from carbonplan.explain.offers import Offer
from carbonplan.explain.places import Place
from carbonplan.explain.steps import Finding

SCHEMA_VERSION = 1
Row = dict[str, object]


def document(explanation: Explanation) -> Row:
    """Everything that an explanation holds; parts that were not asked for are None."""
    subject = explanation.subject
    per_year = subject.per_year
    return {
        "schema_version": SCHEMA_VERSION,
        "scenario": subject.name,
        "objective": {
            "impact": subject.objective,
            "unit": subject.unit,
            "value": subject.known.objective,
            "bound": subject.known.bound,
        },
        "horizon_hours": subject.horizon_hours,
        "horizons_per_year": per_year,
        "choice": _places(explanation.choice),
        "limits": _listed(explanation.limits, lambda one: _limit(one, per_year)),
        "flips": _listed(explanation.flips, _flip),
        "why": [_why(one, per_year) for one in explanation.why],
        "why_not": [_why_not(one, per_year) for one in explanation.why_not],
        "gap": explanation.gap,
        "solves": explanation.solves,
        "seconds": round(explanation.seconds, 3),
        "not_reached": list(_not_reached(explanation)),
    }


def _listed(found: Iterable | None, row: object) -> list[Row] | None:
    return None if found is None else [row(one) for one in found]


def _limit(finding: Finding, per_year: float | None) -> Row:
    standing, step = finding.standing, finding.step
    limit = standing.limit
    saves = standing.saves_per_unit
    return {
        "kind": limit.kind,
        "path": limit.path,
        "words": limit.words,
        "unit": limit.unit,
        "value": float(limit.value),
        "binds": standing.binds,
        "slack": standing.slack,
        "hours_share": standing.hours_share,
        "one_more_saves": None if saves is None else float(saves),
        "one_more_saves_per_year": _times(saves, per_year),
        "relaxed_by": limit.step,
        "relaxed_to": limit.relaxed,
        "overrides": list(limit.relaxed_overrides()),
        "price_says_step_saves": standing.saves_by_step,
        "step": None
        if step is None
        else {
            "saves": _difference(step.saves, per_year),
            "alone": step.alone,
            "price_agrees": step.agrees,
            "words": step.words,
        },
    }


def _difference(found: Difference | None, per_year: float | None) -> Row | None:
    if found is None:
        return None
    yearly = {f"{name}_per_year": _times(value, per_year) for name, value in _ends(found)}
    return {**dict(_ends(found)), **yearly}


def _ends(found: Difference) -> Iterator[tuple[str, float | None]]:
    yield "found", found.found
    yield "at_least", found.at_least
    yield "at_most", found.at_most


def _times(value: float | None, per_year: float | None) -> float | None:
    return None if value is None or per_year is None else float(value) * per_year


def _flip(flip: Flip) -> Row:
    return {
        "kind": flip.factor.kind,
        "name": flip.factor.name,
        "words": flip.factor.words,
        "weight": flip.weight,
        "counts": flip.counts,
        "falls": _side(flip, flip.falls),
        "rises": _side(flip, flip.rises),
    }


def _side(flip: Flip, side: Side | None) -> Row | None:
    if side is None:
        return None
    overrides = flip.factor.overrides
    flips_at = side.flips_at
    return {
        "to": side.end,
        "fate": str(side.fate),
        "kept_at": side.kept_at,
        "flips_at": flips_at,
        "choice": _places(side.choice),
        "tested": list(side.tested),
        "overrides": [] if flips_at is None or overrides is None else list(overrides(flips_at)),
    }


def _why(one: Why, per_year: float | None) -> Row:
    return {
        "sku": one.sku,
        "region": one.region,
        "servers": one.servers,
        "bought": one.bought,
        "requests_share": one.requests_share,
        "only_here": list(one.only_here),
        "by_1000_requests": _offers(one.offers),
        "without": _alternative(one.without, per_year),
        "words": one.words,
    }


def _why_not(one: WhyNot, per_year: float | None) -> Row:
    return {
        "sku": one.sku,
        "region": one.region,
        "count": one.count,
        "bought": one.bought,
        "reasons": list(one.reasons),
        "limits": list(one.limits),
        "by_1000_requests": _offers(one.offers),
        "with_them": _alternative(one.with_them, per_year),
        "instead": _alternative(one.instead, per_year),
        "words": one.words,
    }


def _offers(found: Iterable[Offer]) -> list[Row]:
    return [asdict(one) for one in found]


def _alternative(found: Alternative | None, per_year: float | None) -> Row | None:
    if found is None:
        return None
    return {
        "costs": _difference(found.costs, per_year),
        "impacts": {
            name: {"plan": plan, "other": other}
            for name, (plan, other) in found.impacts.items()
        },
        "servers": [asdict(one) for one in found.servers],
        "requests": [
            {"sku": sku, "region": region, "plan": plan, "other": other}
            for (sku, region), (plan, other) in found.requests.items()
        ],
        "binding": list(found.binding),
    }


def _places(found: Iterable[Place]) -> list[Row]:
    return [{"sku": sku, "region": region} for sku, region in found]


def _not_reached(explanation: Explanation) -> Iterator[str]:
    """What the time did not suffice for, in words."""
    late = "not reached in the time"
    for finding in explanation.limits or ():
        if finding.step is not None and finding.step.words == late:
            yield f"a step of {finding.standing.limit.path}"
    for flip in explanation.flips or ():
        sides = [side for side in (flip.falls, flip.rises) if side and str(side.fate) == late]
        if sides:
            yield f"{flip.factor.words} {' and '.join(f'×{side.end:.3g}' for side in sides)}"
    for one in (*explanation.why, *explanation.why_not):
        if one.words == late:
            yield f"{one.sku}@{one.region}"
