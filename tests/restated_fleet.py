"""The fleet of the restated program: cohorts of servers over stages, in linopy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import linopy
import numpy as np
import xarray as xr

from carbonplan.problem import Problem

LARGE = 1e4
COHORT = ("stage", "cohort", "sku", "region")


@dataclass(frozen=True)
class Fleet:
    """Decisions about the fleet, zero where they cannot be made."""

    servers: linopy.Variable  # (stage, sku, region)
    bought: linopy.Variable  # (stage, sku, region)
    stands: linopy.Variable  # (stage, cohort, sku, region)
    kept: linopy.Variable  # (stage, cohort, sku, region)
    upgraded: linopy.Variable  # (stage, cohort, sku, new_sku, region)
    moved: linopy.Variable  # (stage, cohort, sku, region, to_region)


def fleet(m: linopy.Model, problem: Problem, site: xr.DataArray) -> Fleet:
    """Add the fleet to a model; ``site`` (region, sku) says where servers may stand."""
    p, renewal = problem.data, problem.renewal
    by_stage = site & (xr.ones_like(p["purchase_usd"]) > 0)
    by_cohort = site & (xr.ones_like(p["server_kgco2e"]) > 0)
    kept_least = p["existing_servers"] if renewal.fixed else 0.0 * p["existing_servers"]
    kept = listed(renewal.kept, by_cohort, COHORT)
    new = {"new_sku": p["sku"].values}, {"to_region": p["region"].values}
    upgrades = by_cohort.expand_dims(new[0])
    moves = by_cohort.expand_dims(new[1])

    def variable(name: str, allowed: xr.DataArray, lower=0.0, *, whole: bool = False):
        upper = xr.where(allowed, LARGE, 0.0)
        least = xr.broadcast(lower * xr.ones_like(upper), upper)[0].transpose(*upper.dims)
        return m.add_variables(lower=least, upper=upper, integer=whole, name=name)

    found = Fleet(
        servers=variable("servers", by_stage, whole=True),
        bought=variable("bought", by_stage & (p.get("for_sale", 1.0) > 0)),
        stands=variable("stands", by_cohort),
        kept=variable("kept", kept, kept_least.where(kept, 0.0)),
        upgraded=variable(
            "upgraded",
            listed(renewal.upgrades, upgrades, ("stage", "cohort", "sku", "new_sku", "region")),
            whole=True,
        ),
        moved=variable(
            "moved", listed(renewal.moves, moves, (*COHORT, "to_region")), whole=True
        ),
    )
    passes_on(m, problem, found)
    limits(m, problem, found)
    return found


def passes_on(m: linopy.Model, problem: Problem, its: Fleet) -> None:
    """What stands was bought, kept or upgraded; what is kept, upgraded or moved was there."""
    p, stages, cohorts = problem.data, problem.data["stage"], problem.data["cohort"]
    m.add_constraints(its.servers - its.stands.sum("cohort") == 0, name="all cohorts")
    fitted = its.upgraded.sum("sku").rename(new_sku="sku", cohort="was")
    become = [(y, v, new) for (y, v), new in problem.renewal.upgraded.items()]
    becomes = marked(become, stages, cohorts.rename(cohort="was"), cohorts)
    own = marked([(node.name, node.name) for node in problem.nodes], stages, cohorts)
    come = its.kept + its.bought * own + (fitted * becomes).sum("was")
    m.add_constraints(its.stands - come == 0, name="stands")
    arrived = its.moved.sum("region").rename(to_region="region")
    gone = its.kept + its.upgraded.sum("new_sku") + its.moved.sum("to_region") - arrived
    follow = [(node.name, node.parent) for node in problem.nodes if node.parent]
    follows = marked(follow, stages, stages.rename(stage="earlier"))
    stood = (its.stands.rename(stage="earlier") * follows).sum("earlier")
    existing = p["existing_servers"] * (1 - follows.sum("earlier"))
    m.add_constraints(gone - stood <= existing, name="passes on")


def marked(labels: Sequence[tuple[str, ...]], *axes: xr.DataArray) -> xr.DataArray:
    """1 where a tuple of labels is listed."""
    marks = xr.DataArray(
        np.zeros([axis.size for axis in axes]),
        {axis.dims[0]: axis.values for axis in axes},
        [axis.dims[0] for axis in axes],
    )
    for label in labels:
        marks.loc[dict(zip(marks.dims, label, strict=True))] = 1.0
    return marks


def limits(m: linopy.Model, problem: Problem, its: Fleet) -> None:
    """Stock, room, budgets and what is ordered together."""
    p = problem.data
    for n, (y, g, r, most) in enumerate(problem.stock):
        of_sku = its.bought.sel(stage=y, sku=g, drop=True)
        of_place = of_sku.sum() if r is None else of_sku.sel(region=r, drop=True)
        m.add_constraints(of_place <= most, name=f"stock {n}")
    for r, most in problem.site_servers.items():
        m.add_constraints(
            its.servers.sel(region=r, drop=True).sum("sku") <= most, name=f"space {r}"
        )
    for y, most in problem.budget_usd.items():
        new_usd = p["upgrade_usd"].sel(stage=y, drop=True).rename(sku="new_sku")
        bought = its.bought.sel(stage=y, drop=True) * p["purchase_usd"].sel(stage=y, drop=True)
        spent = bought.sum() + (its.upgraded.sel(stage=y, drop=True) * new_usd).sum()
        m.add_constraints(spent <= most, name=f"budget {y}")
    for n, (y, first, g) in enumerate(problem.renewal.orders):
        one, other = (its.bought.sel(stage=at, sku=g, drop=True) for at in (y, first))
        m.add_constraints(one - other == 0, name=f"order {n}")


def listed(labels: tuple, like: xr.DataArray, dims: tuple[str, ...]) -> xr.DataArray:
    """True where a tuple of labels over the dimensions is listed, and ``like`` is true."""
    found = xr.zeros_like(like, dtype=bool)
    for label in labels:
        found.loc[dict(zip(dims, label, strict=True))] = True
    return found & like


def making_kgco2e(problem: Problem, its: Fleet):
    """Carbon that servers are charged with while they stand, and of moving them."""
    p = problem.data
    charged = (its.stands * p["server_kgco2e"]).sum()
    return charged + (its.moved * p["move_kgco2e"]).sum() if problem.renewal.moves else charged
