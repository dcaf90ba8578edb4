"""``reproduce``: published studies planned again from their own inputs."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from carbonplan.cli import reproduce_cases
from carbonplan.cli.options import Json, Quiet
from carbonplan.cli.output import say, show, show_json, table
from carbonplan.cli.reproduce_slit import slit
from carbonplan.errors import PlanDoesNotHold, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carbonplan.reproduce.freesh.data import Study
    from carbonplan.reproduce.freesh.run import Answer
    from carbonplan.reproduce.freesh.scenario import Question

app = typer.Typer(
    name="reproduce",
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Plan published studies again, and hold their numbers against ours.",
)
app.command()(reproduce_cases.ecoserve)
app.command()(reproduce_cases.hotcarbon)
app.command()(slit)
COLUMNS = ("window", "status", "objective", "partition", "published_objective", "difference")
OBJECTIVES = ("carbon", "energy")
Data = Annotated[
    Path, typer.Option("--data", metavar="DIR", help="Folder of the study's tables.")
]
Page = Annotated[
    Path | None,
    typer.Option("--page", metavar="FILE", help="Write the page that puts both side by side."),
]


@app.command()
def freesh(
    data: Data,
    partitions: Annotated[
        str,
        typer.Option(
            metavar="NAMES", help="Ways of dividing requests that may be chosen: a, or a,b."
        ),
    ] = "a",
    objective: Annotated[
        str, typer.Option(metavar="carbon|energy", help="What is least in every window.")
    ] = "carbon",
    windows: Annotated[
        str, typer.Option(metavar="LIST", help="Windows, 0-47 or 0,3,5.  [default: all]")
    ] = "",
    alpha: Annotated[float, typer.Option(help="Head-room on the forecast.", min=1.0)] = 1.1,
    beta: Annotated[float, typer.Option(help="What demand is divided by.", min=1e-9)] = 2.0,
    processes: Annotated[int, typer.Option(help="Windows planned at a time.", min=1)] = 2,
    page: Page = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Plan the half-hour windows of FREESH's pool layer.

    Each window is solved to a gap of 0 and verified; where the folder has published optima,
    the published run (partition a, carbon) is held against them. With --page, all questions of
    the page are asked.
    """
    from carbonplan.reproduce.freesh.data import read_study
    from carbonplan.reproduce.freesh.scenario import Question

    if objective not in OBJECTIVES:
        raise UsageError(f"--objective {objective}: expected {' or '.join(OBJECTIVES)}")
    study = read_study(data)
    chosen = chosen_windows(windows, study.windows)
    names = tuple(dict.fromkeys(name.strip() for name in partitions.split(",")))
    if unknown := [name for name in names if name not in study.partitions]:
        raise UsageError(
            f"--partitions: {unknown[0]!r} is none of {', '.join(study.partitions)}"
        )
    if page is not None:
        _write_page(
            study, chosen, page, alpha=alpha, beta=beta, processes=processes, quiet=quiet
        )
        return
    question = Question(names, objective, alpha, beta)
    answers = _answers(study, question, chosen, processes=processes, quiet=quiet)
    _show(question, answers, as_json=as_json)


def chosen_windows(text: str, known: Sequence[int]) -> list[int]:
    """Windows that ``0-3,7`` names; all of them for nothing."""
    found: list[int] = []
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        first, _, last = part.partition("-")
        if not (first.isdigit() and (last or first).isdigit()):
            raise UsageError(
                f"--windows {part!r}: expected numbers such as 0-{known[-1]} or 0,3"
            )
        found += range(int(first), int(last or first) + 1)
    if beyond := [window for window in found if window not in known]:
        raise UsageError(f"--windows: there is no window {beyond[0]}, the last is {known[-1]}")
    return list(dict.fromkeys(found)) or list(known)


def _answers(
    study: Study, question: Question, windows: Sequence[int], *, processes: int, quiet: bool
) -> list[Answer]:
    from carbonplan.reproduce.freesh import reproduce

    def told(answer: Answer) -> None:
        if not quiet:
            say(f"window {answer.window}: {answer.status}")

    answers = reproduce(study, question, windows, processes, told)
    violations = [f"window {one.window}: {line}" for one in answers for line in one.violations]
    if violations:
        raise PlanDoesNotHold("\n  - ".join(["plans do not hold:", *violations]))
    return answers


def _show(question: Question, answers: Sequence[Answer], *, as_json: bool) -> None:
    from carbonplan.reproduce.freesh import totals
    from carbonplan.reproduce.freesh.page import documents
    from carbonplan.reproduce.freesh.scenario import EWS_PER_KG, J_PER_KWH

    rows, sums = documents(answers), totals(answers)
    if as_json:
        show_json(
            {
                "question": asdict(question),
                "units": {
                    "objective": "e W s" if question.objective == "carbon" else "J",
                    "ews_per_kgco2e": EWS_PER_KG,
                    "j_per_kwh": J_PER_KWH,
                },
                "windows": rows,
                "totals": asdict(sums),
            }
        )
        return
    show(table([{name: row[name] for name in COLUMNS} for row in rows]))
    show(
        f"\n{sums.planned} of {sums.windows} windows have a plan: {sums.carbon_ews:,.1f} e W s "
        f"({sums.carbon_ews / EWS_PER_KG:,.3f} kgCO2e with e in g/kWh), "
        f"{sums.energy_j / J_PER_KWH:,.2f} kWh"
    )
    if sums.published:
        show(f"{sums.agreeing} of {sums.published} published windows agree")


def _write_page(
    study: Study,
    windows: Sequence[int],
    page: Path,
    *,
    alpha: float,
    beta: float,
    processes: int,
    quiet: bool,
) -> None:
    from carbonplan.catalogue.writing import write_whole
    from carbonplan.reproduce.freesh.page import Run, questions
    from carbonplan.reproduce.freesh.page import page as text_of

    runs = []
    for question in questions(study.partitions, alpha, beta):
        if not quiet:
            say(f"partitions {','.join(question.partitions)}, least {question.objective}")
        answers = _answers(study, question, windows, processes=processes, quiet=quiet)
        runs.append(Run(question, answers))
    write_whole(page, text_of(runs))
    say(f"wrote {page}")
