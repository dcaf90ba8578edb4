"""``pareto``: plans between which there is only a choice of impacts."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from carbonplan.cli.loading import load
from carbonplan.cli.options import (
    AllowPath,
    Gap,
    Json,
    Overrides,
    Overwrite,
    Progress,
    ProgressMode,
    Quiet,
    Scenario,
    Seed,
    Threads,
    TimeLimit,
    Variant,
    refuse_existing,
)
from carbonplan.cli.output import say, show, show_json, table
from carbonplan.cli.progress import shown
from carbonplan.errors import Interrupted, PlanDoesNotHold, UsageError

if TYPE_CHECKING:
    from carbonplan.scenario import LoadedScenario
    from carbonplan.solve.front import Front
    from carbonplan.tradeoffs import Tradeoffs

FEWEST_POINTS, MOST_POINTS = 2, 500
BALANCED_FOLDER = "balanced"


class Against(StrEnum):
    """What a front can be held against."""

    EVOLUTIONARY = "evolutionary"


def pareto(
    scenario: Scenario,
    over: Annotated[
        str,
        typer.Option(
            metavar="IMPACTS",
            help="Two or three impacts, separated by commas, e.g. carbon,cost.",
        ),
    ] = "carbon,cost,water",
    points: Annotated[
        int,
        typer.Option(min=FEWEST_POINTS, max=MOST_POINTS, help="Plans to look for."),
    ] = 15,
    balanced: Annotated[
        bool,
        typer.Option("--balanced", help="Also write the balanced plan's folder, below --out."),
    ] = False,
    against: Annotated[
        Against | None,
        typer.Option(help="Also search by NSGA-II or NSGA-III (needs pymoo), and compare."),
    ] = None,
    population: Annotated[
        int, typer.Option(min=4, max=10_000, help="Genomes of the evolutionary search.")
    ] = 24,
    generations: Annotated[
        int, typer.Option(min=1, max=100_000, help="Of the evolutionary search.")
    ] = 20,
    figure: Annotated[
        bool, typer.Option("--figure", help="Also draw the front, below --out.")
    ] = False,
    overrides: Overrides = None,
    variant: Variant = None,
    gap: Gap = None,
    time_limit: TimeLimit = None,
    threads: Threads = None,
    seed: Seed = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write points.csv and pareto.json to this folder."),
    ] = None,
    overwrite: Overwrite = False,
    allow_path: AllowPath = None,
    progress: Progress = ProgressMode.AUTO,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Find plans between which there is only a choice of impacts.

    The first impact is minimised within limits on the others; every point is a real plan, with
    the proof of how good it is. The balanced point is nearest to the best of every impact, by
    its worst one. The time limit is that of the whole front, and of each search.
    """
    from carbonplan.tradeoffs import Evolution, asked_impacts, counting, tradeoffs

    names = asked_impacts(over)
    if out is None and (figure or balanced):
        raise UsageError("--figure and --balanced need --out")
    if out is not None:
        refuse_existing(out, overwrite)
    given = tuple(overrides or ())
    loaded = load(scenario, (*given, *counting(names)), variant, allow_path)
    from carbonplan import pipeline

    options = pipeline.Options(gap=gap, time_limit_s=time_limit, threads=threads, seed=seed)
    evolution = None if against is None else Evolution(population, generations)
    with shown(progress, quiet=quiet) as on_progress:
        found = tradeoffs(
            loaded, names, points, options, evolution=evolution, on_progress=on_progress
        )
    if out is not None:
        _write(out, loaded, found, figure=figure)
    holds = not balanced or _balanced_plan(
        load(scenario, (*given, *_balancing(found.front, loaded, gap)), variant, allow_path),
        pipeline.Options(
            gap=gap,
            time_limit_s=time_limit,
            threads=threads,
            seed=seed,
            out=out / BALANCED_FOLDER,
            overwrite=overwrite,
        ),
        quiet=quiet,
    )
    _show(found, as_json=as_json, quiet=quiet)
    if out is not None and not quiet:
        say(f"front: {out}")
    raise typer.Exit(_exit_code(found.front, holds))


def _balancing(front: Front, loaded: LoadedScenario, gap: float | None) -> tuple[str, ...]:
    from carbonplan.tradeoffs import balanced_overrides

    return balanced_overrides(front, loaded.scenario.solver.gap if gap is None else gap)


def _balanced_plan(loaded: LoadedScenario, options: object, *, quiet: bool) -> bool:
    """Write the plan of the balanced point, in the ordinary way; whether it holds."""
    from carbonplan import pipeline
    from carbonplan.report import files

    result = pipeline.run(loaded, options, render=files)
    if not quiet:
        say(f"balanced plan: {result.folder}")
    return result.verification.ok


def _write(out: Path, loaded: LoadedScenario, found: Tradeoffs, *, figure: bool) -> None:
    import json

    from carbonplan.report.pareto import document, points_csv

    out.mkdir(parents=True, exist_ok=True)
    (out / "points.csv").write_text(points_csv(found.front), encoding="utf-8")
    text = json.dumps(document(found), indent=2, allow_nan=False)
    (out / "pareto.json").write_text(text + "\n", encoding="utf-8")
    if figure:
        from carbonplan.report.figures import png, svg
        from carbonplan.report.figures.pareto import pareto_figure

        drawn = pareto_figure(found.front, loaded.scenario.name, found.evolved)
        (out / "pareto.svg").write_text(svg(drawn), encoding="utf-8")
        (out / "pareto.png").write_bytes(png(drawn))


def _show(found: Tradeoffs, *, as_json: bool, quiet: bool) -> None:
    from carbonplan.report.pareto import comparison_rows, document, point_rows

    front = found.front
    if as_json:
        show_json(document(found))
        return
    show(table(point_rows(front)))
    if found.evolved is not None:
        show("\n" + table(comparison_rows(front, found.evolved)))
    if not quiet:
        say(
            f"{len(front.points)} plans in {front.seconds:.1f} s; {front.infeasible} limits "
            f"without a plan, {front.repeated} plans found again or bettered"
        )


def _exit_code(front: Front, holds: bool) -> int:
    if front.interrupted_by is not None:
        return Interrupted.exit_code
    return 0 if holds else PlanDoesNotHold.exit_code
