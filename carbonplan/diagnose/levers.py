"""Levers: values of the scenario that limit the program through rows of their own.

What a user changes is one value, such as the power limit of a region; in the program it stands
on the sides of several rows, one in each slot. A lever knows these rows and what one unit of
the value adds to each side, so that one column can relax all of them together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from carbonplan.diagnose import weights
from carbonplan.diagnose.records import Group
from carbonplan.scenario.wording import identity

if TYPE_CHECKING:
    from carbonplan.catalogue.inputs import Inputs
    from carbonplan.program import Program
    from carbonplan.scenario.schema import Scenario

DEMAND_ROWS = ("demand_is_routed", "batch_work_is_carried")
UNITS = {"carbon": "kgCO2e", "energy": "kWh", "cost": "USD", "water": "L", "latency": "s"}


@dataclass(frozen=True)
class Lever:
    """A value of the scenario and the rows whose sides it sets.

    Attributes
    ----------
    value
        As it stands, in its unit; of demand 1, the share that is served.
    rows, per_unit
        Rows, and what a unit of the value adds to the side of each, (row,).
    is_upper
        Whether it is an upper side that gives way.
    rises
        Whether the value rises where it is relaxed; else it falls.
    least
        A smaller value is counted as this one where changes are relative.
    """

    path: str
    words: str
    unit: str
    value: float
    weight: float
    rows: NDArray[np.int64]
    per_unit: NDArray[np.float64]
    is_upper: bool = True
    rises: bool = True
    whole: bool = False
    least: float = 1.0

    @property
    def size(self) -> float:
        """What changes are counted relative to."""
        return max(self.value, self.least)

    @property
    def is_demand(self) -> bool:
        """Whether less is served where it is relaxed."""
        return self.unit == "share"

    @property
    def group(self) -> Group:
        """The lever as a report names it."""
        return Group(self.path, self.words)


def levers(inputs: Inputs, scenario: Scenario, program: Program) -> list[Lever]:
    """Every lever of a scenario that its program has rows of, in the scenario's order.

    Parameters
    ----------
    scenario
        Whose values they have; the inputs' own may allow a server where it allows none.
    """
    inputs = replace(inputs, scenario=scenario)
    found = (
        *demands(inputs, program),
        *site_powers(inputs, program),
        *places(inputs, program),
        *stocks(inputs, program),
        *budgets(inputs, program),
        *bounds(inputs, program),
        *spares(inputs, program),
    )
    return [lever for lever in found if len(lever.rows)]


def demands(inputs: Inputs, program: Program) -> Iterator[Lever]:
    """What each workload asks for; of several ways to divide it none has a fixed side."""
    for workload in inputs.scenario.workloads:
        rows = _rows(program, DEMAND_ROWS, 0, lambda k, w=workload.name: k.split("/")[0] == w)
        sides = program.row_lower[rows]
        asked = np.isfinite(sides) & (sides != 0.0)
        yield Lever(
            f"workloads[{workload.name}].arrivals",
            f"the demand of {workload.name}",
            "share",
            1.0,
            weights.DEMAND,
            rows[asked],
            sides[asked],
            is_upper=False,
            rises=False,
        )


def site_powers(inputs: Inputs, program: Program) -> Iterator[Lever]:
    """Power limits of regions, cooling included."""
    for site in inputs.scenario.regions:
        if site.power_limit_kw is not None:
            rows = _rows(program, ["site_power_holds"], 0, lambda r, s=site: r == s.region)
            pue = inputs.series["pue"].sel(region=site.region).values
            yield Lever(
                f"regions[{site.region}].power_limit_kw",
                f"the power limit of {site.region}",
                "kW",
                site.power_limit_kw,
                weights.SITE_POWER,
                rows,
                1.0 / pue[: len(rows)],
            )


def places(inputs: Inputs, program: Program) -> Iterator[Lever]:
    """Places for servers in regions."""
    for site in inputs.scenario.regions:
        if site.server_limit is not None:
            rows = _rows(program, ["servers_fit_in_site"], 1, lambda r, s=site: r == s.region)
            yield _count(
                f"regions[{site.region}].server_limit",
                f"the server limit of {site.region}",
                "servers",
                site.server_limit,
                weights.SPACE,
                rows,
            )


def stocks(inputs: Inputs, program: Program) -> Iterator[Lever]:
    """Servers of a SKU that can be bought."""
    stages = {node.name: node.stage for node in inputs.nodes}
    for i, stock in enumerate(inputs.scenario.fleet.stock):
        family = "purchases_within_total_stock" if stock.region is None else _IN_REGION
        layout = program.rows.get(family)
        rows = [] if layout is None else [
            int(row)
            for label, row in zip(layout.labels, layout.positions, strict=True)
            if stock.stage in (None, stages[label[0]])
            and label[1:] == (stock.sku, stock.region)[: len(label) - 1]
        ]  # fmt: skip
        place = "" if stock.region is None else f" in {stock.region}"
        when = "" if stock.stage is None else f" in stage {stock.stage}"
        yield _count(
            f"{item_path(inputs.scenario, 'stock', i)}.servers",
            f"the stock of {stock.sku}{place}{when}",
            "servers",
            stock.servers,
            weights.STOCK,
            np.array(rows, dtype=np.int64),
        )


def budgets(inputs: Inputs, program: Program) -> Iterator[Lever]:
    """What purchases of a stage may cost."""
    stages = {node.name: node.stage for node in inputs.nodes}
    for stage in inputs.scenario.stages:
        if stage.budget_usd is not None:
            rows = _rows(
                program,
                ["purchases_within_budget"],
                0,
                lambda y, s=stage: stages[y] == s.name,
            )
            yield Lever(
                f"stages[{stage.name}].budget_usd",
                f"the budget of stage {stage.name}",
                "USD",
                stage.budget_usd,
                weights.BUDGET,
                rows,
                np.ones(len(rows)),
                least=1e4,
            )


def bounds(inputs: Inputs, program: Program) -> Iterator[Lever]:
    """The most of an impact, over the horizon or in a stage."""
    nodes = {node.name: node for node in inputs.nodes}
    for i, bound in enumerate(inputs.scenario.bounds):
        rows, per_unit = [], []
        if bound.stage is None:
            rows = _rows(
                program, ["impact_within_bound"], 0, lambda x, b=bound: x == b.impact
            ).tolist()
            per_unit = [1.0] * len(rows)
        elif "impact_within_stage_bound" in program.rows:
            layout = program.rows["impact_within_stage_bound"]
            for (impact, y), row in zip(layout.labels, layout.positions, strict=True):
                if impact == bound.impact and nodes[y].stage == bound.stage:
                    rows.append(int(row))
                    per_unit.append(nodes[y].probability)
        when = "" if bound.stage is None else f" in stage {bound.stage}"
        yield Lever(
            f"{item_path(inputs.scenario, 'bounds', i)}.at_most",
            f"the bound on {bound.impact.replace('_', ' ')}{when}",
            UNITS[bound.impact.rpartition("_")[2]],
            bound.at_most,
            weights.BOUND,
            np.array(rows, dtype=np.int64),
            np.array(per_unit),
            least=1e-3,
        )


def spares(inputs: Inputs, program: Program) -> Iterator[Lever]:
    """Idle replicas that workloads ask for."""
    for workload in inputs.scenario.workloads:
        if workload.spare_replicas:
            rows = _rows(program, ["spare_is_ready"], 0, lambda w, k=workload: w == k.name)
            yield Lever(
                f"workloads[{workload.name}].spare_replicas",
                f"the spare replicas of {workload.name}",
                "replicas",
                workload.spare_replicas,
                weights.SPARE,
                rows,
                np.ones(len(rows)),
                is_upper=False,
                rises=False,
                whole=True,
            )


def item_path(scenario: Scenario, listed: str, i: int) -> str:
    """Path of an item of a list: by its name where no earlier one has it, else by number."""
    items = scenario.fleet.stock if listed == "stock" else getattr(scenario, listed)
    names = [identity(listed, item) for item in items]
    named = names[i] is not None and names.index(names[i]) == i
    section = "fleet.stock" if listed == "stock" else listed
    return f"{section}[{names[i] if named else i}]"


_IN_REGION = "purchases_within_stock"


def _count(
    path: str, words: str, unit: str, value: float, weight: float, rows: NDArray[np.int64]
) -> Lever:
    return Lever(path, words, unit, value, weight, rows, np.ones(len(rows)), whole=True)


def _rows(program: Program, families, place: int, wanted) -> NDArray[np.int64]:
    """Rows of families whose label has something that is wanted in a place."""
    found = [
        np.atleast_1d(rows)
        for family in families
        if family in program.rows
        for label, rows in zip(
            program.rows[family].labels, program.rows[family].positions, strict=True
        )
        if wanted(label[place])
    ]
    return np.concatenate(found) if found else np.empty(0, dtype=np.int64)
