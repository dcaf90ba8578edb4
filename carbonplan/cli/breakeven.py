"""``breakeven``: when a newer machine repays its making, from the models alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from carbonplan.cli.machine_options import (
    ZONES,
    CoefficientSet,
    Intensities,
    LifetimeYears,
    Precision,
    RequestClass,
    asked_coefficients,
    asked_lengths,
    asked_precision,
    asked_years,
    rounded,
)
from carbonplan.cli.options import Json
from carbonplan.cli.output import show, show_json, table
from carbonplan.errors import UsageError

if TYPE_CHECKING:
    from carbonplan.catalogue.grids import Grid
    from carbonplan.catalogue.records import EmbodiedCoefficient, Server
    from carbonplan.technology.breakeven import Replacement
    from carbonplan.technology.work import Case, Work

Row = Mapping[str, object]


def breakeven(
    old: Annotated[
        str, typer.Argument(metavar="OLD", help="A SKU, or an accelerator by itself.")
    ],
    new: Annotated[
        str | None,
        typer.Argument(
            metavar="NEW", help="What would replace it; without it, OLD is judged alone."
        ),
    ] = None,
    llm: Annotated[str, typer.Option(metavar="NAME", help="What they serve.")] = "llama-3.2-3b",
    intensity: Intensities = None,
    utilisation: Annotated[
        float, typer.Option(min=0.001, max=1.0, help="Share of the hours spent working.")
    ] = 0.8,
    lifetime_years: LifetimeYears = None,
    coefficient_set: CoefficientSet = None,
    pue: Annotated[
        float, typer.Option(min=1.0, max=3.0, help="Of the site; 1 counts IT energy alone.")
    ] = 1.0,
    precision: Precision = None,
    request_class: RequestClass = "512,256",
    ttft_s: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", min=0.001, help="Limit on the time to first token."),
    ] = None,
    tpot_s: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", min=0.0001, help="Limit on the time per token."),
    ] = None,
    charge_old: Annotated[
        bool, typer.Option("--charge-old", help="Charge the making of OLD too; else sunk.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Say when a newer machine repays its making.

    At which carbon intensity, which utilisation and which age NEW has saved as much as its
    making, against keeping OLD for the same work. With one name: at which intensity running
    the machine emits as much as its making, by every coefficient set.
    """
    if new is None and (charge_old or coefficient_set or intensity):
        raise UsageError("--charge-old, --set and --intensity need two machines: OLD NEW")
    from carbonplan.catalogue.cards import cards
    from carbonplan.catalogue.machines import machines
    from carbonplan.technology.points import ClassLimits
    from carbonplan.technology.work import Case

    servers = machines([old] if new is None else [old, new])
    (card,) = cards([llm])
    limits = ClassLimits(*asked_lengths(request_class), ttft_s, tpot_s)
    case = Case(card, asked_precision(precision, card), limits, pue)
    years = [asked_years(lifetime_years, server) for server in servers]
    if new is None:
        _show_crossover(servers[0], case, utilisation, years[0], as_json)
        return
    from carbonplan.catalogue.grids import grids

    on = grids(intensity or ZONES)
    coefficients = asked_coefficients(coefficient_set)
    pair = _replacement(servers, years, case, coefficients, charge_old)
    made_by = coefficients[0].coefficient_set
    _show_replacement(pair, on, case, utilisation, made_by, as_json)


def _works(servers: Sequence[Server], case: Case) -> list[Work]:
    from carbonplan.technology.calibration import load_calibration
    from carbonplan.technology.work import best_work

    calibration = load_calibration()
    return [best_work(server, case, calibration) for server in servers]


def _replacement(
    servers: Sequence[Server],
    years: Sequence[float],
    case: Case,
    coefficients: Sequence[EmbodiedCoefficient],
    charge_old: bool,
) -> Replacement:
    from carbonplan.technology.breakeven import Machine, Replacement
    from carbonplan.technology.embodied import embodied_footprint

    made = [embodied_footprint(server, coefficients).kgco2e for server in servers]
    names = [server.name for server in servers]
    old, new = map(Machine, names, _works(servers, case), made, years)
    return Replacement(old, new, charge_old)


def _show_replacement(
    pair: Replacement,
    on: Sequence[Grid],
    case: Case,
    utilisation: float,
    made_by: str,
    as_json: bool,
) -> None:
    from carbonplan.report.breakeven import (
        answer_rows,
        carbon_row,
        in_short,
        machine_row,
        terms_in_words,
        terms_of,
    )

    terms = terms_of(pair)
    machines = [machine_row(machine) for machine in (pair.old, pair.new)]
    carbon = [carbon_row(pair, grid, utilisation) for grid in on]
    answers = list(answer_rows(pair, on, utilisation))
    if as_json:
        found = {"machines": machines, "carbon": carbon, "terms": terms, "repays": answers}
        show_json({**_case_row(case, utilisation), "coefficient_set": made_by, **found})
        return
    show(f"{_in_words(case, utilisation)}; making by {made_by}\n")
    show(table(rounded(machines)))
    show("\nCarbon of 1,000 output tokens")
    show(table(rounded(carbon)))
    charged = "charged too" if pair.charge_old else "sunk"
    show(
        f"\n{pair.new.name} repays its making where I (A u + B) >= E; the making of "
        f"{pair.old.name} is {charged}\n{terms_in_words(terms)}"
    )
    show(table(rounded(in_short(answer) for answer in answers)))


def _show_crossover(
    server: Server, case: Case, utilisation: float, lifetime_years: float, as_json: bool
) -> None:
    from carbonplan.report.breakeven import crossover_rows

    (work,) = _works([server], case)
    mean_power_kw = work.mean_power_kw(utilisation)
    rows = list(crossover_rows(server, mean_power_kw, lifetime_years))
    if as_json:
        found = {
            "machine": server.name,
            "lifetime_years": lifetime_years,
            "mean_power_kw": mean_power_kw,
            "crossovers": rows,
        }
        show_json({**_case_row(case, utilisation), **found})
        return
    show(
        f"{_in_words(case, utilisation)}\n\n{server.name} draws {mean_power_kw:.4g} kW on "
        f"average; running it emits as much as making it, over {lifetime_years:g} years, at"
    )
    show(table(rounded(rows)))


def _case_row(case: Case, utilisation: float) -> Row:
    return {
        "llm": case.llm.llm,
        "precision": case.precision,
        "input_tokens": case.limits.input_tokens,
        "output_tokens": case.limits.output_tokens,
        "pue": case.pue,
        "utilisation": utilisation,
    }


def _in_words(case: Case, utilisation: float) -> str:
    return (
        f"{case.llm.llm} in {case.precision}, {case.limits.input_tokens:g} tokens in and "
        f"{case.limits.output_tokens:g} out, at work {utilisation:.4g} of the hours, "
        f"PUE {case.pue:g}"
    )
