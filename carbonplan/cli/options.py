"""Options and arguments that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from carbonplan.errors import UsageError

LONGEST_TIME_LIMIT_S = 31_536_000.0  # a year
LARGEST_SEED = 2_147_483_646  # that the solver takes


class ProgressMode(StrEnum):
    """How progress is shown on stderr."""

    AUTO = "auto"  # live on a terminal, else plain
    PLAIN = "plain"
    NONE = "none"


Scenario = Annotated[
    str,
    typer.Argument(metavar="SCENARIO", help="A scenario file, or the name of a shipped one."),
]
PlanFolder = Annotated[
    Path, typer.Argument(metavar="PLAN_FOLDER", help="A folder that `solve` wrote.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, results only.")]
Progress = Annotated[
    ProgressMode, typer.Option("--progress", help="How progress is shown on stderr.")
]
Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="PATH=VALUE",
        help="Override a value of the scenario, e.g. fleet.utilisation_limit=0.7; repeatable.",
    ),
]
Variant = Annotated[
    str | None, typer.Option("--variant", help="A named variant of the scenario.")
]
Objective = Annotated[
    str | None,
    typer.Option("--objective", metavar="IMPACT", help="Minimise this impact instead."),
]
Pessimistic = Annotated[
    bool,
    typer.Option(
        "--pessimistic", help="Plan with every figure at the unfavourable end of its band."
    ),
]
Optimistic = Annotated[
    bool,
    typer.Option(
        "--optimistic", help="Plan with every figure at the favourable end of its band."
    ),
]
AllowPath = Annotated[
    list[Path] | None,
    typer.Option(
        "--allow-path",
        metavar="FOLDER",
        help="A further folder that the scenario may read from; repeatable.",
    ),
]
Gap = Annotated[
    float | None, typer.Option("--gap", min=0.0, max=1.0, help="Relative gap to prove.")
]
TimeLimit = Annotated[
    float | None,
    typer.Option(
        "--time-limit",
        metavar="SECONDS",
        min=0.001,
        max=LONGEST_TIME_LIMIT_S,
        help="Stop the search then and keep the best plan.",
    ),
]
Threads = Annotated[
    int | None, typer.Option("--threads", min=1, max=256, help="Threads of the solver.")
]
Seed = Annotated[
    int | None, typer.Option("--seed", min=0, max=LARGEST_SEED, help="Seed of the solver.")
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace what is already there.")]


def refuse_existing(out: Path, overwrite: bool) -> None:
    """Before the work, not after it: what lies there is not replaced unasked."""
    if out.exists() and not overwrite:
        raise UsageError(f"{out} exists already; --overwrite replaces it")


def stance(*, pessimistic: bool, optimistic: bool) -> str | None:
    """At which end of their bands figures are asked to stand; None: as the scenario says."""
    if pessimistic and optimistic:
        raise UsageError("--pessimistic and --optimistic exclude each other")
    return "pessimistic" if pessimistic else "optimistic" if optimistic else None
