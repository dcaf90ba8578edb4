"""``solve --certify``: its options, and a plan that is replayed until it keeps its promises."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from carbonplan.cli.output import say
from carbonplan.cli.replay_options import AUTO, files_of, share_of
from carbonplan.errors import Interrupted, PlanDoesNotHold, UsageError

if TYPE_CHECKING:
    from carbonplan.certify import Certification, Search
    from carbonplan.pipeline import Options, Renderer, Result
    from carbonplan.scenario import LoadedScenario
    from carbonplan.steps import Report

ROUNDS, MOST_ROUNDS = 5, 100

Certify = Annotated[
    bool,
    typer.Option(
        "--certify",
        help="Replay the plan on --trace, and plan again with more head-room where it misses "
        "what it promises.",
    ),
]
CertifyTrace = Annotated[
    list[str] | None,
    typer.Option(
        "--trace",
        metavar="[WORKLOAD=]FILE",
        help="Of --certify: log of requests, as `replay` takes it; repeatable.",
    ),
]
CertifyShare = Annotated[
    str | None,
    typer.Option(
        "--share",
        metavar="SHARE|auto",
        help="Of --certify: of replicas that are replayed, as `replay` takes it; absent: auto.",
    ),
]
CertifyFitLengths = Annotated[
    bool,
    typer.Option("--fit-lengths", help="Of --certify: scale lengths to what the plan expects."),
]
CertifyRounds = Annotated[
    int,
    typer.Option(
        "--certify-rounds", min=1, max=MOST_ROUNDS, help="Of --certify: most plans to make."
    ),
]


def traces_of(
    certify: bool, traces: list[str] | None, needing: dict[str, bool], others: dict[str, bool]
) -> list[tuple[str, Path]]:
    """Workload and file of each trace; none where nothing is to be certified.

    Parameters
    ----------
    needing
        Options that mean nothing without ``--certify``, and whether they were given.
    others
        Options that do not go together with it, and whether they were given.

    Raises
    ------
    UsageError
        One of the two options was given without the other, one that means nothing without
        them, or one of the others.
    MissingDependency
        numba is not installed: better known before the first plan is made.
    """
    if not certify:
        for option, is_given in {"--trace": bool(traces), **needing}.items():
            if is_given:
                raise UsageError(f"{option}: needs --certify (a plan is replayed by `replay`)")
        return []
    if not traces:
        raise UsageError("--certify: needs --trace FILE, a log of requests")
    for option, is_given in others.items():
        if is_given:
            raise UsageError(f"{option} and --certify exclude each other")
    files = files_of(traces)
    from carbonplan.replay.engine import ready

    ready()
    return files


def search_of(
    options: Options,
    files: list[tuple[str, Path]],
    loaded: LoadedScenario,
    rounds: int,
    *,
    share: str | None,
    fits_lengths: bool,
    on_progress: Report | None,
    quiet: bool,
) -> Search:
    """How a certified plan is looked for, with the traces read; the seed is the solver's."""
    from carbonplan.certify import Search
    from carbonplan.certify.judging import read_traces
    from carbonplan.replay.records import Options as ReplayOptions

    seed = loaded.scenario.solver.seed if options.seed is None else options.seed
    asked = ReplayOptions(share=share_of(share or AUTO), fits_lengths=fits_lengths, seed=seed)
    judge = read_traces(files, asked)
    return Search(options, judge, rounds, on_round=_told(quiet), on_progress=on_progress)


def planned(
    loaded: LoadedScenario, search: Search, options: Options, render: Renderer
) -> tuple[Result, Certification]:
    """The plan that keeps its promises, or comes nearest, in its folder."""
    from carbonplan.certify import certify, written

    found = certify(loaded, search)
    return written(found, options, render), found.certification


def exit_code_of(certification: Certification, code: int) -> int:
    """Exit code of the plan; that it was interrupted counts more than that it is missed."""
    from carbonplan.certify.records import INTERRUPTED

    if certification.rounds[-1].status == INTERRUPTED:
        return max(code, Interrupted.exit_code)
    return code if certification.is_certified else PlanDoesNotHold.exit_code


def _told(quiet: bool) -> Callable[..., None]:
    from carbonplan.report.certification import round_line

    return lambda one: None if quiet else say(round_line(one))
