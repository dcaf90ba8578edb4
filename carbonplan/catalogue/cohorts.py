"""Cohorts: servers by when their hosts and their accelerators were bought.

A host platform and the accelerators in it age apart. Servers that are bought in a stage are one
cohort; so are those that stood before, by their age; and so are the standing hosts of a cohort
that get new accelerators in a stage.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from carbonplan.catalogue.inputs import Inputs, Node
from carbonplan.catalogue.records import Server

STOOD = "stood"
DAY_YEARS = 1 / 365  # a life that ends less than a day early ends with the stage


@dataclass(frozen=True)
class Cohort:
    """Servers of one age.

    Attributes
    ----------
    host, accelerators
        Node of the scenario tree at whose start each was bought; None where it stood before.
    host_years, accelerators_years
        When that was, from the start of the horizon [a]; negative before it.
    """

    name: str
    host: str | None
    accelerators: str | None
    host_years: float
    accelerators_years: float

    @property
    def is_upgraded(self) -> bool:
        return self.accelerators is not None and self.host != self.accelerators


def cohorts(inputs: Inputs) -> tuple[Cohort, ...]:
    """Every cohort that may stand at some time: old ones, purchases, then upgraded hosts."""
    ages = sorted({one.age_years for one in inputs.scenario.fleet.existing})
    stood = [Cohort(stood_name(age), None, None, -age, -age) for age in ages]
    bought = [
        Cohort(n.name, n.name, n.name, n.start_years, n.start_years) for n in inputs.nodes
    ]
    return (*stood, *bought, *_upgraded(inputs, [*stood, *bought]))


def stood_name(age_years: float) -> str:
    """Name of the cohort that stands already and has an age."""
    return f"{STOOD} {age_years:g} a" if age_years else STOOD


def _upgraded(inputs: Inputs, hosts: list[Cohort]) -> Iterator[Cohort]:
    if not inputs.scenario.renewal.upgrades or not upgrade_pairs(inputs):
        return
    for node in inputs.nodes:
        above = ancestors(inputs.nodes, node.name)
        for old in hosts:
            if old.host is None or old.host in above:
                name = f"{old.name}+{node.name}"
                yield Cohort(name, old.host, node.name, old.host_years, node.start_years)


def ancestors(nodes: tuple[Node, ...], name: str) -> tuple[str, ...]:
    """Nodes above a node of the scenario tree, the nearest first."""
    parent = {node.name: node.parent for node in nodes}
    above = []
    while (name := parent[name]) is not None:
        above.append(name)
    return tuple(above)


def upgrade_pairs(inputs: Inputs) -> tuple[tuple[str, str], ...]:
    """(SKU, SKU) where the second's accelerators fit into the first's hosts."""
    return tuple(
        (old.name, new.name)
        for old in inputs.servers
        for new in inputs.servers
        if old.sku.host == new.sku.host and old.sku.accelerator != new.sku.accelerator
    )


def may_stand(inputs: Inputs, cohort: Cohort, node: Node, server: Server) -> bool:
    """Whether a cohort of a SKU lives through a node: bought by then, and not too old.

    Without stages nothing grows too old.
    """
    return _bought_by(inputs, cohort.accelerators, node) and (
        not inputs.scenario.stages
        or (
            (host_lives(inputs, cohort, node, server))
            and _lives(node, cohort.accelerators_years, lifetimes_years(inputs, server)[1])
        )
    )


def host_lives(inputs: Inputs, cohort: Cohort, node: Node, server: Server) -> bool:
    """Whether the hosts of a cohort live through a node."""
    bought = _bought_by(inputs, cohort.host, node)
    return bought and _lives(node, cohort.host_years, lifetimes_years(inputs, server)[0])


def lifetimes_years(inputs: Inputs, server: Server) -> tuple[float, float]:
    """Lives of the host and of the accelerators [a]: the scenario's, else the SKU's."""
    accounting = inputs.scenario.embodied
    return (
        accounting.host_lifetime_years or server.sku.host_lifetime_years,
        accounting.accelerator_lifetime_years or server.sku.accelerator_lifetime_years,
    )


def _bought_by(inputs: Inputs, bought: str | None, node: Node) -> bool:
    return bought is None or bought == node.name or bought in ancestors(inputs.nodes, node.name)


def _lives(node: Node, bought_years: float, life_years: float) -> bool:
    return node.start_years + node.years <= bought_years + life_years + DAY_YEARS
