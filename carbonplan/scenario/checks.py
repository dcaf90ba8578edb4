"""Rules over several fields, and the search for every problem of a resolved scenario.

A rule is a function that yields problems. Rules within a section run as soon as that section
is sound, rules across sections as soon as those that they read are, so that one misspelt key
does not hide what is wrong elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache, singledispatch
from typing import Any

from pydantic import TypeAdapter, ValidationError

from carbonplan.errors import nearest
from carbonplan.scenario.comparison import Axis
from carbonplan.scenario.fleet import Fleet
from carbonplan.scenario.messages import BrokenRules, Problem, problems_of_validation
from carbonplan.scenario.rules_classes import (
    RULES_OF_CLASSES,
    classes_are_parts_of_a_whole,
    shares_are_a_whole,
)
from carbonplan.scenario.rules_comparison import RULES_OF_COMPARISON, axis_has_points
from carbonplan.scenario.rules_courses import RULES_OF_COURSES
from carbonplan.scenario.rules_horizon import consecutive_or_typical, slots_are_whole
from carbonplan.scenario.rules_quality import answers_can_be_good_enough
from carbonplan.scenario.rules_supply import (
    RULES_OF_SUPPLY,
    contract_has_room,
    matching_needs_contracts,
)
from carbonplan.scenario.schema import Horizon, Objective, Scenario
from carbonplan.scenario.section import Section
from carbonplan.scenario.supply import Contract, Supply
from carbonplan.scenario.wording import IDENTITY, PathKeys, identity, quoted
from carbonplan.scenario.workloads import Arrivals, Workload
from carbonplan.units import HOURS_PER_DAY


def validated(data: Mapping[str, Any]) -> tuple[Scenario | None, list[Problem]]:
    """The scenario, if it has no problem, and every problem that it has."""
    problems = list(things_listed_twice(data))
    scenario = None
    try:
        scenario = Scenario.model_validate(data, context={"check": keep_rules_of_section})
    except ValidationError as error:
        problems += problems_of_validation(error, data)
    broken = {problem.path[0] for problem in problems if problem.path}
    sections = scenario or sound_sections(data, broken)
    for reads, rule in RULES_ACROSS_SECTIONS:
        if not broken.intersection(reads):
            problems += rule(sections)
    return (None if problems else scenario), problems


def sound_sections(data: Mapping[str, Any], broken: set[str | int]) -> Scenario:
    """A scenario of those sections alone that have no problem; the others are not there."""
    values = {}
    for name in Scenario.model_fields:
        if name in data and name not in broken:
            values[name] = _section_type(name).validate_python(data[name])
    return Scenario.model_construct(**values)


@cache
def _section_type(name: str) -> TypeAdapter[Any]:
    return TypeAdapter(Scenario.model_fields[name].annotation)


def keep_rules_of_section(section: Section) -> None:
    """Raise ``BrokenRules`` with every rule that a section breaks."""
    if problems := tuple(rules_of_section(section)):
        raise BrokenRules(problems)


@singledispatch
def rules_of_section(section: Section) -> Iterator[Problem]:
    """Problems of one section by its own rules; paths start at the section."""
    del section
    yield from ()


@rules_of_section.register
def horizon_is_made_of_slots(horizon: Horizon) -> Iterator[Problem]:
    """Consecutive or typical, of whole slots."""
    yield from consecutive_or_typical(horizon)
    yield from slots_are_whole(horizon)


@rules_of_section.register
def arrivals_are_given_once(arrivals: Arrivals) -> Iterator[Problem]:
    """A mean rate, with a shape or flat, or a file."""
    if arrivals.file is None and arrivals.mean_rps is None:
        yield Problem((), "expected mean_rps or file, found neither")
    for key in ("mean_rps", "shape"):
        if arrivals.file is not None and getattr(arrivals, key) is not None:
            yield Problem((key,), "found with file, expected one of the two")


@rules_of_section.register
def objective_is_one(objective: Objective) -> Iterator[Problem]:
    """One impact, a weighted sum of which some weight counts, or impacts in an order."""
    keys = ("minimise", "weights", "lexicographic")
    given = [key for key in keys if getattr(objective, key) is not None]
    if len(given) != 1:
        found = " and ".join(given) or "none of them"
        yield Problem((), f"expected one of minimise, weights and lexicographic, found {found}")
    elif objective.weights is not None and not any(objective.weights.values()):
        yield Problem(("weights",), "found no weight above 0, expected at least one")
    elif objective.lexicographic is not None:
        yield from levels_are_an_order(objective)


def levels_are_an_order(objective: Objective) -> Iterator[Problem]:
    """Two impacts or more, each counted as it is."""
    if len(objective.lexicographic) < 2:
        yield Problem(("lexicographic",), "expected two impacts or more; one is for minimise")
    if objective.carbon_price_usd_per_tonne:
        yield Problem(
            ("carbon_price_usd_per_tonne",),
            "found with lexicographic, expected 0; make carbon a level of its own",
        )


@rules_of_section.register
def loading_takes_time(fleet: Fleet) -> Iterator[Problem]:
    """Requests can wait for a model to load only where loading is charged."""
    if fleet.load_on_demand and not fleet.start_costs:
        yield Problem(
            ("load_on_demand",), "found true with start_costs false, expected start_costs true"
        )


rules_of_section.register(Contract, contract_has_room)
rules_of_section.register(Supply, matching_needs_contracts)
rules_of_section.register(Axis, axis_has_points)


@rules_of_section.register
def workload_is_online_or_batch(workload: Workload) -> Iterator[Problem]:
    """Online work has latency limits, batch work a deadline; shares are parts of a whole."""
    online = workload.kind == "online"
    for key, needed in (("ttft_s", online), ("tpot_s", online), ("deadline_hours", not online)):
        given = getattr(workload, key) is not None
        if needed and not given:
            yield Problem((key,), f"is missing; {workload.kind} workloads need it")
        if given and not needed:
            other = "online" if not online else "batch"
            yield Problem(
                (key,), f"found in {_a(workload.kind)} workload, expected in {other} only"
            )
    if workload.origins:
        shares = [origin.share for origin in workload.origins]
        yield from shares_are_a_whole(("origins",), shares)
    yield from classes_are_parts_of_a_whole(workload)
    yield from answers_can_be_good_enough(workload)


def _a(kind: str) -> str:
    return f"an {kind}" if kind.startswith("o") else f"a {kind}"


def things_listed_twice(data: object, path: PathKeys = ()) -> Iterator[Problem]:
    """Every item of a list that is called like an earlier one."""
    if isinstance(data, Mapping):
        for key, value in data.items():
            yield from things_listed_twice(value, (*path, key))
    elif isinstance(data, list):
        seen: set[str] = set()
        for i, item in enumerate(data):
            name = _name_in_list(path, item)
            if name in seen:
                yield Problem((*path, i), f"{quoted(name)} is listed twice")
            seen |= {name} if name is not None else set()
            yield from things_listed_twice(item, (*path, i))


def _name_in_list(path: PathKeys, item: object) -> str | None:
    list_key = path[-1] if path and isinstance(path[-1], str) else ""
    if isinstance(item, Mapping):
        return identity(list_key, item) if list_key in IDENTITY else None
    return str(item) if isinstance(item, str | int | float) else None


def fleet_names_what_is_there(scenario: Scenario) -> Iterator[Problem]:
    """Standing servers and stock are of SKUs and in regions of the scenario."""
    regions = [site.region for site in scenario.regions]
    for key in ("existing", "stock"):
        for i, item in enumerate(getattr(scenario.fleet, key)):
            path = ("fleet", key, i)
            yield from _known((*path, "sku"), item.sku, scenario.fleet.skus, "fleet.skus")
            if item.region is not None:
                yield from _known((*path, "region"), item.region, regions, "regions")


def workloads_stay_in_regions(scenario: Scenario) -> Iterator[Problem]:
    """The regions of a workload are regions of the scenario."""
    regions = [site.region for site in scenario.regions]
    for i, workload in enumerate(scenario.workloads):
        for j, region in enumerate(workload.regions or ()):
            yield from _known(("workloads", i, "regions", j), region, regions, "regions")


def deadlines_fit_in_horizon(scenario: Scenario) -> Iterator[Problem]:
    """No batch work may wait longer than a run of consecutive hours lasts."""
    hours = scenario.horizon.hours or HOURS_PER_DAY
    run = "the horizon" if scenario.horizon.hours else "a typical day"
    for i, workload in enumerate(scenario.workloads):
        if (workload.deadline_hours or 0) > hours:
            yield Problem(
                ("workloads", i, "deadline_hours"),
                f"found {workload.deadline_hours}, expected at most the {hours:g} hours of "
                f"{run}",
            )


def use_of_existing_servers_is_charged(scenario: Scenario) -> Iterator[Problem]:
    """Hours of use do not tell servers that stand already from those that are bought."""
    embodied, standing = scenario.embodied, any(one.servers for one in scenario.fleet.existing)
    if standing and embodied.charge == "use" and not embodied.include_existing:
        yield Problem(
            ("embodied", "include_existing"),
            "found false with charge use and existing servers, expected true: hours of use do "
            "not tell existing servers from bought ones",
        )


def _known(path: PathKeys, name: str, names: list[str], where: str) -> Iterator[Problem]:
    if name not in names:
        yield Problem(path, f"{quoted(name)} is not in {where}{nearest(name, names)}")


RULES_ACROSS_SECTIONS: tuple[
    tuple[tuple[str, ...], Callable[[Scenario], Iterator[Problem]]], ...
] = (
    (("fleet", "regions"), fleet_names_what_is_there),
    (("workloads", "regions"), workloads_stay_in_regions),
    (("workloads", "horizon"), deadlines_fit_in_horizon),
    (("fleet", "embodied"), use_of_existing_servers_is_charged),
    *RULES_OF_COURSES,
    *RULES_OF_CLASSES,
    *RULES_OF_SUPPLY,
    *RULES_OF_COMPARISON,
)
