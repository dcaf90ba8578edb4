"""What a measurement found: a table, and the targets with what they came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from bench.runner import Run, median


@dataclass(frozen=True)
class Target:
    """A figure, what it should be, and whether it is."""

    what: str
    found: str
    wanted: str
    holds: bool


@dataclass(frozen=True)
class Section:
    """One measurement.

    Attributes
    ----------
    size
        What was measured, with its size.
    columns, rows
        The table: first the way, then figures as text.
    runs
        Every run of every way, for the JSON file.
    """

    key: str
    size: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    targets: tuple[Target, ...]
    runs: Mapping[str, list[dict[str, object]]] = field(default_factory=dict)


def recorded(runs: Mapping[str, list[Run]]) -> dict[str, list[dict[str, object]]]:
    """All runs as plain mappings."""
    return {name: [asdict(run) for run in of_way] for name, of_way in runs.items()}


def medians(runs: Mapping[str, list[Run]]) -> dict[str, Run]:
    """The middle run of each way."""
    return {name: median(of_way) for name, of_way in runs.items()}


def at_most(what: str, found: float, wanted: float, unit: str) -> Target:
    """A target that a figure stays below or at."""
    return Target(what, f"{found:.3g} {unit}", f"≤ {wanted:.3g} {unit}", found <= wanted)


def at_least(what: str, found: float, wanted: float, unit: str) -> Target:
    """A target that a figure reaches."""
    return Target(what, f"{found:.3g} {unit}", f"≥ {wanted:.3g} {unit}", found >= wanted)


def same_optimum(objectives: Mapping[str, float | None], gap: float) -> Target:
    """Plans within a proven gap of one optimum differ by no more than the gap."""
    found = [value for value in objectives.values() if value is not None]
    what = f"difference between the plans of {' and '.join(objectives)}"
    if len(found) < len(objectives):
        return Target(what, "no plan", f"≤ {gap:.2%}", False)
    difference = (max(found) - min(found)) / abs(min(found))
    return Target(what, f"{difference:.3%}", f"≤ {gap:.2%}", difference <= gap)


def percent(gap: float | None) -> str:
    """A relative gap in words."""
    return "none" if gap is None else f"{gap:.2%}"


def amount(value: float | None, places: int = 1) -> str:
    """An amount in words."""
    return "none" if value is None else f"{value:,.{places}f}"


def count_of(sizes: Mapping[str, object]) -> str:
    """Size of a program in words."""
    names = ("rows", "columns", "nonzeros")
    counts = ", ".join(f"{sizes[name]:,} {name}" for name in names)
    return f"{counts}; {sizes['whole']:,} columns whole"
