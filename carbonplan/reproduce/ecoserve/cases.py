"""The cases of EcoServe: grids, offline shares, lives, coefficients, nine years of renewal."""

from __future__ import annotations

from collections.abc import Sequence

from carbonplan.reproduce.cases import Case

SCENARIO = "reproduce-ecoserve"
DECADE = "reproduce-ecoserve-decade"
BASELINES = (
    *("performance-optimal", "energy-optimal", "cost-optimal"),
    *("single-sku", "no-shift"),
)
NAMED_BY_PAPER = BASELINES[:3]
GRIDS = (17, 261, 501)  # g/kWh
MIDDLE = 261
FOUR_YEARS = ("embodied.host_lifetime_years=4", "embodied.accelerator_lifetime_years=4")
FIRST_LIBRARY = "embodied.coefficient_set=eserve-2025-first"
LESS = (
    "horizon.hours=2",
    "workloads[offline].deadline_hours=2",
    "fleet.skus=[h100-pcie-4, a40-4, l4-8]",
    "fleet.phases=mixed",
    "fleet.tensor_parallel=[1]",
    "solver.gap=0.02",
)


def cases(*, quick: bool = False) -> Sequence[Case]:
    """What is solved; in a hurry, two grids for two hours on three SKUs."""
    if quick:
        return [_of_grid(grid, LESS) for grid in GRIDS[:2]]
    return [*map(_of_grid, GRIDS), *_shares(), *_lives(), *_decade()]


def _of_grid(grid: int, overrides: tuple[str, ...] = ()) -> Case:
    """All levers on one grid, beside every baseline and without each lever."""
    variant = None if grid == MIDDLE else f"grid-{grid}"
    title = f"{grid} g/kWh"
    name = f"grid-{grid}"
    return Case(name, title, SCENARIO, variant, overrides, BASELINES, ablation=True)


def _shares() -> Sequence[Case]:
    return [
        Case(
            f"offline-{share}",
            f"{MIDDLE} g/kWh, {share} % offline",
            SCENARIO,
            f"offline-{share}",
            baselines=BASELINES,
        )
        for share in (21, 55)
    ]


def _lives() -> Sequence[Case]:
    """Hosts and accelerators that both live four years, and the group's first coefficients."""
    grids = [(grid, None if grid == MIDDLE else f"grid-{grid}") for grid in GRIDS]
    return [
        *(
            Case(
                f"four-years-{grid}",
                f"{grid} g/kWh, hosts and accelerators of 4 years",
                SCENARIO,
                variant,
                FOUR_YEARS,
            )
            for grid, variant in grids
        ),
        Case(
            "first-library",
            f"{GRIDS[0]} g/kWh, the group's first coefficients",
            SCENARIO,
            f"grid-{GRIDS[0]}",
            (FIRST_LIBRARY,),
            BASELINES,
        ),
    ]


def _decade() -> Sequence[Case]:
    """Nine years with new accelerators in standing hosts, or whole new servers."""
    ways = {
        None: "accelerators of 3 years in hosts of 10",
        "whole-3": "whole servers every 3 years",
        "whole-4": "whole servers every 4 years",
    }
    return [
        Case(
            f"decade-{variant or 'upgrades'}-{grid}",
            f"{grid} g/kWh, nine years, {words}",
            DECADE,
            variant,
            (f"series.intensity_g_per_kwh=series/{SCENARIO}-{grid}.csv",),
        )
        for grid in GRIDS
        for variant, words in ways.items()
    ]
