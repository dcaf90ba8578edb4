"""``stochastic``: what planning over futures is worth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from carbonplan.cli.loading import load
from carbonplan.cli.options import (
    AllowPath,
    Gap,
    Json,
    Objective,
    Overrides,
    Progress,
    ProgressMode,
    Quiet,
    Scenario,
    Seed,
    Threads,
    TimeLimit,
    Variant,
)
from carbonplan.cli.output import show, show_json, table
from carbonplan.cli.progress import shown

if TYPE_CHECKING:
    from carbonplan.stochastic import Range, Worth

Row = Mapping[str, object]


def stochastic(
    scenario: Scenario,
    overrides: Overrides = None,
    variant: Variant = None,
    objective: Objective = None,
    gap: Gap = None,
    time_limit: TimeLimit = None,
    threads: Threads = None,
    seed: Seed = None,
    allow_path: AllowPath = None,
    progress: Progress = ProgressMode.AUTO,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Say what planning over futures is worth.

    The value of the stochastic solution: what is lost where servers are bought for the mean of
    all futures. The expected value of perfect information: what is gained where it is known
    beforehand which future comes. Each is an interval, since every plan has a gap.
    """
    loaded = load(scenario, overrides, variant, allow_path, objective)
    from carbonplan.catalogue.gather import gather
    from carbonplan.pipeline import Options
    from carbonplan.plan.objective import named_objective
    from carbonplan.stochastic import worth

    options = Options(gap=gap, time_limit_s=time_limit, threads=threads, seed=seed)
    inputs = gather(loaded)
    with shown(progress, quiet=quiet) as on_progress:
        found = worth(loaded, inputs, options.limits(inputs), on_progress)
    named = named_objective(inputs.scenario.objective)
    if as_json:
        futures = list(_future_rows(found))
        rows = {key: _ends(one) for key, _, one in _ranges(found)}
        lacks = {"expected_fleet_lacks": list(found.expected_fleet_lacks)}
        show_json({"objective": named, "futures": futures, **rows, **lacks})
        return
    show(f"{named['impact']} [{named['unit']}] of {loaded.scenario.name}\n")
    show(table(list(_future_rows(found))))
    show("")
    show(table([{"": words, **_ends(one)} for _, words, one in _ranges(found)]))
    if found.expected_fleet is None:
        show(f"\nservers of the mean cannot serve: {', '.join(found.expected_fleet_lacks)}")


def _future_rows(found: Worth) -> Iterator[Row]:
    """Each future: in the plan of all, and by itself."""
    for name, planned in found.by_future.items():
        yield {"future": name, "planned": planned, **_ends(found.known_before[name])}


def _ranges(found: Worth) -> Iterator[tuple[str, str, Range | None]]:
    """What was solved and what follows from it, with a key and in words."""
    yield "recourse", "all futures together", found.recourse
    yield "wait_and_see", "each known beforehand", found.wait_and_see
    yield "expected_fleet", "servers of the mean", found.expected_fleet
    yield "completed_fleet", "servers of the mean, and more", found.completed_fleet
    yield "vss", "value of the stochastic solution", found.stochastic_solution
    yield "vss_completed", "the same, where more may be bought", found.completed
    yield "evpi", "expected value of perfect information", found.perfect_information


def _ends(one: Range | None) -> dict[str, float | None]:
    if one is None:
        return {"at_least": None, "at_most": None}
    return {"at_least": one.at_least, "at_most": one.at_most}
