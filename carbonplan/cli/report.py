"""``report``: what a plan says, as text, page, paper, workbook or figures."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from carbonplan.cli.options import Json, Overwrite, PlanFolder, refuse_existing
from carbonplan.cli.output import say, show, show_json
from carbonplan.cli.plans import plan_document
from carbonplan.errors import UsageError

if TYPE_CHECKING:
    from carbonplan.plan import Plan


class Format(StrEnum):
    """What a report is written as."""

    TEXT = "text"
    HTML = "html"
    PDF = "pdf"
    MD = "md"
    XLSX = "xlsx"


RENDERERS = {
    Format.TEXT: "text",
    Format.HTML: "html",
    Format.PDF: "pdf",
    Format.MD: "markdown",
    Format.XLSX: "workbook",
}
BINARY = (Format.PDF, Format.XLSX)
FIGURE_FORMATS = "svg,png,csv"


def report(
    plan_folder: PlanFolder,
    form: Annotated[
        Format | None,
        typer.Option(
            "--format",
            help="What the report is written as.  [default: as --out ends, else text]",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write to this file, not to stdout.")
    ] = None,
    explanation: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Add this explanation, which explain --out wrote."),
    ] = None,
    figures: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Write every figure to this folder instead of the report."
        ),
    ] = None,
    figure_formats: Annotated[
        str,
        typer.Option(
            "--figure-format",
            metavar="LIST",
            help="Formats of the figures, separated by commas; csv holds the numbers drawn.",
        ),
    ] = FIGURE_FORMATS,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Print the report of a plan.

    As text, Markdown, one page that needs nothing else, PDF or a workbook, or its figures; with
    --json, its summary.
    """
    form = form or _suggested(out)
    formats = _figure_formats(figure_formats)
    if form in BINARY and out is None and figures is None and not as_json:
        raise UsageError(f"--format {form} is written to a file: say which one with --out")
    for target in (out, figures):
        if target is not None:
            refuse_existing(target, overwrite)
    from carbonplan.plan import read

    plan = _explained(read(plan_folder), explanation)
    if figures is not None:
        _write_figures(plan, figures, formats, overwrite=overwrite)
    if as_json:
        show_json(plan_document(plan_folder))
    elif out is not None:
        _write(out, _renderer(form)(plan), overwrite=overwrite)
    elif figures is None:
        show(str(_renderer(form)(plan)))


def _explained(plan: Plan, explanation: Path | None) -> Plan:
    if explanation is None:
        return plan
    from carbonplan.report.explained import with_explanation

    return with_explanation(plan, explanation)


def _suggested(out: Path | None) -> Format:
    """The format that the name of a file ends in, or text."""
    ending = "" if out is None else out.suffix.lstrip(".").lower()
    return Format(ending) if ending in list(Format) else Format.TEXT


def _figure_formats(listed: str) -> tuple[str, ...]:
    found = tuple(name.strip() for name in listed.split(",") if name.strip())
    known = FIGURE_FORMATS.split(",")
    unknown = [name for name in found if name not in known]
    if unknown or not found:
        named = f'"{unknown[0]}"' if unknown else "nothing"
        raise UsageError(f"--figure-format: {named} found, expected some of {', '.join(known)}")
    return found


def _renderer(form: Format) -> Callable[[Plan], str | bytes]:
    from carbonplan import report as reports

    return getattr(reports, RENDERERS[form])


def _write(out: Path, content: str | bytes, *, overwrite: bool) -> None:
    from carbonplan.plan.atomic import write_file

    written = content if isinstance(content, bytes) else content.encode("utf-8")
    write_file(out, written, overwrite=overwrite)
    say(f"wrote {out}")


def _write_figures(
    plan: Plan, folder: Path, formats: tuple[str, ...], *, overwrite: bool
) -> None:
    from carbonplan.plan.atomic import write_folder
    from carbonplan.report import figure_files

    write_folder(folder, figure_files(plan, formats), overwrite=overwrite)
    say(f"wrote {folder}")
