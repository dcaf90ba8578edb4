"""How cohorts of servers may pass from stage to stage."""

from __future__ import annotations

from collections.abc import Iterator

from carbonplan.catalogue.cohorts import (
    ancestors,
    cohorts,
    host_lives,
    may_stand,
    stood_name,
    upgrade_pairs,
)
from carbonplan.catalogue.inputs import Inputs, Node
from carbonplan.problem.records import Label, Renewal
from carbonplan.problem.stages import for_sale

TOLERANCE_YEARS = 1e-9


def renewal(inputs: Inputs) -> Renewal:
    """What may be kept, upgraded, moved and has to be ordered together."""
    rules = inputs.scenario.renewal
    upgrades = tuple(_upgrades(inputs)) if rules.upgrades else ()
    return Renewal(
        kept=tuple(_kept(inputs)),
        fixed=not inputs.scenario.stages,
        upgrades=upgrades,
        upgraded={(y, v): f"{_hosts(v)}+{y}" for y, v, *_ in upgrades},
        moves=tuple(_moves(inputs)) if rules.moves else (),
        orders=tuple(_orders(inputs)),
    )


def _places(inputs: Inputs) -> list[tuple[str, str]]:
    return [(s.name, region.region) for s in inputs.servers for region in inputs.regions]


def _kept(inputs: Inputs) -> Iterator[Label]:
    """Cohorts bought before a stage that live through it, where they can have come to be."""
    stood = _stood(inputs)
    servers = {server.name: server for server in inputs.servers}
    new = {g for _, g in upgrade_pairs(inputs)}
    for node in inputs.nodes:
        for cohort in cohorts(inputs):
            if cohort.accelerators == node.name:
                continue
            for g, r in _places(inputs):
                comes = cohort.name in stood.get((g, r), ()) or cohort.accelerators is not None
                comes = comes and (not cohort.is_upgraded or g in new)
                if comes and may_stand(inputs, cohort, node, servers[g]):
                    yield node.name, cohort.name, g, r


def _stood(inputs: Inputs) -> dict[tuple[str, str], set[str]]:
    """Cohorts that stood before, by SKU and region: where they are, or may move to."""
    stood: dict[tuple[str, str], set[str]] = {}
    for one in inputs.scenario.fleet.existing:
        for region in inputs.regions:
            if inputs.scenario.renewal.moves or region.region == one.region:
                stood.setdefault((one.sku, region.region), set()).add(stood_name(one.age_years))
    return stood


def _upgrades(inputs: Inputs) -> Iterator[Label]:
    """Hosts that live through a stage and stood before it may get accelerators on sale."""
    servers = {server.name: server for server in inputs.servers}
    sold = for_sale(inputs).to_series()
    stood = _stood(inputs)
    for node in inputs.nodes:
        above = ancestors(inputs.nodes, node.name)
        for cohort in cohorts(inputs):
            if cohort.accelerators is not None and cohort.accelerators not in above:
                continue
            for old, new in upgrade_pairs(inputs):
                if not (
                    sold[node.name, new] and host_lives(inputs, cohort, node, servers[new])
                ):
                    continue
                for region in inputs.regions:
                    here = cohort.accelerators is not None
                    if here or cohort.name in stood.get((old, region.region), ()):
                        yield node.name, cohort.name, old, new, region.region


def _hosts(cohort: str) -> str:
    """The part of a cohort's name that says when its hosts were bought."""
    return cohort.split("+", 1)[0]


def _moves(inputs: Inputs) -> Iterator[Label]:
    """What may be kept may move to any other region instead."""
    for y, v, g, r in _kept(inputs):
        for region in inputs.regions:
            if region.region != r:
                yield y, v, g, r, region.region


def _orders(inputs: Inputs) -> Iterator[Label]:
    """Stages whose purchases are ordered in one that they share, and the first of these."""
    for lead in inputs.scenario.renewal.lead_times:
        first: dict[tuple[str, str], str] = {}
        for node in inputs.nodes:
            ordered = node.stage, _ordered_at(inputs, node, lead.years)
            if first.setdefault(ordered, node.name) != node.name:
                yield node.name, first[ordered], lead.sku


def _ordered_at(inputs: Inputs, node: Node, years: float) -> str:
    """The node in which an order is placed that a node's start delivers."""
    nodes = {one.name: one for one in inputs.nodes}
    for name in ancestors(inputs.nodes, node.name):
        if nodes[name].start_years <= node.start_years - years + TOLERANCE_YEARS:
            return name
    return ""
