"""Why servers are in a plan, and why others are not."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carbonplan.errors import UsageError
from carbonplan.explain.absence import absence
from carbonplan.explain.alternative import (
    SMALLEST_SHARE,
    Alternative,
    alternative,
    requests_by_place,
)
from carbonplan.explain.asking import Asker, OutOfTime
from carbonplan.explain.limit import Limit
from carbonplan.explain.offers import Offer, offers
from carbonplan.explain.places import (
    Place,
    bought,
    standing,
    with_more,
    without,
)
from carbonplan.explain.subject import Subject

if TYPE_CHECKING:
    from carbonplan.program import Program

log = logging.getLogger(__name__)
FREE = 10.0  # times its own size, and the servers asked for: a limit that is as good as gone


@dataclass(frozen=True)
class Why:
    """Why servers are in the plan.

    Attributes
    ----------
    servers, bought
        Most that stand in any stage, and how many the plan buys.
    requests_share
        Share of all requests that they answer [1].
    only_here
        What nothing else can serve, in words.
    offers
        By class, what a thousand requests cost on every server that can answer them.
    without
        The best plan without them; None where there is none, or it was not found in time.
    words
        Why there is none.
    """

    sku: str
    region: str
    servers: int
    bought: int
    requests_share: float
    only_here: tuple[str, ...]
    offers: tuple[Offer, ...]
    without: Alternative | None
    words: str = ""


@dataclass(frozen=True)
class WhyNot:
    """Why servers are not in the plan, or no more of them.

    Attributes
    ----------
    count
        Servers that the plan was forced to buy beyond those that it buys.
    reasons
        Why there can be none; empty where there can.
    limits
        Limits without which there could be so many.
    with_them
        The best plan with them.
    instead
        Where they would answer nothing beside what the plan has: the best plan in which they
        stand instead of all other servers of their region.
    """

    sku: str
    region: str
    count: int
    bought: int
    reasons: tuple[str, ...]
    limits: tuple[str, ...]
    offers: tuple[Offer, ...]
    with_them: Alternative | None
    instead: Alternative | None = None
    words: str = ""


def why(subject: Subject, place: Place, limits: Sequence[Limit], asker: Asker) -> Why:
    """Why servers of a SKU are in a region: the best plan without them.

    Raises
    ------
    UsageError
        The plan has none there.
    """
    there = standing(subject.program, subject.values)
    if place not in there:
        listed = ", ".join("@".join(one) for one in there) or "none"
        raise UsageError(
            f"--why {'@'.join(place)}: the plan has no such servers (it has: {listed}); "
            "--why-not says what they would cost"
        )
    log.info("planning without %s", "@".join(place))
    program = without(subject.problem, subject.program, place)
    words, found = "", None
    try:
        found = alternative(subject, program, asker, limits)
        if found is None:
            words = "no plan meets the scenario without them"
    except OutOfTime:
        words = "not reached in the time"
    shares = requests_by_place(subject, subject.values)
    return Why(
        *place,
        servers=there[place],
        bought=bought(subject.program, subject.values).get(place, 0),
        requests_share=shares.get(place, 0.0),
        only_here=only_here(subject, place),
        offers=_offers(subject, place, there),
        without=found,
        words=words,
    )


def why_not(
    subject: Subject, place: Place, count: int, limits: Sequence[Limit], asker: Asker
) -> WhyNot:
    """Why servers of a SKU are not bought in a region: the best plan that buys them."""
    has = bought(subject.program, subject.values).get(place, 0)
    reasons = absence(subject, place)
    if reasons:
        return WhyNot(*place, count, has, tuple(reasons), (), (), None)
    log.info("planning with %d more %s", count, "@".join(place))
    program = with_more(subject.program, place, has + count)
    words, freed, found, instead = "", (), None, None
    try:
        found = alternative(subject, program, asker, limits)
        if found is None:
            words = "no plan meets the scenario with them"
            freed = _limits_in_the_way(subject, place, has + count, limits, asker)
        elif _stand_idle(found, place) and (others := _others(subject, place)):
            instead = _instead(subject, program, place, limits, asker)
            words = "" if instead else _needed_words(subject, others)
    except OutOfTime:
        words = "not reached in the time"
    there = standing(subject.program, subject.values)
    return WhyNot(
        *place,
        count=count,
        bought=has,
        reasons=(),
        limits=freed,
        offers=_offers(subject, place, there),
        with_them=found,
        instead=instead,
        words=words,
    )


def _stand_idle(found: Alternative, place: Place) -> bool:
    """Whether servers answer no more in the other plan than in this one."""
    here, there = found.requests.get(place, (0.0, 0.0))
    return there <= here + SMALLEST_SHARE


def _instead(
    subject: Subject,
    program: Program,
    place: Place,
    limits: Sequence[Limit],
    asker: Asker,
) -> Alternative | None:
    """The best plan in which servers that were forced stand instead of those beside them."""
    log.info("the same, with %s instead of what stands there", "@".join(place))
    for other in _others(subject, place):
        program = without(subject.problem, program, other)
    return alternative(subject, program, asker, limits)


def _others(subject: Subject, place: Place) -> list[Place]:
    """Other places of a region where servers stand in the plan."""
    there = standing(subject.program, subject.values)
    return [other for other in there if other[1] == place[1] and other != place]


def _needed_words(subject: Subject, others: list[Place]) -> str:
    """Why no plan can do without servers: what only they can answer, where that is so."""
    names = ", ".join(sku for sku, _ in sorted(others))
    needed = [
        k
        for k in (*subject.problem.online, *subject.problem.batch)
        if (able := able_places(subject, k)) and able <= set(others)
    ]
    why = f": nothing else can answer {', '.join(needed)}" if needed else ""
    return f"no plan has them instead of {names}{why}"


def only_here(subject: Subject, place: Place) -> tuple[str, ...]:
    """Requests that nothing but servers of a place can answer, in words."""
    problem, found = subject.problem, []
    origins: dict[tuple[str, str], set[str]] = {}
    for k, o, r in problem.routes:
        origins.setdefault((k, o), set()).add(r)
    for (k, o), regions in origins.items():
        if {one for one in able_places(subject, k) if one[1] in regions} == {place}:
            found.append(f"{k} from {o}: {_only(place, regions)}")
    for k in problem.batch:
        if able_places(subject, k) == {place}:
            found.append(f"{k}: no other server can do it")
    return tuple(found)


def able_places(subject: Subject, request_class: str) -> set[Place]:
    """Places whose servers can answer a class."""
    problem = subject.problem
    return {
        (problem.sku_of[problem.engine_of[c]], r)
        for k, c, r in problem.serving
        if k == request_class and problem.role_of.get(c) != "prefill"
    }


def _only(place: Place, regions: set[str]) -> str:
    if regions == {place[1]}:
        return "no other region is near enough or allowed, and no other SKU there serves it"
    return "no other server within reach serves it"


def _offers(subject: Subject, place: Place, there: dict[Place, int]) -> tuple[Offer, ...]:
    """Offers for the classes that a place can serve: of it, of what stands, and the best."""
    found: list[Offer] = []
    for k in (*subject.problem.online, *subject.problem.batch):
        listed = offers(subject.problem, k)
        if any(one.place == place for one in listed):
            shown = {place, *there, listed[0].place}
            found += [one for one in listed if one.place in shown]
    return tuple(found)


def _limits_in_the_way(
    subject: Subject, place: Place, count: int, limits: Sequence[Limit], asker: Asker
) -> tuple[str, ...]:
    """Limits each of which, as good as gone, lets so many servers be bought."""
    found = []
    for limit in limits:
        if limit.changed is None or limit.resolved_by_overrides or limit.step < 0:
            continue
        if limit.kind in ("deadline", "share"):
            continue
        free = FREE * (limit.value + count)
        problem = limit.changed(subject.problem, free)
        if _exists(with_more(subject.program_of(problem), place, count), asker):
            found.append(limit.path)
    return tuple(found)


def _exists(program: Program, asker: Asker) -> bool:
    return asker.solve(program).values is not None
