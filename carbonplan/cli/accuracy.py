"""``accuracy``: how far the technology models are from what was measured."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from carbonplan.cli.options import Json, Overwrite, refuse_existing
from carbonplan.cli.output import say, show, show_json, table
from carbonplan.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carbonplan.technology.calibrate.accuracy import ErrorRow, Judgement


METHOD = {  # by line
    "crossvalidated": "the pair of accelerator and LLM of a row was not in the fit",
    "model": "the coefficients as they are",
}


class By(StrEnum):
    """What errors are told by, within each data set and quantity."""

    ALL = "all"
    ACCELERATOR = "accelerator"
    LLM = "llm"
    ENGINE = "engine"
    TASK = "task"


def accuracy(
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Judge the coefficients on the tables of this folder, without refitting.",
        ),
    ] = None,
    cross_validate: Annotated[
        bool,
        typer.Option(
            "--cross-validate",
            help="Refit on --data instead, each pair predicted without it; takes minutes.",
        ),
    ] = False,
    by: Annotated[By, typer.Option("--by", help="What errors are told by.")] = By.ALL,
    calibration: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Judge these coefficients, not the shipped ones."),
    ] = None,
    figures: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write predicted-against-measured figures here."),
    ] = None,
    rows: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write every row with its predictions as CSV."),
    ] = None,
    page: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Put errors and figures into this page, below its heading."
        ),
    ] = None,
    kernels: Annotated[
        bool,
        typer.Option("--kernels", help="Show what single kernels reach of the data sheet."),
    ] = False,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Show how far the technology models are from measurements.

    Without --data: errors of leave-one-pair-out cross-validation on the measurements that the
    shipped coefficients rest on. Errors are relative; beside them stand the plain roofline and
    the nearest measured neighbour.
    """
    if kernels:
        _show_kernels(data, as_json=as_json)
        return
    if data is None:
        _refuse_without_data(
            cross_validate=cross_validate, calibration=calibration, figures=figures, rows=rows
        )
        _show_shipped(by, page, as_json=as_json)
        return
    if rows is not None:
        refuse_existing(rows, overwrite)
    if cross_validate and calibration is not None:
        raise UsageError("--cross-validate refits, and --calibration says what to judge as is")
    from carbonplan.report.accuracy import best_line
    from carbonplan.technology.calibrate.accuracy import error_rows

    judgement = _refitted(data) if cross_validate else _judged(data, calibration)
    errors = error_rows(judgement.rows)
    _write(judgement, data, figures, rows)
    _rewrite(page, errors)
    told = [row for row in errors if row.part == by.value]
    if as_json:
        show_json(_document(told, judgement))
        return
    _show_errors(told, by)
    show(f"\n{METHOD[best_line(told)]}\n\nleft out:")
    show(table(judgement.left_out.to_dict("records")))


def _refuse_without_data(**options: Path | bool | None) -> None:
    needing = [f"--{name.replace('_', '-')}" for name, value in options.items() if value]
    if needing:
        raise UsageError(f"{' and '.join(needing)} need --data")


def _judged(data: Path, calibration: Path | None) -> Judgement:
    """Coefficients as they are, on the tables of a folder."""
    from carbonplan.technology.calibrate.accuracy import judge
    from carbonplan.technology.calibration import load_calibration

    return judge(data, load_calibration(calibration))


def _refitted(data: Path) -> Judgement:
    """Coefficients fitted on a folder, every pair of accelerator and LLM left out once."""
    from carbonplan.catalogue.shipped import data_root
    from carbonplan.technology.calibrate.run import calibrate, refuse_without_tables

    refuse_without_tables(data)
    say(f"refitting on {data} and leaving every pair out once; this takes minutes")
    today = datetime.now(UTC).date().isoformat()
    return calibrate(data, data_root(), today).judgement


def _show_shipped(by: By, page: Path | None, *, as_json: bool) -> None:
    from carbonplan.report.accuracy import best_line
    from carbonplan.technology.calibrate.accuracy import shipped_errors

    shipped = shipped_errors()
    _rewrite(page, shipped)
    errors = [row for row in shipped if row.part == by.value]
    if as_json:
        show_json({"errors": [row.model_dump() for row in errors]})
        return
    _show_errors(errors, by)
    for source, date in sorted({(row.source, row.date) for row in errors}):
        show(f"\n{METHOD[best_line(errors)]}; {date}, {source}")


def _show_kernels(data: Path | None, *, as_json: bool) -> None:
    from carbonplan.catalogue.shipped import data_root
    from carbonplan.technology.calibrate.kernels import kernel_rows, shipped_kernels
    from carbonplan.technology.calibrate.serving import read_known

    rows = kernel_rows(data, read_known(data_root())) if data else shipped_kernels()
    found = [row.model_dump() for row in rows]
    if as_json:
        show_json({"kernels": found})
    else:
        show(table(found))


def _show_errors(errors: Sequence[ErrorRow], by: By) -> None:
    from carbonplan.report.accuracy import table_rows

    show(table(table_rows(errors, by.value)))


def _document(errors: Sequence[ErrorRow], judgement: Judgement) -> dict[str, object]:
    from dataclasses import asdict

    from carbonplan.technology.calibrate.accuracy import GOALS

    return {
        "tables": list(judgement.tables),
        "errors": [row.model_dump() for row in errors],
        "goals": [asdict(goal) for goal in GOALS],
        "left_out": judgement.left_out.to_dict("records"),
    }


def _write(judgement: Judgement, data: Path, figures: Path | None, rows: Path | None) -> None:
    from carbonplan.catalogue.writing import write_whole

    if rows is not None:
        write_whole(rows, judgement.rows.to_csv(index=False, lineterminator="\n"))
        say(f"wrote {rows}: {len(judgement.rows)} rows")
    if figures is not None:
        from carbonplan.report.accuracy import figure_files

        figures.mkdir(parents=True, exist_ok=True)
        refitted = " --cross-validate" if "crossvalidated" in judgement.lines else ""
        files = figure_files(judgement, f"carbonplan accuracy --data {data.name}{refitted}")
        for name, text in files.items():
            write_whole(figures / name, text)
        say(f"wrote {len(files)} figures to {figures}")


def _rewrite(page: Path | None, errors: Sequence[ErrorRow]) -> None:
    if page is None:
        return
    from carbonplan.report.accuracy import rewrite

    if not page.is_file():
        raise UsageError(
            f"--page {page} is no file; expected a page with the heading of errors"
        )
    rewrite(page, errors)
    say(f"wrote {page}")
