"""``replay``: a plan's requests one by one, and whether it keeps what it promises."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from carbonplan.cli.options import Json, Overwrite, PlanFolder, Quiet, refuse_existing
from carbonplan.cli.output import say, show, show_json, table
from carbonplan.cli.replay_options import (
    Lengths,
    Order,
    Routing,
    files_of,
    policies_of,
    share_of,
    slots_of,
)
from carbonplan.errors import PlanDoesNotHold

if TYPE_CHECKING:
    from carbonplan.plan import Plan
    from carbonplan.replay.records import Options, Policy
    from carbonplan.report.replay import Judged

MOST_JOBS = 256
LARGEST_SEED = 2**31 - 1


def replay(
    plan_folder: PlanFolder,
    trace: Annotated[
        list[str],
        typer.Option(
            "--trace",
            metavar="[WORKLOAD=]FILE",
            help="Log of requests: time, input and output tokens, perhaps workload; gzip too. "
            "Repeatable: of one workload, or of all that have none of their own.",
        ),
    ],
    order: Annotated[
        Order, typer.Option("--order", help="In which waiting requests are taken.")
    ] = Order.FCFS,
    preempt: Annotated[
        bool,
        typer.Option("--preempt", help="Who comes first may take the place of who runs."),
    ] = False,
    clock: Annotated[
        str,
        typer.Option(
            metavar="planned|miad", help="Of replicas; with --compare several, by commas."
        ),
    ] = "planned",
    routing: Annotated[
        Routing,
        typer.Option(
            help="planned: by the plan's shares, in turn; shortest: the same, to the shortest "
            "queue; anywhere: to the shortest of all; length: each class its own replicas."
        ),
    ] = Routing.PLANNED,
    chunk_tokens: Annotated[
        int,
        typer.Option(min=0, help="Most tokens of a step; 0: prompts are computed whole."),
    ] = 0,
    lengths: Annotated[
        Lengths, typer.Option(help="What schedulers know of the length of answers.")
    ] = Lengths.KNOWN,
    length_error: Annotated[
        float,
        typer.Option(min=0.0, max=5.0, help="Of predicted lengths, in natural logarithms."),
    ] = 0.5,
    patience: Annotated[
        float,
        typer.Option(min=0.01, help="Deadlines of EDF and LLF, over the time when alone."),
    ] = 1.4,
    raise_by: Annotated[
        float, typer.Option(min=1.0, max=10.0, help="miad: factor on the clock at risk.")
    ] = 1.2,
    lower_by: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="miad: step down, over the boost clock.")
    ] = 0.02,
    control_seconds: Annotated[
        float, typer.Option(min=0.001, help="miad: seconds between changes.")
    ] = 1.0,
    risk_share: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="miad: share of a limit that is a risk.")
    ] = 0.8,
    share: Annotated[
        str,
        typer.Option(
            metavar="SHARE|auto",
            help="Of replicas that are replayed, at least one of each kind; auto: as many as "
            "--budget allows.",
        ),
    ] = "auto",
    budget: Annotated[
        int, typer.Option(min=1000, help="Requests that are replayed with --share auto.")
    ] = 2_000_000,
    window: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", min=1.0, help="Of each slot; absent: all of it."),
    ] = None,
    slots: Annotated[
        str,
        typer.Option(
            metavar="A..B|worst|all",
            help="Slots that are replayed; worst: the busiest of each region.",
        ),
    ] = "all",
    fit_lengths: Annotated[
        bool,
        typer.Option("--fit-lengths", help="Scale lengths to what the plan expects."),
    ] = False,
    seed: Annotated[int, typer.Option(min=0, max=LARGEST_SEED, help="Of the requests.")] = 0,
    jobs: Annotated[
        int, typer.Option(min=1, max=MOST_JOBS, help="Processes; regions run side by side.")
    ] = 1,
    compare: Annotated[
        str | None,
        typer.Option(
            metavar="ORDERS", help="Compare orders, e.g. fcfs,edf,srtf,llf, and --clock."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write replay.json, tables and figures there."),
    ] = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Replay a plan request by request, and judge whether it keeps its promises.

    Requests of a trace, as often as the plan expects them, through every replica of the plan.
    Exit code 11 where a limit is missed at its workload's percentile. With --compare nothing
    is judged: the policies stand side by side, on the same requests.
    """
    from carbonplan.replay.records import Options
    from carbonplan.replay.traffic import Expectation

    if out is not None:
        refuse_existing(out, overwrite)
    policies = policies_of(
        [str(order)] if compare is None else compare.split(","),
        clock.split(","),
        compares=compare is not None,
        preempts=preempt,
        routing=str(routing),
        chunk_tokens=chunk_tokens,
        raise_by=raise_by,
        lower_by=lower_by,
        control_s=control_seconds,
        risk_share=risk_share,
    )
    options = Options(
        policy=policies[0],
        expectation=Expectation(str(lengths), length_error, patience),
        share=share_of(share),
        budget=budget,
        window_s=window,
        slots=slots_of(slots),
        fits_lengths=fit_lengths,
        seed=seed,
        jobs=jobs,
    )
    plan, found = _judged(plan_folder, trace, options, policies, quiet=quiet)
    if out is not None:
        _write(out, plan, found, overwrite=overwrite)
    if compare is not None:
        _show_comparison(plan, found, as_json=as_json, quiet=quiet)
        raise typer.Exit(0)
    _show(plan, found[0], as_json=as_json, quiet=quiet)
    raise typer.Exit(0 if found[0].holds else PlanDoesNotHold.exit_code)


def _judged(
    folder: Path, trace: list[str], options: Options, policies: list[Policy], *, quiet: bool
) -> tuple[Plan, list[Judged]]:
    """The plan, and what each policy made of it."""
    from carbonplan import pipeline
    from carbonplan.api import judged
    from carbonplan.catalogue.gather import gather
    from carbonplan.plan import read
    from carbonplan.replay.traces import read_trace

    plan = read(folder)
    inputs = gather(pipeline.reload(folder))
    if not quiet:
        for changed in pipeline.changed_inputs(folder, inputs):
            say(f"note: {changed} has changed since the plan was made")
    tell = None if quiet else say
    requests = {name: read_trace(path, seed=options.seed) for name, path in files_of(trace)}
    return plan, list(judged(inputs, plan, requests, options, policies, tell))


def _show(plan: Plan, found: Judged, *, as_json: bool, quiet: bool) -> None:
    from carbonplan.report import replay as words

    name = plan.scenario_name
    if as_json:
        from carbonplan.report.replay_document import document

        show_json(document(found, name, plan.summary.get("fingerprint")))
        return
    parts = [words.headline(found, name), table(words.promise_rows(found))]
    missed = words.missed_lines(found)
    parts += ["\n".join(missed)] if missed else []
    parts += [
        "WHAT USERS HAD\n" + table(words.user_rows(found)),
        "WHAT REPLICAS DID\n" + table(words.kind_rows(found)),
        "WHAT IT TOOK\n" + table(words.impact_rows(found)),
    ]
    show("\n\n".join(parts))
    if not quiet:
        for note in words.notes(found):
            say(f"note: {note}")


def _show_comparison(plan: Plan, found: list[Judged], *, as_json: bool, quiet: bool) -> None:
    from carbonplan.report import replay as words

    if as_json:
        show_json(_documents(plan, found))
        return
    show(table(words.comparison_rows(found)))
    for note in words.comparison_notes(found) if not quiet else ():
        say(f"note: {note}")


def _documents(plan: Plan, found: list[Judged]) -> dict[str, object]:
    from carbonplan.report.replay_document import SCHEMA, SCHEMA_VERSION, document

    fingerprint = plan.summary.get("fingerprint")
    return {
        "schema": f"{SCHEMA}-comparison",
        "schema_version": SCHEMA_VERSION,
        "policies": [document(one, plan.scenario_name, fingerprint) for one in found],
    }


def _write(out: Path, plan: Plan, found: list[Judged], *, overwrite: bool) -> None:
    """The folder with the document, the tables and the figures."""
    import json

    from carbonplan.plan.atomic import write_folder
    from carbonplan.report.figures.replay import drawings
    from carbonplan.report.replay_document import document, minutes_csv, requests_csv

    single = len(found) == 1
    fingerprint = plan.summary.get("fingerprint")
    whole = (
        document(found[0], plan.scenario_name, fingerprint)
        if single
        else _documents(plan, found)
    )
    texts = {
        "replay.json": json.dumps(whole, indent=2, allow_nan=False) + "\n",
        "requests.csv": requests_csv(found),
        "minutes.csv": minutes_csv(found),
        **{f"{name}.svg": drawn for name, drawn in drawings(plan, found).items()},
    }
    files = [(name, text.encode("utf-8")) for name, text in texts.items()]
    write_folder(out, files, overwrite=overwrite)
