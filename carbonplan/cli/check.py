"""``check``: whether a plan is dearer than its baseline allows."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from carbonplan.cli.loading import load
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
    Variant,
)
from carbonplan.cli.output import say, show, show_json
from carbonplan.cli.progress import shown
from carbonplan.errors import (
    CarbonplanError,
    Interrupted,
    InvalidInput,
    NoPlanExists,
    UsageError,
)

if TYPE_CHECKING:
    from carbonplan.gate.outcome import Outcome
    from carbonplan.gate.thresholds import Threshold
    from carbonplan.pipeline import Options
    from carbonplan.scenario import LoadedScenario
    from carbonplan.steps import Report

BASELINE = Path("carbonplan-baseline.json")


@dataclass(frozen=True)
class Files:
    """Files that a check writes for others to show; None are not written."""

    markdown: Path | None
    junit: Path | None
    sarif: Path | None


def check(
    scenario: Annotated[
        str | None,
        typer.Argument(
            metavar="SCENARIO", help="A scenario file, or the name of a shipped one."
        ),
    ] = None,
    baseline: Annotated[
        Path, typer.Option(metavar="FILE", help="File of accepted plans.")
    ] = BASELINE,
    max_increase: Annotated[
        list[str] | None,
        typer.Option(
            "--max-increase",
            metavar="LIST",
            help="How far impacts may rise, e.g. carbon=2%,cost=500/month; goes before what "
            "the baseline file says.",
        ),
    ] = None,
    plan: Annotated[
        Path | None,
        typer.Option("--plan", metavar="FOLDER", help="Judge this plan; find none."),
    ] = None,
    update: Annotated[
        bool, typer.Option("--update", help="Accept: write the plan into the baseline file.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Fail also where it is undecided.")
    ] = False,
    markdown: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a comment for a pull request.")
    ] = None,
    junit: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a JUnit report.")
    ] = None,
    sarif: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write problems of the scenario as SARIF."),
    ] = None,
    overrides: Overrides = None,
    variant: Variant = None,
    gap: Gap = None,
    time_limit: TimeLimit = None,
    threads: Threads = None,
    seed: Seed = None,
    allow_path: AllowPath = None,
    progress: Progress = ProgressMode.AUTO,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Stop a change that makes a plan dearer than its baseline allows.

    Decided on what is proven: exit 10 where every plan is dearer than allowed, never for what
    lies within the gap. Without --gap, what the first solve leaves undecided is solved once
    more with the gap that decides.
    """
    if (scenario is None) == (plan is None):
        raise UsageError("give a SCENARIO, or --plan FOLDER")
    if plan is not None and (overrides or variant or allow_path):
        raise UsageError("--set, --variant and --allow-path need a SCENARIO")
    from carbonplan.gate.thresholds import thresholds
    from carbonplan.pipeline import Options

    given = thresholds(max_increase or ())
    files = Files(markdown, junit, sarif)
    options = Options(gap=gap, time_limit_s=time_limit, threads=threads, seed=seed)
    about = _about(scenario, plan, variant)
    with _failures_written(files, scenario, about), shown(progress, quiet=quiet) as on_progress:
        outcome = _outcome(
            lambda: load(scenario, overrides, variant, allow_path),
            plan,
            baseline,
            given,
            options,
            update=update,
            strict=strict,
            on_progress=on_progress,
        )
    origin = [scenario] if plan is None else ["--plan", str(plan)]
    accept = _accepting(origin, baseline, overrides, variant, max_increase)
    _write(files, outcome, about, accept)
    _show(outcome, baseline, accept, as_json=as_json, quiet=quiet)
    raise typer.Exit(outcome.exit_code)


def _outcome(
    loading: Callable[[], LoadedScenario],
    folder: Path | None,
    path: Path,
    given: dict[str, Threshold],
    options: Options,
    *,
    update: bool,
    strict: bool,
    on_progress: Report | None,
) -> Outcome:
    """Plan, or read the plan, and hold it against the baseline."""
    from carbonplan.gate.baseline import key_of
    from carbonplan.gate.outcome import checked, standard, updated
    from carbonplan.gate.planning import of_folder, planned

    found = None if folder is None else of_folder(folder, options)
    loaded = loading() if found is None else found.prepared.loaded
    key = key_of(loaded.scenario.name, loaded.variant)
    held = standard(path, key, given, update=update)
    if found is None:
        found = planned(loaded, options, on_progress)
    if update:
        return updated(found, held, on_progress)
    refine = options.gap is None
    return checked(found, held, strict=strict, refine=refine, on_progress=on_progress)


def _about(scenario: str | None, plan: Path | None, variant: str | None) -> str:
    """What is checked, as the command names it."""
    named = str(plan) if scenario is None else scenario
    return named if variant is None else f"{named}@{variant}"


def _accepting(
    origin: Sequence[str],
    baseline: Path,
    overrides: Sequence[str] | None,
    variant: str | None,
    max_increase: Sequence[str] | None,
) -> str:
    """The command that takes the plan as the new baseline."""
    words = ["carbonplan", "check", *origin, "--baseline", str(baseline)]
    words += [] if variant is None else ["--variant", variant]
    words += [word for one in overrides or () for word in ("--set", one)]
    words += [word for one in max_increase or () for word in ("--max-increase", one)]
    return shlex.join([*words, "--update"])


@contextmanager
def _failures_written(files: Files, scenario: str | None, about: str) -> Iterator[None]:
    """A check that comes to no plan says so in its files too."""
    try:
        yield
    except (UsageError, Interrupted):
        raise
    except CarbonplanError as error:
        _write_failure(files, error, scenario, about)
        raise


def _write_failure(
    files: Files, error: CarbonplanError, scenario: str | None, about: str
) -> None:
    from carbonplan.plan.atomic import write_file
    from carbonplan.report.gate import error_comment
    from carbonplan.report.junit import junit_error

    subject = getattr(error, "subject", "carbonplan check")
    problems = getattr(error, "problems", getattr(error, "reasons", (str(error),)))
    kind = {InvalidInput: "invalid input", NoPlanExists: "no plan exists"}
    words = kind.get(type(error), "no plan was found")
    if files.markdown is not None:
        text = error_comment(about, subject, tuple(problems), words)
        write_file(files.markdown, text.encode("utf-8"), overwrite=True)
    if files.junit is not None:
        content = junit_error(subject, words, str(error))
        write_file(files.junit, content, overwrite=True)
    if isinstance(error, NoPlanExists):
        _write_sarif(files.sarif, "no-plan", scenario or subject, tuple(problems))
    elif isinstance(error, InvalidInput):
        _write_sarif(files.sarif, "invalid-input", subject, tuple(problems))


def _write_sarif(path: Path | None, rule: str, subject: str, problems: tuple[str, ...]) -> None:
    from importlib.metadata import version

    from carbonplan.plan.atomic import write_file
    from carbonplan.report.sarif import sarif

    if path is None:
        return
    content = sarif(rule, subject, problems, version=version("carbonplan"))
    write_file(path, content, overwrite=True)


def _write(files: Files, outcome: Outcome, about: str, accept: str) -> None:
    from carbonplan.plan.atomic import write_file
    from carbonplan.report.gate import comment
    from carbonplan.report.junit import junit

    if files.markdown is not None:
        text = comment(outcome, about, accept)
        write_file(files.markdown, text.encode("utf-8"), overwrite=True)
    if files.junit is not None:
        write_file(files.junit, junit(outcome), overwrite=True)
    _write_sarif(files.sarif, "", "", ())


def _show(outcome: Outcome, baseline: Path, accept: str, *, as_json: bool, quiet: bool) -> None:
    from carbonplan.report.gate import document, gate_sections
    from carbonplan.report.text import section_text

    if as_json:
        show_json(document(outcome))
    else:
        show("\n".join(map(section_text, gate_sections(outcome))).rstrip())
    if quiet:
        return
    if outcome.updated:
        say(f"baseline: {baseline}")
    elif outcome.fails:
        say(f"to accept it: {accept}")
