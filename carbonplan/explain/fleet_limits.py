"""Limits on sites, servers, money, impacts and contracts, as the scenario states them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from carbonplan.catalogue.inputs import NOW
from carbonplan.explain.limit import STEP, Changed, Limit, assignment
from carbonplan.plan.totals import UNITS
from carbonplan.problem import Problem, with_upper_bounds

if TYPE_CHECKING:
    from carbonplan.catalogue.inputs import Inputs


def fleet_limits(problem: Problem, inputs: Inputs | None) -> Iterator[Limit]:
    """Limits on what stands, is bought, is drawn and is emitted."""
    yield from _power(problem)
    yield from _space(problem)
    yield from _stock(problem, inputs)
    yield from _budgets(problem)
    yield from _bounds(problem, inputs)
    yield from _contracts(problem)
    yield from _shares(problem)


def _power(problem: Problem) -> Iterator[Limit]:
    for region, kw in problem.site_power_kw.items():
        path = f"regions[{region}].power_limit_kw"
        yield Limit(
            kind="power",
            path=path,
            words=f"power limit of {region}",
            unit="kW",
            value=kw,
            step=STEP * kw or 1.0,
            changed=_with_power(region),
            overrides=assignment(path),
            families=("site_power_holds",),
        )


def _with_power(region: str) -> Changed:
    def changed(problem: Problem, kw: float) -> Problem:
        limit = problem.data["site_it_limit_kw"].copy()
        limit.loc[{"region": region}] = kw / problem.data["pue"].sel(region=region)
        of_region = {**problem.site_power_kw, region: kw}
        data = problem.data.assign(site_it_limit_kw=limit)
        return replace(problem, data=data, site_power_kw=of_region)

    return changed


def _space(problem: Problem) -> Iterator[Limit]:
    for region, servers in problem.site_servers.items():
        path = f"regions[{region}].server_limit"

        def changed(problem: Problem, value: float, region: str = region) -> Problem:
            of_region = {**problem.site_servers, region: value}
            return with_upper_bounds(replace(problem, site_servers=of_region))

        yield Limit(
            kind="space",
            path=path,
            words=f"places for servers in {region}",
            unit="servers",
            value=servers,
            step=1.0,
            changed=changed if servers else None,
            overrides=assignment(path),
            families=("servers_fit_in_site",) if servers else (),
            is_whole=True,
        )


def _stock(problem: Problem, inputs: Inputs | None) -> Iterator[Limit]:
    """Entries of the stock list; of a problem without a scenario, each limit of it."""
    if inputs is None:
        entries = [(g, r, n, (y,)) for y, g, r, n in problem.stock]
    else:
        entries = [
            (s.sku, s.region, s.servers, tuple(_nodes_of(inputs, s.stage)))
            for s in inputs.scenario.fleet.stock
        ]
    for position, (sku, region, servers, stages) in enumerate(entries):
        path = f"fleet.stock[{position}].servers"
        place = f" in {region}" if region else ""
        in_region = "purchases_within_stock" if region else "purchases_within_total_stock"
        stated = servers > 0 or inputs is None  # a place without stock may be no place at all
        yield Limit(
            kind="stock",
            path=path,
            words=f"{sku} that can be bought{place}{_of_stages(stages)}",
            unit="servers",
            value=servers,
            step=1.0,
            changed=_with_stock(sku, region, stages) if stated else None,
            overrides=assignment(path),
            families=(in_region,) if stated else (),
            is_whole=True,
        )


def _with_stock(sku: str, region: str | None, stages: tuple[str, ...]) -> Changed:
    def changed(problem: Problem, servers: float) -> Problem:
        stock = tuple(
            (y, g, r, servers if (g, r) == (sku, region) and y in stages else n)
            for y, g, r, n in problem.stock
        )
        return with_upper_bounds(replace(problem, stock=stock))

    return changed


def _budgets(problem: Problem) -> Iterator[Limit]:
    for stage, usd in problem.budget_usd.items():
        prices = problem.data["purchase_usd"].sel(stage=stage).values
        cheapest = float(min(prices[prices > 0], default=0.0))

        def changed(problem: Problem, value: float, stage: str = stage) -> Problem:
            return replace(problem, budget_usd={**problem.budget_usd, stage: value})

        path = f"stages[{stage.partition('/')[0]}].budget_usd"
        yield Limit(
            kind="budget",
            path=path,
            words=f"budget of stage {stage}",
            unit="USD",
            value=usd,
            step=max(STEP * usd, cheapest),
            changed=changed,
            overrides=assignment(path) if "/" not in stage else None,
            families=("purchases_within_budget",),
            is_whole=True,
        )


def _bounds(problem: Problem, inputs: Inputs | None) -> Iterator[Limit]:
    places = _bound_places(inputs)
    for impact, at_most in problem.bounds:

        def changed(problem: Problem, value: float, impact: str = impact) -> Problem:
            bounds = tuple((i, value if i == impact else n) for i, n in problem.bounds)
            return replace(problem, bounds=bounds)

        path = f"bounds[{places.get((impact, None), 0)}].at_most"
        yield _bound(impact, "", at_most, path, changed, "impact_within_bound", 1.0)
    for impact, stage, at_most in problem.stage_bounds:

        def changed(
            problem: Problem, value: float, impact: str = impact, stage: str = stage
        ) -> Problem:
            bounds = tuple(
                (i, y, value if (i, y) == (impact, stage) else n)
                for i, y, n in problem.stage_bounds
            )
            return replace(problem, stage_bounds=bounds)

        name = stage.partition("/")[0]
        path = f"bounds[{places.get((impact, name), 0)}].at_most"
        share = _probability(problem, stage)
        family = "impact_within_stage_bound"
        yield _bound(impact, f" in stage {stage}", at_most, path, changed, family, share)


def _bound(
    impact: str,
    place: str,
    at_most: float,
    path: str,
    changed: Changed,
    family: str,
    share: float,
) -> Limit:
    return Limit(
        kind="bound",
        path=path,
        words=f"{impact.replace('_', ' ')}{place} at most",
        unit=UNITS.get(impact, "1"),
        value=at_most / share,
        step=STEP * at_most / share or 1.0,
        changed=lambda problem, value: changed(problem, value * share),
        overrides=assignment(path),
        families=(family,),
    )


def _bound_places(inputs: Inputs | None) -> dict[tuple[str, str | None], int]:
    bounds = [] if inputs is None else inputs.scenario.bounds
    return {(bound.impact, bound.stage): position for position, bound in enumerate(bounds)}


def _contracts(problem: Problem) -> Iterator[Limit]:
    for (contract, region), (least, most) in problem.supply.bounds_kw.items():
        label = (contract, region)

        def changed(
            problem: Problem, kw: float, label: tuple = label, least: float = least
        ) -> Problem:
            bounds = {**problem.supply.bounds_kw, label: (least, kw)}
            return replace(problem, supply=replace(problem.supply, bounds_kw=bounds))

        path = f"supply.contracts[{contract}].at_most_kw"
        yield Limit(
            kind="contract",
            path=path,
            words=f"power of contract {contract}",
            unit="kW",
            value=most,
            step=STEP * most or 1.0,
            changed=changed,
            overrides=assignment(path),
            families=("Contracted_kw",),
        )
    if problem.supply.matched_share > 0:

        def with_share(problem: Problem, share: float) -> Problem:
            supply = replace(problem.supply, matched_share=share)
            return replace(problem, supply=supply)

        share = problem.supply.matched_share
        yield Limit(
            kind="matching",
            path="supply.matched_share",
            words="share of the energy that contracts match",
            unit="",
            value=share,
            step=-min(STEP, share / 2),
            changed=with_share,
            overrides=assignment("supply.matched_share"),
            families=("share_is_matched",),
        )


def _shares(problem: Problem) -> Iterator[Limit]:
    fields = (("of_region", "region", "region"), ("of_vendor", "vendor", "vendor"))
    for name, word, called in fields:
        share = getattr(problem.shares, name)
        if share >= 1:
            continue

        def changed(problem: Problem, value: float, name: str = name) -> Problem:
            shares = replace(problem.shares, **{name: value})
            return with_upper_bounds(replace(problem, shares=shares))

        path = f"fleet.largest_{word}_share"
        yield Limit(
            kind="share",
            path=path,
            words=f"largest share of one {called}",
            unit="",
            value=share,
            step=min(STEP, (1 - share) / 2),
            changed=changed,
            overrides=assignment(path),
            families=(f"{word}_share_holds",),
            is_whole=True,
        )


def _nodes_of(inputs: Inputs, stage: str | None) -> list[str]:
    return [node.name for node in inputs.nodes if stage in (None, node.stage)]


def _of_stages(stages: tuple[str, ...]) -> str:
    return "" if stages == (NOW.name,) or len(stages) != 1 else f" in stage {stages[0]}"


def _probability(problem: Problem, stage: str) -> float:
    return next(node.probability for node in problem.nodes if node.name == stage)
