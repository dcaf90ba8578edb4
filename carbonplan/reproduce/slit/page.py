"""The page on SLIT, the rows of the table, and the document: all from one answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from carbonplan.plan.totals import UNITS
from carbonplan.reproduce.cases import Found
from carbonplan.reproduce.claims import (
    NOTHING,
    Claim,
    Known,
    amount,
    markdown_table,
    percent,
    side_by_side,
)
from carbonplan.reproduce.slit.run import (
    BALANCED,
    HELIX,
    IMPACTS,
    ON_DEMAND,
    QUARTER_HOURS,
    SPLITWISE,
    SWITCHING,
    Answer,
)
from carbonplan.reproduce.slit.wording import (
    CLAIMED,
    DIFFERENT,
    HEADING,
    LATENCY,
    LOADING,
    PLANS,
)

if TYPE_CHECKING:
    from carbonplan.solve.front import Front

TITLES = {
    "latency": "time to first token",
    "carbon": "carbon",
    "water": "water",
    "cost": "energy cost",
}
BASELINES = (SPLITWISE, f"{SPLITWISE}{SWITCHING}", HELIX, f"{HELIX}{SWITCHING}")
Row = Mapping[str, object]


def headers() -> list[str]:
    """Titles of the impacts with their units."""
    return [f"{TITLES[name]} [{UNITS[name]}]" for name in IMPACTS]


def plan_rows(answer: Answer) -> list[Row]:
    """A row for each plan with its four impacts."""
    return [
        {"plan": found.case.title}
        | {
            header: found.impacts.get(name)
            for header, name in zip(headers(), IMPACTS, strict=True)
        }
        | {"status": found.status, "verified": found.holds}
        for found in answer.plans.values()
    ]


def less_than(found: Found, baseline: Found, impact: str) -> float | None:
    """Share by which a plan has less of an impact than a baseline; None without either."""
    theirs, ours = baseline.impacts.get(impact), found.impacts.get(impact)
    return None if not theirs or ours is None else 1.0 - ours / theirs


def comparison(answer: Answer) -> dict[str, dict[str, float | None]]:
    """By baseline and impact, how much less the balanced plan has."""
    ours = answer.plans[BALANCED]
    return {
        name: {impact: less_than(ours, answer.plans[name], impact) for impact in IMPACTS}
        for name in BASELINES
    }


def searches(answer: Answer) -> list[Row]:
    """A row for each search: its plans, normalised hypervolume and seconds."""
    found = answer.front
    if answer.evolved is None:
        return [_search("limits on impacts", len(found.points), None, None, found.seconds)]
    from carbonplan.solve.evolution import hypervolumes

    evolved = answer.evolved
    exact, other, _reference = hypervolumes(found, evolved)
    return [
        _search("limits on impacts", len(found.points), None, exact, found.seconds),
        _search(
            evolved.algorithm,
            len(evolved.impacts),
            evolved.evaluations,
            other,
            evolved.seconds,
        ),
    ]


def _search(
    name: str, plans: int, tried: int | None, volume: float | None, seconds: float
) -> Row:
    return {
        "search": name,
        "plans": plans,
        "tried": tried,
        "hypervolume": volume,
        "seconds": round(seconds, 1),
    }


def lever_rows(answer: Answer) -> list[Row]:
    """A row for each lever: what it saves of each impact that it was let go for, as a share."""
    savings: dict[str, dict[str, float | None]] = {}
    for impact in IMPACTS:
        for row in answer.plans[f"least-{impact}"].ablation:
            savings.setdefault(str(row["title"]), dict.fromkeys(IMPACTS))[impact] = row["share"]
    return [{"lever": title} | shares for title, shares in savings.items()]


def document(answer: Answer) -> dict[str, object]:
    """The whole answer as plain values."""
    return {
        "impacts": {name: UNITS[name] for name in IMPACTS},
        "plans": [found.document() for found in answer.plans.values()],
        "balanced_less_than": comparison(answer),
        "front": front_rows(answer.front),
        "searches": searches(answer),
        "levers": lever_rows(answer),
        "fixed_routes": {name: dict(shares) for name, shares in answer.shares.items()},
        "claims": [claim.document() for claim in claims(answer)],
        "holds": answer.holds,
    }


def front_rows(front: Front) -> list[Row]:
    """A row for each plan of the front."""
    return [
        {name: float(value) for name, value in zip(front.names, point.impacts, strict=True)}
        | {"gap": point.gap, "balanced": position == front.balanced}
        for position, point in enumerate(front.points)
    ]


def claims(answer: Answer) -> list[Claim]:
    """The paper's claims, as far as they are known, beside what was found here."""
    less = comparison(answer)
    better = {
        name: sum(share is not None and share > 0 for share in less[name].values())
        for name in BASELINES
    }
    found = searches(answer)
    hours, quarters = (
        answer.plans[name].impacts.get("carbon") for name in ("least-carbon", QUARTER_HOURS)
    )
    apart = None if not hours or not quarters else quarters / hours - 1.0
    against = [
        f"against {answer.plans[name].case.title}: {_in_words(less[name])}"
        for name in BASELINES
    ]
    counts = [f"{answer.plans[name].case.title}: {better[name]}" for name in BASELINES]
    here = [
        f"The balanced plan {'; '.join(against)}.",
        f"Impacts of 4 in which the balanced plan is better, against {'; '.join(counts)}.",
        _of_searches(found),
        f"An hour here, as the data are; in epochs of 15 minutes the least carbon is "
        f"{percent(apart)} apart.",
    ]
    return [
        Claim(claim, Known(known), ours)
        for (claim, known), ours in zip(CLAIMED, here, strict=True)
    ]


def _in_words(less: Mapping[str, float | None]) -> str:
    """Change of each impact from a baseline, with its sign."""
    return ", ".join(
        f"{TITLES[name]} {percent(None if share is None else -share)}"
        for name, share in less.items()
    )


def _of_searches(rows: Sequence[Row]) -> str:
    exact = f"{rows[0]['plans']} plans by exact solves in {rows[0]['seconds']} s"
    if len(rows) == 1:
        return f"{exact}; no evolutionary search, as pymoo is not installed."
    other = rows[1]
    return (
        f"{exact}, hypervolume {amount(rows[0]['hypervolume'])}; {other['search']} in "
        f"{other['seconds']} s: {amount(other['hypervolume'])}."
    )


def page(answer: Answer, *, quick: bool = False) -> str:
    """The whole page as Markdown; quick: it says that it is of fewer plans."""
    heading = HEADING.format(quick=" --quick" if quick else "")
    return "\n".join([heading, side_by_side(claims(answer)), *_tables(answer), DIFFERENT])


def _tables(answer: Answer) -> Iterator[str]:
    yield PLANS
    yield markdown_table(
        ("plan", *headers()),
        [(row["plan"], *(amount(row[one]) for one in headers())) for row in plan_rows(answer)],
    )
    yield "## The front\n"
    yield markdown_table(
        (*headers(), ""),
        [
            (*(amount(row[name]) for name in IMPACTS), "balanced" if row["balanced"] else "")
            for row in front_rows(answer.front)
        ],
    )
    yield "## The searches\n"
    yield markdown_table(
        ("search", "plans of the front", "hypervolume", "seconds"),
        [
            (row["search"], row["plans"], amount(row["hypervolume"]), row["seconds"])
            for row in searches(answer)
        ],
    )
    yield "## What each lever saves\n"
    yield (
        "Share of the impact that is saved where nothing but this impact is least; a dash "
        "where no plan was found without the lever.\n"
    )
    yield markdown_table(
        ("lever", *(TITLES[name] for name in IMPACTS)),
        [
            (row["lever"], *(_share(row[name]) for name in IMPACTS))
            for row in lever_rows(answer)
        ],
    )
    needed = {
        "ahead": amount(answer.plans[BALANCED].impacts.get("latency")),
        "on_demand": amount(answer.plans[ON_DEMAND].impacts.get("latency")),
    }
    yield LATENCY.format(loading=LOADING.format(**needed))


def _share(value: float | None) -> str:
    return NOTHING if value is None else f"{100.0 * value:.1f} %"
