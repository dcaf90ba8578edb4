"""What has changed since a baseline was accepted: inputs and fleet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from carbonplan.difference.outcomes import fleet_changes
from carbonplan.difference.records import ROUNDING, FleetChange, ValueChange
from carbonplan.difference.values import flat_changes, scenario_changes
from carbonplan.gate.baseline import Entry
from carbonplan.plan.variables import GROUNDS
from carbonplan.scenario.schema import Scenario

UNREADABLE = (
    "the baseline's scenario is none that this version reads: its values were not compared"
)
MEANS_DIGITS = 100 * ROUNDING  # means are kept to fewer digits than series are compared to


@dataclass(frozen=True)
class MeanChange:
    """Mean of a series over the horizon; None where there was or is none."""

    name: str
    meaning: str
    unit: str
    of: str
    old: float | None
    new: float | None


@dataclass(frozen=True)
class Changes:
    """What differs between a baseline and a plan."""

    scenario: tuple[ValueChange, ...]
    series: tuple[MeanChange, ...]
    files: tuple[ValueChange, ...]
    versions: tuple[ValueChange, ...]
    fleet: tuple[FleetChange, ...]
    notes: tuple[str, ...] = ()

    @property
    def inputs(self) -> bool:
        """Whether anything differs that a plan rests on."""
        return any((self.scenario, self.series, self.files))


def changes(old: Entry, new: Entry) -> Changes:
    """What differs between two entries of a baseline file."""
    notes = []
    before, after = _resolved(old.scenario), _resolved(new.scenario)
    if before is None:
        notes.append(UNREADABLE)
    if abs(old.hours - new.hours) > ROUNDING * old.hours:
        notes.append(
            f"the plan stands for {new.hours:g} h, the baseline for {old.hours:g} h: "
            "impacts are compared by the hour"
        )
    if old.objective != new.objective:
        notes.append("the objective is another: what is least now was not, or not alone, then")
    return Changes(
        scenario=() if before is None else scenario_changes(before, after),
        series=tuple(_mean_changes(old.series, new.series)),
        files=flat_changes(old.files, new.files),
        versions=flat_changes(old.versions, new.versions),
        fleet=fleet_changes(_rows(old), _rows(new)),
        notes=tuple(notes),
    )


def _resolved(scenario: Mapping[str, object]) -> Mapping[str, object] | None:
    """With the defaults that a baseline file leaves out; None where it is no scenario now."""
    try:
        found = Scenario.model_validate(scenario)
    except (ValidationError, ValueError):
        return None
    return found.model_dump(mode="json", exclude_none=True)


def _rows(entry: Entry) -> list[dict[str, object]]:
    return [server.model_dump() for server in entry.servers]


def _mean_changes(
    old: Mapping[str, Mapping[str, float]], new: Mapping[str, Mapping[str, float]]
) -> Iterator[MeanChange]:
    for name in dict.fromkeys((*new, *old)):
        before, after = old.get(name, {}), new.get(name, {})
        variable = GROUNDS.get(name)
        meaning = name if variable is None else variable.long_name
        unit = "" if variable is None else variable.units
        for of in dict.fromkeys((*after, *before)):
            was, now = before.get(of), after.get(of)
            if not _same(was, now):
                yield MeanChange(name, meaning, unit, of, was, now)


def _same(old: float | None, new: float | None) -> bool:
    if old is None or new is None:
        return old is new
    return abs(new - old) <= MEANS_DIGITS * max(abs(old), abs(new))
