"""How much of a plan's objective rests on figures of each class.

A term rests on the least certain of the figures that multiply in it. Shares are of the
objective or, where some of its terms are negative, of the sum of their absolute values.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, get_args

from carbonplan.catalogue.sites import joined_sources, least_certain
from carbonplan.plan.terms import Term
from carbonplan.scenario.fields import Evidence

if TYPE_CHECKING:
    from carbonplan.plan.figures import Figure


SOLVER_NOISE = 1e-12  # of all terms: what is smaller is rounding


def evidence_shares(terms: Sequence[Term]) -> dict[str, object]:
    """Shares of the objective by class, by figure and by term, as plain JSON values.

    ``shares`` sum to 1, and so do those of ``terms``, which are taken together over regions.
    ``figures`` are those to which a term owes its class, with the share of all such terms: a
    term that owes it to two figures counts for both. Empty where the objective has no terms.
    """
    total = sum(abs(term.value) for term in terms)
    if not total:
        return {"of": "objective", "shares": {}, "figures": [], "terms": []}
    terms = [term for term in terms if abs(term.value) > SOLVER_NOISE * total]
    by_class: dict[str, float] = dict.fromkeys(get_args(Evidence), 0.0)
    for term in terms:
        by_class[term_evidence(term)] += abs(term.value) / total
    signed = any(term.value < 0.0 for term in terms)
    return {
        "of": "absolute terms" if signed else "objective",
        "shares": by_class,
        "figures": _by_figure(terms, total),
        "terms": _together(terms, total),
    }


def term_evidence(term: Term) -> Evidence:
    """How a term is known: as the least certain of its figures."""
    return least_certain([figure.evidence for figure in term.figures])


def least_certain_figures(term: Term) -> list[Figure]:
    """The figures to which a term owes its class."""
    return [figure for figure in term.figures if figure.evidence == term_evidence(term)]


def _by_figure(terms: Sequence[Term], total: float) -> list[dict[str, object]]:
    """Figures to which terms owe their class, largest share first."""
    share: dict[tuple[str, Evidence], float] = defaultdict(float)
    sources: dict[tuple[str, Evidence], dict[str, None]] = defaultdict(dict)
    for term in terms:
        of_term = {(one.name, one.evidence): one for one in least_certain_figures(term)}
        for key, figure in of_term.items():
            share[key] += abs(term.value) / total
            sources[key][figure.source] = None
    return [
        {
            "figure": name,
            "evidence": evidence,
            "source": joined_sources(list(sources[name, evidence])),
            "share": share[name, evidence],
        }
        for name, evidence in sorted(share, key=lambda key: (-share[key], key))
    ]


def _together(terms: Sequence[Term], total: float) -> list[dict[str, object]]:
    """Terms of one impact, part, SKU and class as one, largest share first."""
    alike: dict[tuple[str, str, str, Evidence], list[Term]] = defaultdict(list)
    for term in terms:
        alike[term.impact, term.part, term.sku, term_evidence(term)].append(term)
    rows = [
        {
            "impact": impact,
            "part": part,
            "sku": sku,
            "evidence": evidence,
            "value": sum(term.value for term in group),
            "share": sum(abs(term.value) for term in group) / total,
            "owed_to": sorted({f.name for one in group for f in least_certain_figures(one)}),
        }
        for (impact, part, sku, evidence), group in alike.items()
    ]
    return sorted(rows, key=lambda row: -row["share"])
