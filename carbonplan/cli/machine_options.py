"""Options of the commands that ask about machines serving one LLM, without a scenario."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from carbonplan.errors import UsageError, nearest

if TYPE_CHECKING:
    from carbonplan.catalogue.records import EmbodiedCoefficient, ModelCard, Server

ZONES = ("CA-QC", "US-CAL-CISO", "US-NW-PACE")  # mostly hydro, mixed, mostly coal and gas
DIGITS = 4  # significant, of printed numbers

Intensities = Annotated[
    list[str] | None,
    typer.Option(
        "--intensity",
        metavar="NUMBER|ZONE",
        help="Carbon intensity [g/kWh], or a zone of data/grid for its annual mean; repeatable."
        f"  [default: {', '.join(ZONES)}]",
    ),
]
CoefficientSet = Annotated[
    str | None,
    typer.Option(
        "--coefficient-set",
        "--set",
        metavar="NAME",
        help="Published set to price the parts with; without it that of new scenarios.",
    ),
]
LifetimeYears = Annotated[
    float | None,
    typer.Option(
        metavar="YEARS",
        min=0.01,
        max=100.0,
        help="Over which making is written off; without it the lifetime of the accelerators.",
    ),
]
Precision = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Of the weights; without it that of the LLM's card."),
]
RequestClass = Annotated[
    str,
    typer.Option(
        "--request-class", metavar="INPUT,OUTPUT", help="Mean tokens of prompt and answer."
    ),
]


def asked_lengths(request_class: str) -> tuple[float, float]:
    """Tokens of prompt and answer, from "512,256"."""
    try:
        input_tokens, output_tokens = (float(number) for number in request_class.split(","))
    except ValueError:
        input_tokens = output_tokens = math.nan
    if not all(1 <= tokens < math.inf for tokens in (input_tokens, output_tokens)):
        raise UsageError(
            f'--request-class "{request_class}": expected two numbers of tokens, as in 512,256'
        )
    return input_tokens, output_tokens


def asked_precision(precision: str | None, llm: ModelCard) -> str:
    """The precision asked for, or that of the LLM's card."""
    from typing import get_args

    from carbonplan.scenario.fields import Precision as Known

    known = get_args(Known)
    if precision is not None and precision not in known:
        raise UsageError(
            f'--precision "{precision}": no such precision{nearest(precision, known)} '
            f"(precisions: {', '.join(known)})"
        )
    return precision or llm.native_precision


def asked_years(lifetime_years: float | None, server: Server) -> float:
    """The lifetime asked for, or that of the machine's accelerators: most of its making."""
    return lifetime_years or server.sku.accelerator_lifetime_years


def asked_coefficients(coefficient_set: str | None) -> tuple[EmbodiedCoefficient, ...]:
    """Rows of a coefficient set; without a name, of that of new scenarios."""
    from carbonplan.catalogue.hardware import embodied_coefficients
    from carbonplan.scenario.schema import EmbodiedAccounting

    return embodied_coefficients(coefficient_set or EmbodiedAccounting().coefficient_set)


def rounded(rows: Iterable[Mapping[str, object]]) -> list[dict[str, object]]:
    """Rows with the digits that are worth reading."""
    return [
        {
            name: float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value
            for name, value in row.items()
        }
        for row in rows
    ]
