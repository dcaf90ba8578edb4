"""What differs, as values: each record holds what it was and what it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import xarray as xr

    from carbonplan.plan import Plan

ROUNDING = 1e-9
"""Relative: numbers that lie closer are the same."""


@dataclass(frozen=True)
class Side:
    """One of the two: a scenario with what it rests on and, where there is one, its plan.

    Attributes
    ----------
    scenario
        Resolved, with its defaults, as plain JSON values.
    grounds
        Demand, series and coefficients over the dimensions of ``plan.variables.GROUNDS``.
    files
        Hash of every file that was read, by the end of its path.
    options
        How the plan was asked for; empty without a plan.
    """

    name: str
    scenario: Mapping[str, object]
    grounds: xr.Dataset
    plan: Plan | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str | None] = field(default_factory=dict)
    options: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class ValueChange:
    """A value of the scenario, an option or a version; None where there was or is none."""

    path: str
    old: object
    new: object
    unit: str = ""


@dataclass(frozen=True)
class SeriesChange:
    """A series by the slot, in the hours that both sides have.

    Attributes
    ----------
    of
        Labels of the series: its region, or its request class and origin.
    hours, of_hours
        In which the two differ, of those compared [h].
    largest
        The new value less the old where they differ most, at the time ``at``.
    """

    name: str
    meaning: str
    unit: str
    of: Mapping[str, str]
    hours: float
    of_hours: float
    old_mean: float
    new_mean: float
    largest: float
    at: str


@dataclass(frozen=True)
class CoefficientChange:
    """A coefficient that records or models gave: how many of its values differ.

    Attributes
    ----------
    at, old, new
        Labels and values where they differ most.
    """

    name: str
    meaning: str
    unit: str
    differing: int
    compared: int
    at: Mapping[str, str]
    old: object
    new: object


@dataclass(frozen=True)
class NameChange:
    """Names along a dimension that only one side has."""

    dimension: str
    only_old: tuple[str, ...]
    only_new: tuple[str, ...]


@dataclass(frozen=True)
class InputsChange:
    """Everything that differs before anything is solved."""

    scenario: tuple[ValueChange, ...]
    series: tuple[SeriesChange, ...]
    names: tuple[NameChange, ...]
    coefficients: tuple[CoefficientChange, ...]
    files: tuple[ValueChange, ...]
    options: tuple[ValueChange, ...]
    versions: tuple[ValueChange, ...]
    notes: tuple[str, ...] = ()

    @property
    def any(self) -> bool:
        """Whether anything that a plan rests on differs."""
        return any((self.scenario, self.series, self.names, self.coefficients, self.files))


@dataclass(frozen=True)
class ImpactChange:
    """An impact of both plans.

    Attributes
    ----------
    old_bound, new_bound
        Proven where the impact is the objective; else None.
    at_least, at_most
        How far apart the least of both lies, as far as it is proven; None where it is not.
    """

    name: str
    unit: str
    old: float | None
    new: float | None
    old_bound: float | None = None
    new_bound: float | None = None
    at_least: float | None = None
    at_most: float | None = None

    @property
    def change(self) -> float | None:
        """The new value less the old."""
        return None if self.old is None or self.new is None else self.new - self.old

    @property
    def differs(self) -> bool:
        """Whether the values lie further apart than rounding, or one is not there."""
        if self.change is None:
            return True
        return abs(self.change) > ROUNDING * max(abs(self.old), abs(self.new))


@dataclass(frozen=True)
class FleetChange:
    """Servers of a SKU that stand in a region in a stage."""

    stage: str
    sku: str
    region: str
    old: int
    new: int


@dataclass(frozen=True)
class ScheduleChange:
    """Replicas or load of one place, in the hours that both plans have.

    Attributes
    ----------
    what, of
        ``replicas`` of an LLM, or ``load`` of a workload.
    largest
        The new value less the old where they differ most, at the time ``at``.
    """

    what: str
    of: str
    region: str
    sku: str
    unit: str
    hours: float
    of_hours: float
    largest: float
    at: str


@dataclass(frozen=True)
class Difference:
    """Everything that differs between two sides; the parts of plans need two plans."""

    old: Side
    new: Side
    inputs: InputsChange
    impacts: tuple[ImpactChange, ...] = ()
    fleet: tuple[FleetChange, ...] = ()
    schedule: tuple[ScheduleChange, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def any(self) -> bool:
        """Whether anything differs, other than how the plans were asked for."""
        differing = any(one.differs for one in self.impacts)
        return self.inputs.any or differing or bool(self.fleet or self.schedule)
