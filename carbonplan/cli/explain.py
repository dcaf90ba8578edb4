"""``explain``: why a plan is as it is, and what would change it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from carbonplan.cli.options import (
    LONGEST_TIME_LIMIT_S,
    Gap,
    Json,
    Overwrite,
    PlanFolder,
    Progress,
    ProgressMode,
    Quiet,
    Seed,
    Threads,
    refuse_existing,
)
from carbonplan.cli.output import say, show, show_json
from carbonplan.cli.progress import shown
from carbonplan.errors import StoppedAtLimit

if TYPE_CHECKING:
    from carbonplan.pipeline import Options

NAME = "explanation.json"
ALL = "prices,steps,flips"
TIME_LIMIT_S = 600.0


def explain(
    plan_folder: PlanFolder,
    why: Annotated[
        list[str] | None,
        typer.Option("--why", metavar="SKU@REGION", help="Why these servers; repeatable."),
    ] = None,
    why_not: Annotated[
        list[str] | None,
        typer.Option(
            "--why-not", metavar="SKU@REGION", help="Why no, or no more, of these; repeatable."
        ),
    ] = None,
    count: Annotated[
        int, typer.Option("--count", min=1, max=100_000, help="Servers that --why-not forces.")
    ] = 1,
    questions: Annotated[
        str | None,
        typer.Option(
            metavar="LIST",
            help="prices: what limits are worth; steps: what a step of each saves; flips: "
            "which inputs the choice hangs on.  [default: all, or none with --why, --why-not]",
        ),
    ] = None,
    time_limit: Annotated[
        float,
        typer.Option(
            "--time-limit",
            metavar="SECONDS",
            min=0.001,
            max=LONGEST_TIME_LIMIT_S,
            help="For all answers together; what is not reached is named.",
        ),
    ] = TIME_LIMIT_S,
    gap: Gap = None,
    threads: Threads = None,
    seed: Seed = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help=f"Also write {NAME}, to this file or folder."),
    ] = None,
    overwrite: Overwrite = False,
    progress: Progress = ProgressMode.AUTO,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Say why a plan is as it is.

    What its limits are worth and what a step of each saves, why servers are in it and others
    are not, and by how much inputs must change before other servers are bought. Every answer is
    solved for; what is not proven comes as a range.
    """
    from carbonplan import pipeline
    from carbonplan.explain import Asked, asked_place, asked_questions, document
    from carbonplan.explain import explain as explained
    from carbonplan.plan import read

    named = questions or ("" if why or why_not else ALL)
    asked = Asked(
        questions=asked_questions(named) if named else (),
        why=tuple(asked_place(one, "--why") for one in why or ()),
        why_not=tuple(asked_place(one, "--why-not") for one in why_not or ()),
        count=count,
        time_limit_s=time_limit,
    )
    file = None if out is None else out / NAME if out.is_dir() else out
    if file is not None:
        refuse_existing(file, overwrite)
    plan = read(plan_folder)
    options = _options(plan_folder, gap, threads, seed)
    with shown(progress, quiet=quiet):
        found = explained(plan, pipeline.reload(plan_folder), asked, options=options)
    answer = document(found)
    if file is not None:
        _write(file, answer, overwrite=overwrite)
    _show(answer, as_json=as_json)
    if file is not None and not quiet:
        say(f"explanation: {file}")
    raise typer.Exit(StoppedAtLimit.exit_code if answer["not_reached"] else 0)


def _options(
    plan_folder: Path, gap: float | None, threads: int | None, seed: int | None
) -> Options:
    """How the plan was solved for, where nothing else is asked."""
    from carbonplan.pipeline import Options
    from carbonplan.plan.manifest import part

    made = part(plan_folder, "options")
    given = {"gap": gap, "threads": threads, "seed": seed}
    return Options(**{n: made.get(n) if value is None else value for n, value in given.items()})


def _write(file: Path, answer: dict[str, object], *, overwrite: bool) -> None:
    from carbonplan.plan.atomic import write_file

    content = json.dumps(answer, indent=2, allow_nan=False) + "\n"
    write_file(file, content.encode("utf-8"), overwrite=overwrite)


def _show(answer: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        show_json(answer)
        return
    from carbonplan.report.explanation import text

    show(text(answer).rstrip())
