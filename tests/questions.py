"""Shipped scenarios with changes, as inputs and as problems."""

from __future__ import annotations

from carbonplan.catalogue.gather import gather
from carbonplan.catalogue.inputs import Inputs
from carbonplan.catalogue.shipped import scenarios_root
from carbonplan.configurations import enumerate_configurations
from carbonplan.problem import Problem, assemble
from carbonplan.scenario import load


def inputs(scenario: str, *overrides: str, variant: str | None = None) -> Inputs:
    """Inputs of a shipped scenario with ``path=value`` overrides."""
    return gather(load(scenarios_root() / f"{scenario}.yaml", overrides, variant))


def problem(scenario: str, *overrides: str, prune: bool = True) -> Problem:
    """The problem of a shipped scenario with overrides."""
    given = inputs(scenario, *overrides)
    return assemble(given, enumerate_configurations(given, prune=prune))
