"""``compare``: variants of a scenario side by side."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from carbonplan.cli.loading import find
from carbonplan.cli.options import (
    AllowPath,
    Gap,
    Json,
    Overrides,
    Progress,
    ProgressMode,
    Quiet,
    Seed,
    Threads,
    TimeLimit,
)
from carbonplan.cli.output import say, show, show_json
from carbonplan.errors import Interrupted

if TYPE_CHECKING:
    from carbonplan.compare.records import Comparison

COMPARISONS = Path("comparisons")
WORKER = ("-m", "carbonplan.cli.case_worker")
MOST_JOBS = 256


def compare(
    scenarios: Annotated[
        list[str],
        typer.Argument(metavar="SCENARIO...", help="Scenario files, or names of shipped ones."),
    ],
    variants: Annotated[
        str,
        typer.Option(
            metavar="LIST|all",
            help="Named variants, separated by commas; base is the scenario as it stands.",
        ),
    ] = "",
    over: Annotated[
        list[str] | None,
        typer.Option(
            "--over",
            metavar="PATH=V1|V2",
            help="Values of a path, or an axis of the scenario's compare; repeatable: every "
            "combination is a case.",
        ),
    ] = None,
    overrides: Overrides = None,
    impacts: Annotated[
        str, typer.Option(metavar="LIST", help="Impacts over which a case may be dominated.")
    ] = "carbon,cost",
    given: Annotated[
        str | None,
        typer.Option(
            metavar="AXES",
            help="Axes that are circumstances: cases are judged among those that share them.  "
            "[default: axes of numbers, beside others]",
        ),
    ] = None,
    reference: Annotated[
        str | None,
        typer.Option(metavar="CASE", help="What differences are to.  [default: the first]"),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, max=MOST_JOBS, help="Cases at the same time.  [default: cores]"),
    ] = None,
    gap: Gap = None,
    time_limit: TimeLimit = None,
    threads: Threads = None,
    seed: Seed = None,
    case_limit: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS", min=1.0, help="End a case then that does not end by itself."
        ),
    ] = None,
    rerun_failed: Annotated[
        bool, typer.Option("--rerun-failed", help="Try cases again that had no plan.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder of the comparison; what is finished there is kept.  "
            "[default: comparisons/<scenario>]",
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Plan again what is finished there.")
    ] = False,
    allow_path: AllowPath = None,
    progress: Progress = ProgressMode.AUTO,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Plan variants of a scenario side by side.

    Each case is an ordinary plan in a folder of its own; what is finished is kept when the
    command is run again. The exit code is the worst of the cases'.
    """
    from carbonplan.cli.case_progress import watching
    from carbonplan.compare.asked import Asked, asked_impacts, matrix
    from carbonplan.compare.judgement import judged, refuse_unknown_reference
    from carbonplan.compare.lock import refuse_other
    from carbonplan.compare.sweep import Ways, sweep
    from carbonplan.compare.tasks import CaseOptions

    chosen = asked_impacts(impacts)
    paths = tuple(find(scenario) for scenario in scenarios)
    folder = out or COMPARISONS / "-".join(path.stem for path in paths)[:80]
    refuse_other(folder)
    allowed = tuple(allow_path or ())
    varied = (variants, tuple(over or ()), given, tuple(overrides or ()))
    asked = matrix(Asked(paths, *varied, allowed))
    refuse_unknown_reference(reference, [case.name for case in asked.cases])
    options = CaseOptions(gap, time_limit, threads, seed, tuple(map(str, allowed)))
    ways = Ways(WORKER, jobs or cores(), case_limit, overwrite, rerun_failed)
    with watching(progress, quiet=quiet) as observer:
        swept = sweep(asked.cases, folder, options, ways, observer)
    comparison = judged(
        swept.results, asked.axes, chosen, given=asked.given, reference=reference
    )
    _write(folder, comparison, asked.title)
    _show(folder, comparison, as_json=as_json, quiet=quiet)
    raise typer.Exit(Interrupted.exit_code if swept.is_interrupted else comparison.exit_code)


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _write(folder: Path, comparison: Comparison, title: str) -> None:
    """The tables, the page and the folder of figures beside the cases, each whole."""
    from carbonplan.plan.atomic import write_file, write_folder
    from carbonplan.report.comparison import FIGURES, drawings, figure_files, files

    drawn = drawings(comparison, title)
    write_folder(folder / FIGURES, figure_files(drawn), overwrite=True)
    for path, content in files(comparison, title, drawn).items():
        write_file(folder / path, content, overwrite=True)


def _show(folder: Path, comparison: Comparison, *, as_json: bool, quiet: bool) -> None:
    from carbonplan.report.comparison import document, text

    if as_json:
        show_json({"folder": str(folder), **document(comparison)})
    else:
        show(text(comparison))
    if not quiet:
        say(f"comparison: {folder}/comparison.html")
