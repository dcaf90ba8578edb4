"""``data typical-days``: a year of one or several series as a few weighted days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from carbonplan.cli.options import Json, Overwrite, refuse_existing
from carbonplan.cli.output import show, show_json, table
from carbonplan.errors import UsageError, nearest

if TYPE_CHECKING:
    from carbonplan.prepare.fidelity import PairError, ZoneError
    from carbonplan.prepare.typical_days import Days, Typical

INTENSITY, DEMAND = "intensity", "demand"
COMPANIONS = ("wue", "ewif", "price")  # tables that are laid beside the days
NAMES = (INTENSITY, *COMPANIONS, DEMAND)
WORST_PAIRS = 5


def typical_days(
    series: Annotated[
        list[str],
        typer.Argument(
            metavar="SERIES...",
            help="Hourly series of one or more zones over the same days; of several things, "
            "each as NAME=FILE, NAME being intensity, wue, ewif, price or demand.",
        ),
    ],
    days: Annotated[int, typer.Option("--days", min=2, max=366, help="Days to choose.")] = 12,
    peaks_of: Annotated[
        list[str] | None,
        typer.Option(
            "--peak-of",
            metavar="ZONE",
            help="Keep the day of its highest hour, demand:rps say; repeatable.",
        ),
    ] = None,
    fill_gap_hours: Annotated[
        int, typer.Option(min=0, max=24, help="The longest gap that may be filled.")
    ] = 0,
    out: Annotated[Path, typer.Option(metavar="FILE", help="Table to write.")] = Path(
        "typical_days.csv"
    ),
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Choose weighted days for a year.

    Chosen for all zones and series together, so that what happens at the same hour stays
    together; each zone keeps its mean, and the days of the highest and the lowest joint mean
    are kept. A file has time_utc and a column per zone, or time_utc, zone_id and a column of
    values. Beside FILE, the days of wue, ewif and price are written as tables of their own, and
    what is lost as <FILE>-errors.csv.
    """
    names, paths = _named(series)
    places = _places(out, names)
    for place in places.values():
        refuse_existing(place, overwrite)
    from carbonplan.prepare.fidelity import write_errors
    from carbonplan.prepare.typical_days import errors_of, of_series, read_days, write_days
    from carbonplan.prepare.typical_days import typical_days as chosen_days

    whole = read_days(paths, names=names, fill_gap_hours=fill_gap_hours)
    chosen = chosen_days(whole, days, peaks_of=peaks_of or ())
    errors = errors_of(chosen, whole)
    for name, place in places.items():
        if name == "errors":
            write_errors(errors, place)
        else:
            write_days(of_series(chosen, name) if names else chosen, place)
    _show(whole, chosen, errors, list(places.values()), several=bool(names), as_json=as_json)


def _named(series: Sequence[str]) -> tuple[list[str], list[Path]]:
    """What each file is of, and the files; no names where all are of one thing."""
    split = [text.partition("=") for text in series]
    if not any(equals for _, equals, _ in split) or all(Path(text).exists() for text in series):
        return [], [Path(text) for text in series]
    names = [name for name, _, _ in split]
    problems = [
        f'found "{text}"; expected NAME=FILE for each series, NAME one of {", ".join(NAMES)}'
        f"{nearest(name, NAMES)}"
        for text, (name, equals, file) in zip(series, split, strict=True)
        if not equals or not file or name not in NAMES
    ]
    problems += [f"{name} is given twice" for name in NAMES if names.count(name) > 1]
    if not problems and INTENSITY not in names:
        problems = [f"expected {INTENSITY}=FILE among the series"]
    if problems:
        raise UsageError("; ".join(problems))
    return names, [Path(file) for _, _, file in split]


def _places(out: Path, names: Sequence[str]) -> dict[str, Path]:
    """Where each table is written: days, those beside them, errors."""
    beside = [name for name in names if name in COMPANIONS]
    stem = out.name.removesuffix(".csv")
    return {
        INTENSITY: out,
        **{name: out.with_name(f"{stem}-{name}.csv") for name in (*beside, "errors")},
    }


def _show(
    whole: Days,
    chosen: Typical,
    errors: Sequence[ZoneError],
    files: Sequence[Path],
    *,
    several: bool,
    as_json: bool,
) -> None:
    from carbonplan.prepare.typical_days import pair_errors_of

    pairs = pair_errors_of(chosen, whole) if several else []
    if as_json:
        found = {
            "file": str(files[0]),
            "files": [str(file) for file in files],
            "days": len(chosen.dates),
            "weight": float(chosen.weight.sum()),
            "errors": [asdict(error) for error in errors],
        }
        show_json({**found, "correlations": [asdict(pair) for pair in pairs]})
        return
    means = {error.zone: error.mean for error in errors if error.zone.startswith(DEMAND)}
    written = ", ".join(str(file) for file in files)
    show(
        f"wrote {written}: {len(chosen.dates)} of {len(whole.dates)} days, with weights that "
        f"sum to {chosen.weight.sum():g}; what they lose:"
    )
    show(table([asdict(error) for error in errors]))
    if pairs:
        _show_pairs(pairs)
    for name, mean in means.items():
        show(
            f"{name} keeps its mean where the scenario says arrivals: {{mean_rps: {mean:.6g}}}"
        )


def _show_pairs(pairs: Sequence[PairError]) -> None:
    show(f"\ncorrelations between series, the {min(len(pairs), WORST_PAIRS)} most wrong:")
    show(table([asdict(pair) for pair in pairs[:WORST_PAIRS]]))
