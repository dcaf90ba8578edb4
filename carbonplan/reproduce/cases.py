"""Cases of a study: a shipped scenario with changes, solved with its baselines and ablation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from carbonplan.errors import NoPlanExists

if TYPE_CHECKING:
    from carbonplan.pipeline import Renderer
    from carbonplan.plan import Plan

PROCESSES = 2
NOISE_SERVERS = 1e-6
Row = Mapping[str, object]


@dataclass(frozen=True)
class Case:
    """One plan of a study, and what is solved beside it.

    Attributes
    ----------
    name
        Unique in its study; also that of the plan's folder.
    scenario
        Name of a shipped scenario.
    """

    name: str
    title: str
    scenario: str
    variant: str | None = None
    overrides: tuple[str, ...] = ()
    baselines: tuple[str, ...] = ()
    ablation: bool = False


@dataclass(frozen=True)
class Found:
    """What came of a case, in plain values.

    Attributes
    ----------
    servers, upgraded
        Servers bought, and standing hosts that got accelerators, by SKU, all stages together.
    share_of
        Share of all accelerator hours that a workload has, by workload.
    holds
        Whether the plan was verified without a violation.
    """

    case: Case
    status: str
    gap: float | None = None
    impacts: Mapping[str, float] = field(default_factory=dict)
    servers: Mapping[str, float] = field(default_factory=dict)
    upgraded: Mapping[str, float] = field(default_factory=dict)
    share_of: Mapping[str, float] = field(default_factory=dict)
    baselines: tuple[Row, ...] = ()
    ablation: tuple[Row, ...] = ()
    holds: bool = False

    @property
    def carbon_kg(self) -> float | None:
        """Operational and embodied carbon [kgCO2e]; None without a plan."""
        return self.impacts.get("carbon")

    @property
    def embodied_share(self) -> float | None:
        """Share of the carbon that making the servers is."""
        carbon_kg = self.carbon_kg
        return self.impacts["embodied_carbon"] / carbon_kg if carbon_kg else None

    def saved_against(self, baseline: Row) -> float | None:
        """Share by which the plan emits less than a baseline; None without one of them."""
        theirs = baseline.get("impacts", {}).get("carbon")
        return 1.0 - self.carbon_kg / theirs if theirs and self.carbon_kg is not None else None

    def document(self) -> Row:
        """As plain values, for JSON."""
        return {
            "name": self.case.name,
            "title": self.case.title,
            "scenario": self.case.scenario,
            "variant": self.case.variant,
            "overrides": list(self.case.overrides),
            "status": self.status,
            "gap": self.gap,
            "impacts": dict(self.impacts),
            "servers": dict(self.servers),
            "upgraded": dict(self.upgraded),
            "accelerator_share": dict(self.share_of),
            "baselines": [dict(row) for row in self.baselines],
            "ablation": [dict(row) for row in self.ablation],
            "verified": self.holds,
        }


def solve_cases(
    cases: Sequence[Case],
    processes: int = PROCESSES,
    out: Path | None = None,
    render: Renderer | None = None,
    told: Callable[[Found], None] | None = None,
) -> list[Found]:
    """Solve the cases, in their order.

    Parameters
    ----------
    out, render
        Folder of the plans, each under the name of its case, and what is written beside them.
    told
        Called with what came of each case as soon as it and those before it are done.
    """
    found = []
    for one in _solved(cases, processes, partial(solve_case, out=out, render=render)):
        if told is not None:
            told(one)
        found.append(one)
    return found


def _solved(
    cases: Sequence[Case], processes: int, solve: Callable[[Case], Found]
) -> Iterator[Found]:
    if processes == 1 or len(cases) == 1:
        yield from map(solve, cases)
        return
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        yield from pool.map(solve, cases)


def solve_case(case: Case, out: Path | None = None, render: Renderer | None = None) -> Found:
    """Solve one case on the way of any scenario; without a plan, its status says so."""
    from carbonplan.catalogue.shipped import scenarios_root
    from carbonplan.pipeline import Options, run
    from carbonplan.scenario import load

    loaded = load(scenarios_root() / f"{case.scenario}.yaml", case.overrides, case.variant)
    options = Options(
        out=None if out is None else out / case.name,
        overwrite=True,
        baselines=case.baselines,
        ablation=case.ablation,
    )
    try:
        result = run(loaded, options, render=render)
    except NoPlanExists:
        return Found(case, "infeasible")
    return _found(case, result.plan, result.verification.ok)


def _found(case: Case, plan: Plan, holds: bool) -> Found:
    summary = plan.summary
    return Found(
        case,
        str(summary["status"]),
        gap=summary.get("gap"),
        impacts={name: total.value for name, total in plan.impacts.items()},
        servers=_counted(plan, "purchased_servers", "sku"),
        upgraded=_counted(plan, "upgraded_servers", "new_sku"),
        share_of=_share_of(summary),
        baselines=tuple(summary["baselines"]),
        ablation=tuple(summary["ablation"]),
        holds=holds,
    )


def _counted(plan: Plan, name: str, by: str) -> dict[str, float]:
    """Sum of a decision over all stages and regions, by SKU; those that are above zero."""
    decided = plan.data[name]
    of_sku = decided.sum([dim for dim in decided.dims if dim != by]).to_series()
    return {str(sku): float(count) for sku, count in of_sku.items() if count > NOISE_SERVERS}


def _share_of(summary: Row) -> dict[str, float]:
    """Share of the accelerator hours of all workloads that each has."""
    hours = {
        row["name"]: row["accelerator_hours"]
        for row in summary["attribution"]["direct"]
        if row["serves"]
    }
    total = sum(hours.values())
    return {name: one / total for name, one in hours.items()} if total else {}
