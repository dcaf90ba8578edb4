"""``diff``: what differs between two plans or scenarios."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from carbonplan.cli.loading import load, shipped_scenarios
from carbonplan.cli.options import (
    AllowPath,
    Gap,
    Json,
    Progress,
    ProgressMode,
    Quiet,
    Seed,
    Threads,
    TimeLimit,
)
from carbonplan.cli.output import show, show_json
from carbonplan.cli.progress import shown
from carbonplan.errors import PlanDoesNotHold, ThresholdCrossed, UsageError

if TYPE_CHECKING:
    from carbonplan.difference.records import Difference, Side
    from carbonplan.gate.thresholds import Threshold
    from carbonplan.pipeline import Options
    from carbonplan.steps import Report

VARIANT_SIGN = "@"
Which = Annotated[
    str,
    typer.Argument(
        help="A plan's folder, a scenario file, or a shipped scenario; SCENARIO@VARIANT for "
        "a variant."
    ),
]


def diff(
    a: Which,
    b: Which,
    solve: Annotated[
        bool, typer.Option("--solve", help="Plan scenarios too, to compare what comes of them.")
    ] = False,
    fail_on_change: Annotated[
        bool, typer.Option("--fail-on-change", help="Exit 10 where anything differs.")
    ] = False,
    max_increase: Annotated[
        list[str] | None,
        typer.Option(
            "--max-increase",
            metavar="LIST",
            help="Exit 10 where it is proven that impacts rise by more, e.g. carbon=2%.",
        ),
    ] = None,
    markdown: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the differences as Markdown.")
    ] = None,
    gap: Gap = None,
    time_limit: TimeLimit = None,
    threads: Threads = None,
    seed: Seed = None,
    allow_path: AllowPath = None,
    progress: Progress = ProgressMode.AUTO,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Say what differs between two plans or scenarios.

    First the inputs that changed, then, where both are planned, impacts with what is proven of
    them, fleet and schedule.
    """
    from carbonplan.difference.whole import difference
    from carbonplan.gate.thresholds import thresholds
    from carbonplan.pipeline import Options

    given = thresholds(max_increase or ())
    options = Options(gap=gap, time_limit_s=time_limit, threads=threads, seed=seed)
    with shown(progress, quiet=quiet) as on_progress:
        sides = [_side(which, solve, options, allow_path, on_progress) for which in (a, b)]
    found = difference(*sides)
    crossed = _crossed(found, given)
    _show(found, markdown, as_json=as_json)
    changed = fail_on_change and found.any
    raise typer.Exit(ThresholdCrossed.exit_code if crossed or changed else 0)


def _side(
    which: str,
    solve: bool,
    options: Options,
    allow_path: list[Path] | None,
    on_progress: Report | None,
) -> Side:
    """A plan's folder, or a scenario, planned if that is asked for."""
    from carbonplan.difference.sides import side_of_folder, side_of_result, side_of_scenario

    if _is_folder(Path(which)):
        return side_of_folder(Path(which))
    scenario, variant = _parted(which)
    loaded = load(scenario, None, variant, allow_path)
    if not solve:
        return side_of_scenario(loaded, which)
    from carbonplan import pipeline

    result = pipeline.run(loaded, options, on_progress=on_progress)
    if not result.verification.ok:
        raise PlanDoesNotHold(f"{which}: its plan does not hold when it is recomputed")
    return side_of_result(loaded, result.plan, which)


def _is_folder(path: Path) -> bool:
    """Whether a plan's folder is meant: a folder that is not just called like a scenario."""
    from carbonplan.plan import manifest

    is_plan = (path / manifest.NAME).is_file()
    return is_plan or (path.is_dir() and str(path) not in shipped_scenarios())


def _parted(which: str) -> tuple[str, str | None]:
    """Scenario and variant; a file whose name holds the sign is meant as it is."""
    scenario, sign, variant = which.rpartition(VARIANT_SIGN)
    if not (sign and scenario and variant) or Path(which).exists():
        return which, None
    return scenario, variant


def _crossed(found: Difference, given: Mapping[str, Threshold]) -> bool:
    """Whether it is proven of any impact that it rose by more than allowed."""
    if not given:
        return False
    if found.old.plan is None or found.new.plan is None:
        raise UsageError("--max-increase needs two plans; --solve makes them of scenarios")
    from carbonplan.gate.plans import dearer

    return bool(dearer(found, given))


def _show(found: Difference, markdown: Path | None, *, as_json: bool) -> None:
    from carbonplan.plan.atomic import write_file
    from carbonplan.report.difference import difference_sections, document
    from carbonplan.report.markdown import sections_markdown
    from carbonplan.report.text import section_text

    sections = difference_sections(found)
    if markdown is not None:
        write_file(markdown, sections_markdown(sections).encode("utf-8"), overwrite=True)
    if as_json:
        show_json(document(found))
    else:
        show("\n".join(map(section_text, sections)).rstrip())
