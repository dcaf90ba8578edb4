"""What a comparison says: who has least, every case, break-even, by region and SKU."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from carbonplan.plan.totals import UNITS
from carbonplan.report.comparison_wording import (
    LONGEST_CASE,
    MOST_ROWS,
    given_heads,
    impact_words,
    places_of,
)
from carbonplan.report.document import (
    Block,
    Facts,
    Illustration,
    Items,
    Paragraph,
    Section,
    Table,
)
from carbonplan.report.impacts import impact_header, impact_title, in_order
from carbonplan.report.sections.comparison_breakeven import breakeven
from carbonplan.report.wording import (
    NONE,
    Scale,
    count,
    joined,
    label,
    number,
    quantity,
    scale,
)

if TYPE_CHECKING:
    from carbonplan.compare.intervals import Interval
    from carbonplan.compare.records import CaseResult, Comparison, Standing, Winner

GAPS = Scale(100.0, "", 2)
LONGEST_MESSAGE = 300
FIGURES = {
    "impacts": "Impacts of each case; the thin line reaches from the proven bound to the plan.",
    "tradeoff": "{impact} of each case against {second}; dominated cases are grey.",
    "regions": "{impact} of each case, by region.",
    "skus": "{impact} of each case, by SKU.",
    "servers": "Servers of each case in the first stage, by SKU.",
}


def sections(comparison: Comparison, drawn: Sequence[str] = ()) -> tuple[Section, ...]:
    """Every section of a comparison that has something to say.

    Parameters
    ----------
    drawn
        Names of the figures that there are.
    """
    found = (
        _answer(comparison),
        _cases(comparison, drawn),
        breakeven(comparison, drawn),
        _parts(comparison, drawn),
        _reading(comparison),
    )
    return tuple(section for section in found if section.blocks)


def _answer(comparison: Comparison) -> Section:
    """How many cases have a plan, and which has the least of what."""
    blocks: list[Block] = [Paragraph(_how_many(comparison.cases), lead=True)]
    if any(one.given for one in comparison.winners):
        blocks.append(_winners_table(comparison))
    else:
        chosen = [one for one in comparison.winners if one.impact in comparison.impacts]
        others = [one for one in comparison.winners if one.impact not in comparison.impacts]
        blocks += [Paragraph(_won(one)) for one in _in_order(chosen)]
        rows = tuple(
            (f"Least {impact_title(one.impact).lower()}", label(one.case, LONGEST_CASE))
            for one in _in_order(others)
        )
        blocks += [Facts(rows)] if rows else []
    return Section("answer", "The answer", tuple(blocks))


def _winners_table(comparison: Comparison) -> Table:
    """Who has the least of each impact, a row for each set of circumstances."""
    found: dict[tuple[str, ...], dict[str, Winner]] = {}
    for one in comparison.winners:
        found.setdefault(places_of(comparison, one), {})[one.impact] = one
    rows = tuple(
        (*key, *(_winning(by_impact.get(impact)) for impact in comparison.impacts))
        for key, by_impact in islice(found.items(), MOST_ROWS)
    )
    heads = (f"Least {impact_title(impact).lower()}" for impact in comparison.impacts)
    words = len(comparison.given) + len(comparison.impacts)
    header = (*given_heads(comparison), *heads)
    return Table(
        "Who has least; (=): level with others; (?): or others, within the gaps",
        header,
        rows,
        words=words,
    )


def _winning(winner: Winner | None) -> str:
    if winner is None:
        return NONE
    mark = (" (=)" if winner.level else "") + (" (?)" if winner.perhaps else "")
    return label(winner.case, LONGEST_CASE) + mark


def _how_many(cases: Sequence[CaseResult]) -> str:
    statuses: dict[str, int] = {}
    for case in cases:
        statuses[case.status] = statuses.get(case.status, 0) + 1
    listed = joined(f"{number(n)} {status}" for status, n in statuses.items())
    return f"{count(len(cases), 'case')}: {listed}."


def _won(winner: Winner) -> str:
    """Who has the least of an impact, and how sure that is."""
    what = quantity(winner.value, UNITS.get(winner.impact, ""))
    least = f"Least {impact_title(winner.impact).lower()}: {label(winner.case)} with {what}"
    if winner.level:
        least += f", level with {_few_names(winner.level)}"
    if not winner.perhaps:
        return f"{least}."
    return f"{least}; within the gaps, less is possible in {_few_names(winner.perhaps)}."


def _few_names(names: Sequence[str]) -> str:
    return joined((label(name, LONGEST_CASE) for name in names), most=3)


def _in_order(winners: Sequence[Winner]) -> list[Winner]:
    by_impact = {one.impact: one for one in winners}
    return [by_impact[impact] for impact in in_order(by_impact)]


def _cases(comparison: Comparison, drawn: Sequence[str]) -> Section:
    """A row for each case, what was not planned and why, and figures."""
    blocks: list[Block] = [_table(comparison)]
    missing = [case for case in comparison.cases if case.message is not None]
    if missing:
        blocks.append(Items("Without a plan that holds", tuple(_reasons(missing))))
    blocks += _illustrations(("impacts", "tradeoff"), comparison, drawn)
    return Section("cases", "Cases", tuple(blocks))


def _few(cases: Sequence[CaseResult]) -> Iterator[CaseResult]:
    return islice(cases, MOST_ROWS)


def _reasons(cases: Sequence[CaseResult]) -> Iterator[str]:
    """Each reason once, with the cases that have it."""
    names: dict[tuple[str, str], list[str]] = {}
    for case in cases:
        reason = (case.status, " ".join((case.message or "").split()))
        names.setdefault(reason, []).append(label(case.name, LONGEST_CASE))
    for (status, message), of in islice(names.items(), MOST_ROWS):
        yield f"{joined(of, most=4)} ({status}): {label(message, LONGEST_MESSAGE)}"


def _table(comparison: Comparison) -> Table:
    """Impacts of each case, its difference to the reference, and who dominates it."""
    standings = {one.case: one for one in comparison.standings}
    differences = {one.case: one.by_impact for one in comparison.differences}
    scales = _scales(comparison.cases, comparison.impacts)
    rows = tuple(
        (
            label(case.name, LONGEST_CASE),
            case.status,
            _dominated(standings.get(case.name)),
            *(scales[i].shown(_value(case, i)) for i in comparison.impacts),
            NONE if case.gap is None else GAPS.shown(case.gap),
            *(
                _between(differences.get(case.name, {}).get(i), scales[i])
                for i in comparison.impacts
            ),
        )
        for case in _few(comparison.cases)
    )
    heads = tuple(impact_header(i, scales[i]) for i in comparison.impacts)
    against = label(comparison.reference or NONE, 24)
    against += " under the same circumstances" if comparison.given else ""
    header = (
        "Case",
        "Status",
        "Dominated by",
        *heads,
        "Gap [%]",
        *(f"± {head}" for head in heads),
    )
    more = len(comparison.cases) - MOST_ROWS
    rest = f"; {number(more)} more in comparison.csv" if more > 0 else ""
    caption = f"Every case; ± is the difference to {against}{rest}"
    return Table(caption, header, rows, words=3)


def _value(case: CaseResult, impact: str) -> float | None:
    return case.impacts[impact].value if impact in case.impacts else None


def _scales(cases: Sequence[CaseResult], impacts: Sequence[str]) -> dict[str, Scale]:
    return {
        impact: scale([_value(case, impact) for case in cases], UNITS.get(impact, ""))
        for impact in impacts
    }


def _dominated(standing: Standing | None) -> str:
    if standing is None:
        return NONE
    if standing.dominated_by is None:
        return "–"
    return label(standing.dominated_by, LONGEST_CASE) + ("" if standing.proven else " (?)")


def _between(found: Interval | None, fit: Scale) -> str:
    """A difference: one number where both ends read the same."""
    if found is None:
        return NONE
    ends = [_signed(end, fit) for end in (found.at_least, found.at_most)]
    return ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"


def _signed(value: float | None, fit: Scale) -> str:
    if value is None:
        return NONE
    shown = fit.shown(abs(value))
    if not shown.strip("0.,"):
        return "0"
    if shown.startswith("<"):
        return "~0"
    return ("+" if value > 0 else "−") + shown


def _parts(comparison: Comparison, drawn: Sequence[str]) -> Section:
    """By region and SKU: the first impact, and servers."""
    planned = [case for case in comparison.cases if case.has_plan]
    if not planned or not comparison.impacts:
        return Section("parts", "By region and SKU", ())
    impact = comparison.impacts[0]
    fit = _scales(planned, [impact])[impact]
    title = impact_header(impact, fit)
    by_region = {case.name: case.impacts[impact].by_region for case in planned}
    by_sku = {case.name: case.impacts[impact].by_sku for case in planned}
    blocks = (
        *_illustrations(("regions", "skus", "servers"), comparison, drawn),
        _part_table(f"{title} by region", by_region, fit),
        _part_table(f"{title} by SKU", by_sku, fit),
        _part_table("Servers by SKU, in the first stage", _servers(planned), Scale(1.0, "")),
    )
    return Section("parts", "By region and SKU", blocks)


def _servers(cases: Sequence[CaseResult]) -> dict[str, dict[str, float]]:
    return {case.name: case.servers_by_sku for case in cases}


def _part_table(caption: str, parts: Mapping[str, Mapping[str, float]], fit: Scale) -> Table:
    names = list(dict.fromkeys(name for of_case in parts.values() for name in of_case))
    rows = tuple(
        (label(case, LONGEST_CASE), *(fit.shown(of_case.get(name, 0.0)) for name in names))
        for case, of_case in islice(parts.items(), MOST_ROWS)
    )
    return Table(caption, ("Case", *(label(n, 32) for n in names)), rows, detail=True)


def _reading(comparison: Comparison) -> Section:
    """How to read it."""
    chosen = joined(impact_title(impact).lower() for impact in comparison.impacts)
    items = (
        f"A case is dominated where another has no more of {chosen} and less of one. It is "
        "proven where that holds against this case's bounds; (?) marks where the gaps leave "
        "it open.",
        "Of the impact that a case minimises, a difference reaches over both gaps; other "
        "impacts are those of the plans that were found.",
        "A price of carbon is applied to the plans as they are; in the objective "
        "(objective.carbon_price_usd_per_tonne) each case would be planned for it.",
        "Break-even along an axis is on a straight line between neighbouring cases.",
    )
    return Section("reading", "How to read this", (Items("Rules", items, detail=True),))


def _illustrations(
    names: Sequence[str], comparison: Comparison, drawn: Sequence[str]
) -> list[Block]:
    words = impact_words(comparison)
    return [
        Illustration(name, FIGURES[name].format(**words)) for name in names if name in drawn
    ]
