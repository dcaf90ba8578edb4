"""``alternatives``: plans nearly as good as the best, and what all of them have."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
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
    from collections.abc import Sequence

    from carbonplan.alternatives import Alternative, Alternatives
    from carbonplan.pipeline import Options, Prepared
    from carbonplan.scenario import LoadedScenario

MOST_PLANS = 50


def alternatives(
    what: Annotated[
        str,
        typer.Argument(
            metavar="SCENARIO|PLAN_FOLDER",
            help="A scenario file, the name of a shipped one, or a folder that `solve` wrote.",
        ),
    ],
    slack: Annotated[
        str,
        typer.Option(
            metavar="SHARE", help="How much worse a plan may be by the objective: 2% or 0.02."
        ),
    ] = "2%",
    count: Annotated[
        int, typer.Option(min=1, max=MOST_PLANS, help="The most plans to show.")
    ] = 6,
    overrides: Overrides = None,
    variant: Variant = None,
    gap: Gap = None,
    time_limit: TimeLimit = None,
    threads: Threads = None,
    seed: Seed = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Write each plan to a folder below this one, alternatives.json, ranges.csv "
            "and the figure.",
        ),
    ] = None,
    overwrite: Overwrite = False,
    allow_path: AllowPath = None,
    progress: Progress = ProgressMode.AUTO,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Find plans nearly as good as the best, in different directions.

    Servers of a SKU or region are must-have if all plans within the slack have some, never if
    none has, may-have if there are plans of both kinds; each is proved or said to be open. The
    time limit is that of the best plan, and again that of all questions together.
    """
    share = _share(slack)
    if out is not None:
        refuse_existing(out, overwrite)
    given = tuple(overrides or ())
    loaded, solver = _loaded(what, given, variant, allow_path)
    from carbonplan import alternatives as near
    from carbonplan import pipeline

    asked = {"gap": gap, "time_limit_s": time_limit, "threads": threads, "seed": seed}
    solver.update({name: value for name, value in asked.items() if value is not None})
    options = pipeline.Options(**solver)
    with shown(progress, quiet=quiet) as on_progress:
        prepared, found, whole = near.alternatives(
            loaded,
            options,
            slack=share,
            count=count,
            on_progress=on_progress,
            say=logging.getLogger("carbonplan.alternatives").info,  # as progress is shown
        )
    if out is not None:
        _write(out, prepared, options, found, whole, overwrite=overwrite)
    _show(found, loaded.scenario.name, whole, as_json=as_json)
    if out is not None and not quiet:
        say(f"plans: {out}")
    raise typer.Exit(_exit_code(found, whole))


def _loaded(
    what: str,
    overrides: tuple[str, ...],
    variant: str | None,
    allow_path: list[Path] | None,
) -> tuple[LoadedScenario, dict[str, object]]:
    """A scenario, and how hard a plan of it was searched for, where a plan is named."""
    from carbonplan.plan import manifest

    if not (Path(what) / manifest.NAME).is_file():
        return load(what, overrides, variant, allow_path), {}
    if overrides or variant or allow_path:
        raise UsageError("a plan folder says its overrides, variant and folders itself")
    from carbonplan import pipeline
    from carbonplan.plan import read

    read(Path(what))  # a folder that was edited is refused
    options = manifest.part(Path(what), "options")
    names = ("gap", "time_limit_s", "threads", "seed")
    return pipeline.reload(Path(what)), {name: options.get(name) for name in names}


def _share(text: str) -> float:
    """A slack like 2% or 0.02 as a share."""
    stripped = text.strip()
    try:
        share = float(stripped.removesuffix("%")) / (100 if stripped.endswith("%") else 1)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise UsageError(f'--slack: found "{text}"; expected a share from 0 to 1, like 2%')
    return share


def _write(
    out: Path,
    prepared: Prepared,
    options: Options,
    found: Alternatives,
    whole: Sequence[Alternative],
    *,
    overwrite: bool,
) -> None:
    """Each plan in a folder of its own, then what is known of all."""
    from carbonplan.pipeline import write_out
    from carbonplan.plan.atomic import write_file
    from carbonplan.report.alternatives import document, ranges_csv
    from carbonplan.report.figures import png, svg
    from carbonplan.report.figures.alternatives import alternatives_figure

    for number, one in enumerate(whole, start=1):
        place = replace(options, out=out / f"plan-{number}", overwrite=overwrite)
        write_out(prepared.loaded, prepared.inputs, one.plan, place, None)
    _remove_plans_after(out, len(whole))
    name = prepared.inputs.scenario.name
    drawn = alternatives_figure(found, name)
    text = json.dumps(document(found, name, whole), indent=2, allow_nan=False) + "\n"
    files = {
        "alternatives.json": text.encode("utf-8"),
        "ranges.csv": ranges_csv(found).encode("utf-8"),
        "alternatives.svg": svg(drawn).encode("utf-8"),
        "alternatives.png": png(drawn),
    }
    for file, content in files.items():
        write_file(out / file, content, overwrite=overwrite)


def _remove_plans_after(out: Path, last: int) -> None:
    """Plan folders of an earlier run that found more plans."""
    import shutil
    from itertools import count

    from carbonplan.plan import manifest

    for number in count(last + 1):
        folder = out / f"plan-{number}"
        if not (folder / manifest.NAME).is_file():
            return
        shutil.rmtree(folder)


def _show(
    found: Alternatives, name: str, whole: Sequence[Alternative], *, as_json: bool
) -> None:
    from carbonplan.report.alternatives import (
        document,
        extreme_rows,
        fleet_rows,
        headline,
        plan_rows,
        range_rows,
    )

    if as_json:
        show_json(document(found, name, whole))
        return
    show(headline(found, whole[0].plan))
    show("\n" + table(range_rows(found)))
    if found.extremes:
        show("\nleast of other impacts within the slack\n" + table(extreme_rows(found)))
    show("\nplans\n" + table(plan_rows(found, whole)))
    if len(found.plans) > 1:
        show("\n" + table(fleet_rows(found)))


def _exit_code(found: Alternatives, whole: Sequence[Alternative]) -> int:
    if found.interrupted_by is not None:
        return Interrupted.exit_code
    return 0 if all(one.verification.ok for one in whole) else PlanDoesNotHold.exit_code
