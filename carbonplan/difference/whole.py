"""Two sides held against each other: inputs first, then impacts, fleet and schedule."""

from __future__ import annotations

from carbonplan.difference.coefficients import coefficient_changes, name_changes
from carbonplan.difference.outcomes import fleet_changes, impact_changes, schedule_changes
from carbonplan.difference.records import Difference, InputsChange, Side
from carbonplan.difference.series import series_changes
from carbonplan.difference.slots import Slots, shared_slots
from carbonplan.difference.values import flat_changes, scenario_changes


def difference(old: Side, new: Side) -> Difference:
    """Everything that differs between two sides."""
    slots = shared_slots(old.grounds, new.grounds)
    inputs = inputs_change(old, new, slots)
    if old.plan is None or new.plan is None:
        return Difference(old, new, inputs)
    return Difference(
        old,
        new,
        inputs,
        impacts=impact_changes(old.plan, new.plan),
        fleet=fleet_changes(old.plan.summary["servers"], new.plan.summary["servers"]),
        schedule=schedule_changes(old.plan.data, new.plan.data, slots),
    )


def inputs_change(old: Side, new: Side, slots: Slots) -> InputsChange:
    """What differs before anything is solved."""
    both_planned = old.plan is not None and new.plan is not None
    return InputsChange(
        scenario=scenario_changes(old.scenario, new.scenario),
        series=series_changes(old.grounds, new.grounds, slots),
        names=name_changes(old.grounds, new.grounds),
        coefficients=coefficient_changes(old.grounds, new.grounds),
        files=flat_changes(old.files, new.files),
        options=flat_changes(old.options, new.options) if both_planned else (),
        versions=flat_changes(old.versions, new.versions),
        notes=_notes(slots),
    )


def _notes(slots: Slots) -> tuple[str, ...]:
    """What could not be compared by the hour."""
    if not len(slots.new):
        return ("no hour stands in both horizons: series and schedules were not compared",)
    apart = [(slots.only_old, "old"), (slots.only_new, "new")]
    return tuple(
        f"{count} slots stand in the {side} horizon only and were not compared"
        for count, side in apart
        if count
    )
