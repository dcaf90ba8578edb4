"""``solve`` and ``verify``: from a scenario to a plan, and back from a plan to its inputs."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from carbonplan.cli.certify import (
    ROUNDS,
    Certify,
    CertifyFitLengths,
    CertifyRounds,
    CertifyShare,
    CertifyTrace,
    exit_code_of,
    planned,
    search_of,
    traces_of,
)
from carbonplan.cli.loading import load
from carbonplan.cli.options import (
    AllowPath,
    Gap,
    Json,
    Objective,
    Optimistic,
    Overrides,
    Overwrite,
    Pessimistic,
    PlanFolder,
    Progress,
    ProgressMode,
    Quiet,
    Scenario,
    Seed,
    Threads,
    TimeLimit,
    Variant,
    refuse_existing,
    stance,
)
from carbonplan.cli.output import say, show, show_json
from carbonplan.cli.progress import shown
from carbonplan.errors import (
    CarbonplanError,
    Interrupted,
    NoPlanExists,
    PlanDoesNotHold,
    StoppedAtLimit,
    Terminated,
    UsageError,
)

if TYPE_CHECKING:
    from carbonplan.pipeline import Result
    from carbonplan.verify import Verification

PLANS = Path("plans")
DONE = 0
EXIT_CODE = {  # of a plan by the status of its solve
    "optimal": DONE,
    "feasible": StoppedAtLimit.exit_code,
    "interrupted": Interrupted.exit_code,
}


def solve(
    scenario: Scenario,
    overrides: Overrides = None,
    variant: Variant = None,
    objective: Objective = None,
    pessimistic: Pessimistic = False,
    optimistic: Optimistic = False,
    baselines: Annotated[
        str,
        typer.Option(
            metavar="LIST|all", help="Also solve these baselines, separated by commas, or all."
        ),
    ] = "",
    myopic: Annotated[
        bool,
        typer.Option("--myopic", help="Plan each stage as if it were the last."),
    ] = False,
    ablation: Annotated[
        bool,
        typer.Option("--ablation", help="Also plan without each lever, to say what it saves."),
    ] = False,
    certify: Certify = False,
    trace: CertifyTrace = None,
    share: CertifyShare = None,
    fit_lengths: CertifyFitLengths = False,
    certify_rounds: CertifyRounds = ROUNDS,
    gap: Gap = None,
    time_limit: TimeLimit = None,
    threads: Threads = None,
    seed: Seed = None,
    allow_range: Annotated[
        bool, typer.Option("--allow-range", help="Solve even if figures span too many decades.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder of the plan.  [default: plans/<scenario>]"),
    ] = None,
    overwrite: Overwrite = False,
    allow_path: AllowPath = None,
    progress: Progress = ProgressMode.AUTO,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Find the plan and write it.

    The plan comes with the proof of how good it is, is checked by other code than made it,
    and lies in a folder with its report.

    With --certify it is replayed on a trace, and planned again with more head-room where it
    misses what it promises. Exit code 11 where it then still does; the plan is written anyway.
    """
    others = {"--baselines": bool(baselines), "--ablation": ablation, "--myopic": myopic}
    needing = {"--share": share is not None, "--fit-lengths": fit_lengths}
    traces = traces_of(certify, trace, needing, others)
    asked = stance(pessimistic=pessimistic, optimistic=optimistic)
    loaded = load(scenario, overrides, variant, allow_path, objective, asked)
    folder = out or _default_folder(loaded.scenario.name, variant, asked)
    refuse_existing(folder, overwrite)
    from carbonplan import pipeline
    from carbonplan.report import files

    options = pipeline.Options(
        gap=gap,
        time_limit_s=time_limit,
        threads=threads,
        seed=seed,
        out=folder,
        overwrite=overwrite,
        baselines=_names(baselines),
        ablation=ablation,
        allow_range=allow_range,
        myopic=myopic,
    )
    try:
        with shown(progress, quiet=quiet) as on_progress:
            if traces:
                search = search_of(
                    options,
                    traces,
                    loaded,
                    certify_rounds,
                    share=share,
                    fits_lengths=fit_lengths,
                    on_progress=on_progress,
                    quiet=quiet,
                )
                result, certification = planned(loaded, search, options, files)
            else:
                result = pipeline.run(loaded, options, on_progress=on_progress, render=files)
    except NoPlanExists as error:
        _write_diagnosis(folder, error, quiet=quiet)
        raise
    _show_result(result, as_json=as_json, quiet=quiet)
    code = _exit_code(result)
    raise typer.Exit(exit_code_of(certification, code) if traces else code)


def verify(
    plan_folder: PlanFolder,
    scenario: Annotated[
        str | None,
        typer.Option(
            metavar="SCENARIO", help="Hold the plan against this, not what it was made from."
        ),
    ] = None,
    overrides: Overrides = None,
    variant: Variant = None,
    allow_path: AllowPath = None,
    as_json: Json = False,
) -> None:
    """Recompute a plan from its inputs.

    Service, limits and every impact, by code that shares nothing with what made the plan.
    """
    if scenario is None and (overrides or variant or allow_path):
        raise UsageError("--set, --variant and --allow-path need --scenario")
    from carbonplan import pipeline
    from carbonplan.catalogue.gather import gather
    from carbonplan.plan import read
    from carbonplan.verify import verify as verified

    plan = read(plan_folder)
    loaded = (
        pipeline.reload(plan_folder)
        if scenario is None
        else load(scenario, overrides, variant, allow_path)
    )
    inputs = gather(loaded)
    for changed in pipeline.changed_inputs(plan_folder, inputs) if scenario is None else ():
        say(f"note: {changed} has changed since the plan was made")
    verification = verified(inputs, plan)
    _show_verification(verification, as_json=as_json)
    raise typer.Exit(DONE if verification.ok else PlanDoesNotHold.exit_code)


def _write_diagnosis(folder: Path, error: NoPlanExists, *, quiet: bool) -> None:
    """Why there is no plan, as a file beside where the plan would be; the last one replaced."""
    if error.diagnosis is None:
        return
    from carbonplan.plan.atomic import write_file

    path = folder.with_name(f"{folder.name}.infeasible.json")
    text = json.dumps(error.diagnosis, indent=2, ensure_ascii=False, allow_nan=False)
    try:
        write_file(path, f"{text}\n".encode(), overwrite=True)
    except CarbonplanError as failure:  # the words are told in any case
        say(f"note: {failure}")
    else:
        if not quiet:
            say(f"diagnosis: {path}")


def _show_verification(verification: Verification, *, as_json: bool) -> None:
    violations = verification.violations
    if as_json:
        show_json(
            {
                "holds": verification.ok,
                "violations": list(violations),
                "checks": dict(verification.checks),
                "impacts": {n: asdict(total) for n, total in verification.impacts.items()},
            }
        )
    elif violations:
        show("the plan does not hold:" + "".join(f"\n  - {line}" for line in violations))
    else:
        statements, places = len(verification.checks), sum(verification.checks.values())
        show(f"the plan holds: {statements} statements at {places} places, no violation")


def _show_result(result: Result, *, as_json: bool, quiet: bool) -> None:
    from carbonplan import report as reports

    if as_json:
        show_json({"folder": str(result.folder), **plan_document(result.folder)})
    else:
        show(reports.text(result.plan))
    if not quiet:
        say(f"plan: {result.folder}")


def _exit_code(result: Result) -> int:
    if not result.verification.ok:
        return PlanDoesNotHold.exit_code
    status, solver = result.plan.summary["status"], result.plan.summary["solver"]
    if solver.get("interrupted_by") in ("SIGTERM", "SIGHUP"):
        return Terminated.exit_code
    return EXIT_CODE[status]


def plan_document(folder: Path) -> dict[str, object]:
    """What plan.json holds."""
    return json.loads((folder / "plan.json").read_text(encoding="utf-8"))


def _default_folder(scenario_name: str, *asked: str | None) -> Path:
    """One folder for each variant and stance of a scenario."""
    name = "-".join([scenario_name, *(word for word in asked if word is not None)])
    return PLANS / name.replace("/", "-")


def _names(baselines: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in baselines.split(",") if name.strip())
