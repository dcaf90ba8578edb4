"""What differs between two plans or scenarios, as sections and as one document."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from carbonplan.report.document import Block, Facts, Items, Paragraph, Section, Table
from carbonplan.report.wording import (
    NONE,
    change,
    label,
    number,
    quantity,
    scale,
    with_unit,
)

if TYPE_CHECKING:
    from carbonplan.difference.records import (
        CoefficientChange,
        Difference,
        FleetChange,
        ImpactChange,
        InputsChange,
        ScheduleChange,
        SeriesChange,
        ValueChange,
    )

MOST_ROWS = 20
ABSENT = "–"
HASH_SIGNS = 12
ENDS = ("old", "new")
TITLES = {"request_class": "Request classes", "configuration": "Configurations"}
PLAIN_UNITS = {"1": "", "s-1": "1/s", "kg kWh-1": "kg/kWh", "USD kWh-1": "USD/kWh"}


def difference_sections(found: Difference) -> tuple[Section, ...]:
    """What changed in the inputs, then in impacts, fleet and schedule."""
    sides = Facts((("old", label(found.old.name)), ("new", label(found.new.name))))
    sections = [Section("sides", "What is compared", (sides,)), inputs_section(found.inputs)]
    if found.impacts:
        fleet = fleet_table(found.fleet)
        sections += [
            Section("impacts", "Impacts", _impact_blocks(found.impacts)),
            Section("fleet", "Fleet", (fleet or Paragraph("The fleets are the same."),)),
            Section("schedule", "Schedule", _schedule_blocks(found.schedule)),
        ]
    return tuple(sections)


def document(found: Difference) -> dict[str, object]:
    """Everything that differs, as plain JSON values."""
    return {
        "old": found.old.name,
        "new": found.new.name,
        "differs": found.any,
        "inputs": asdict(found.inputs),
        "impacts": [asdict(one) | {"change": one.change} for one in found.impacts],
        "fleet": [asdict(one) for one in found.fleet],
        "schedule": [asdict(one) for one in found.schedule],
        "notes": list(found.notes),
    }


def inputs_section(inputs: InputsChange) -> Section:
    """What differs before anything is solved."""
    blocks = [
        value_table("Values of the scenario.", inputs.scenario),
        _series_table(inputs.series),
        *_names(inputs),
        _coefficient_table(inputs.coefficients),
        file_table(inputs.files),
        value_table("How the plans were asked for.", inputs.options),
        value_table("Versions.", inputs.versions),
        *(Paragraph(f"Note: {note}.") for note in inputs.notes),
    ]
    kept = tuple(block for block in blocks if block is not None)
    return Section(
        "inputs", "Inputs that changed", kept or (Paragraph("The inputs are the same."),)
    )


def value_table(caption: str, changed: Sequence[ValueChange]) -> Table | None:
    """Values that differ, in the scenario's words and units."""
    if not changed:
        return None
    rows = [
        (label(one.path), value_text(one.old, one.unit), value_text(one.new, one.unit))
        for one in changed[:MOST_ROWS]
    ]
    caption += _left_out(len(changed))
    return Table(caption, ("what", "old", "new"), tuple(rows), words=3)


def file_table(changed: Sequence[ValueChange]) -> Table | None:
    """Files that differ, by the first signs of their hashes."""
    short = [
        replace(one, **{end: str(getattr(one, end) or "")[:HASH_SIGNS] or None for end in ENDS})
        for one in changed
    ]
    return value_table("Files that were read, by hash.", short)


def value_text(value: object, unit: str = "") -> str:
    """A value as a planner writes it, short."""
    if value is None:
        return ABSENT
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return with_unit(number(value, 9), unit)
    if isinstance(value, str):
        return label(value)
    return label(json.dumps(value, ensure_ascii=False).replace('"', ""))


def _left_out(count: int) -> str:
    rest = count - MOST_ROWS
    return f" {rest} more are not shown; --json has all." if rest > 0 else ""


def _series_table(changed: Sequence[SeriesChange]) -> Table | None:
    if not changed:
        return None
    rows = [
        (
            one.meaning,
            _of(one.of.values()),
            f"{number(one.hours)} of {number(one.of_hours)}",
            _amount(one.old_mean, one.unit),
            _amount(one.new_mean, one.unit),
            f"{_signed(one.largest, one.unit)} at {one.at}",
        )
        for one in changed[:MOST_ROWS]
    ]
    header = ("series", "of", "hours that differ", "old mean", "new mean", "most")
    caption = "Series by the hour." + _left_out(len(changed))
    return Table(caption, header, tuple(rows), words=2)


def _coefficient_table(changed: Sequence[CoefficientChange]) -> Table | None:
    if not changed:
        return None
    rows = [
        (
            one.meaning,
            _of(one.at.values()),
            f"{one.differing} of {one.compared}",
            _amount(one.old, one.unit),
            _amount(one.new, one.unit),
        )
        for one in changed[:MOST_ROWS]
    ]
    header = ("coefficient", "most at", "that differ", "old", "new")
    caption = "Coefficients from records and models." + _left_out(len(changed))
    return Table(caption, header, tuple(rows), words=2)


def _names(inputs: InputsChange) -> Iterable[Block]:
    for one in inputs.names:
        title = TITLES.get(one.dimension, one.dimension)
        items = [f"only old: {label(name)}" for name in one.only_old]
        items += [f"only new: {label(name)}" for name in one.only_new]
        yield Items(f"{title} of one side only", tuple(items), detail=True)
        gone, come = len(one.only_old), len(one.only_new)
        yield Paragraph(f"{title}: {gone} only old, {come} only new.")


def _impact_blocks(impacts: Sequence[ImpactChange]) -> tuple[Block, ...]:
    header = ("impact", "old", "new", "change", "", "proven at least", "proven at most")
    rows = [_impact_row(one) for one in impacts]
    blocks: list[Block] = [Table("Totals over the horizon.", header, tuple(rows))]
    if any(one.at_least is not None for one in impacts):
        blocks.append(
            Paragraph(
                "What is proven is how far apart the least of both plans' questions lies; "
                "other impacts are those of one of many plans that are equally good."
            )
        )
    return tuple(blocks)


def _impact_row(one: ImpactChange) -> tuple[str, ...]:
    fit = scale([one.old, one.new], one.unit)
    moved = scale([one.change, one.at_least, one.at_most], one.unit)
    return (
        one.name.replace("_", " "),
        with_unit(fit.shown(one.old), fit.unit),
        with_unit(fit.shown(one.new), fit.unit),
        _signed(one.change, one.unit),
        change(one.new, one.old),
        *(
            NONE if value is None else with_unit(moved.shown(value), moved.unit)
            for value in (one.at_least, one.at_most)
        ),
    )


def fleet_table(changed: Sequence[FleetChange]) -> Table | None:
    """Servers whose number differs; the stage only where there are several."""
    if not changed:
        return None
    staged = len({one.stage for one in changed}) > 1 or changed[0].stage != "now"
    rows = [
        (
            *([label(one.stage)] if staged else []),
            label(one.sku),
            label(one.region),
            str(one.old),
            str(one.new),
            f"{one.new - one.old:+d}",
        )
        for one in changed[: 2 * MOST_ROWS]
    ]
    names = (*(["stage"] if staged else []), "SKU", "region")
    return Table(
        "Servers that stand.",
        (*names, "old", "new", "change"),
        tuple(rows),
        words=len(names),
    )


def _schedule_blocks(changed: Sequence[ScheduleChange]) -> tuple[Block, ...]:
    if not changed:
        return (Paragraph("The schedules are the same."),)
    rows = [
        (
            one.what,
            label(one.of),
            label(one.region),
            label(one.sku),
            f"{number(one.hours)} of {number(one.of_hours)}",
            f"{_signed(one.largest, one.unit)} at {one.at}",
        )
        for one in changed[:MOST_ROWS]
    ]
    header = ("what", "of", "region", "SKU", "hours that differ", "most")
    caption = "Replicas of LLMs and load of workloads." + _left_out(len(changed))
    return (Table(caption, header, tuple(rows), words=4),)


def _of(labels: Iterable[str]) -> str:
    return label(", ".join(labels)) or ABSENT


def _amount(value: object, unit: str) -> str:
    if isinstance(value, str):
        return label(value)
    return with_unit(number(value, 4), PLAIN_UNITS.get(unit, unit))


def _signed(value: float | None, unit: str) -> str:
    if value is None:
        return NONE
    sign = "+" if value > 0 else "−" if value < 0 else "±"
    return sign + quantity(abs(value), PLAIN_UNITS.get(unit, unit))
