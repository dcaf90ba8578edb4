"""``prompt-carbon``: the carbon of a prompt by batch, LLM, machine and grid."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
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
from carbonplan.cli.options import Json, Overwrite, refuse_existing
from carbonplan.cli.output import say, show, show_json, table

if TYPE_CHECKING:
    from carbonplan.catalogue.grids import Grid
    from carbonplan.catalogue.records import EmbodiedCoefficient, ModelCard, Server
    from carbonplan.technology.figures import Replica
    from carbonplan.technology.prompt_carbon import PromptCarbon

NAME = "prompt-carbon"


def prompt_carbon(
    machines: Annotated[
        list[str],
        typer.Argument(
            metavar="MACHINES...",
            help="SKUs, or accelerators by themselves; the others are held against the first.",
        ),
    ],
    llms: Annotated[
        str, typer.Option("--llm", metavar="LIST", help="What they serve, by commas.")
    ] = "llama-3.2-1b,llama-3.2-3b,llama-2-7b",
    intensity: Intensities = None,
    lifetime_years: LifetimeYears = None,
    coefficient_set: CoefficientSet = None,
    precision: Precision = None,
    request_class: RequestClass = "128,128",
    largest_batch: Annotated[
        int, typer.Option(min=1, max=1024, help="Batches are 1, 2, 4, ... up to this.")
    ] = 128,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help=f"Write {NAME}.csv and {NAME}.svg there.")
    ] = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Study the carbon of a prompt.

    Time, energy and carbon of prefill and decode, by batch, LLM, machine and grid. A batch is
    prefilled together and decoded to its end.
    """
    for file in _files(out) if out else ():
        refuse_existing(file, overwrite)
    from carbonplan.catalogue.cards import cards
    from carbonplan.catalogue.grids import grids
    from carbonplan.catalogue.machines import machines as machines_of

    lengths = asked_lengths(request_class)
    coefficients = asked_coefficients(coefficient_set)
    on = grids(intensity or ZONES)
    replicas = [
        _replica(server, card, asked_precision(precision, card), lengths)
        for card in cards(_names(llms))
        for server in machines_of(dict.fromkeys(machines))
    ]
    study = _study(replicas, lengths, lifetime_years, coefficients, largest_batch)
    words = (
        f"{lengths[0]:g} tokens in and {lengths[1]:g} out; making by "
        f"{coefficients[0].coefficient_set}"
    )
    if out is not None:
        _write(study, on, words, out)
    _show(study, on, words, as_json)


def _replica(
    server: Server, card: ModelCard, precision: str, lengths: tuple[float, float]
) -> Replica:
    from carbonplan.technology.calibration import load_calibration
    from carbonplan.technology.prompt_carbon import smallest_replica

    return smallest_replica(server, card, precision, lengths, load_calibration())


def _study(
    replicas: Sequence[Replica],
    lengths: tuple[float, float],
    lifetime_years: float | None,
    coefficients: Sequence[EmbodiedCoefficient],
    largest: int,
) -> PromptCarbon:
    from carbonplan.technology.calibration import load_calibration
    from carbonplan.technology.embodied import embodied_footprint
    from carbonplan.technology.prompt_carbon import prompt_carbon as studied

    servers = [replica.server for replica in replicas]
    return studied(
        replicas,
        [embodied_footprint(server, coefficients).kgco2e for server in servers],
        lifetime_years=[asked_years(lifetime_years, server) for server in servers],
        lengths=lengths,
        largest=largest,
        calibration=load_calibration(),
    )


def _show(study: PromptCarbon, on: Sequence[Grid], words: str, as_json: bool) -> None:
    from carbonplan.report.prompt_carbon import misfits, ratio_rows, rows, short_rows

    if as_json:
        show_json({"rows": list(rows(study, on)), "ratios": list(ratio_rows(study, on))})
        return
    show(f"What one prompt takes: {words}\n")
    show(table(rounded(short_rows(study, on))))
    for line in misfits(study):
        show(line)
    compared = list(ratio_rows(study, on))
    if compared:
        show("\nThe others over the first")
        show(table(rounded(compared)))


def _write(study: PromptCarbon, on: Sequence[Grid], words: str, folder: Path) -> None:
    from carbonplan.report.figures import svg
    from carbonplan.report.figures.prompt_carbon import prompt_figure
    from carbonplan.report.prompt_carbon import table_csv

    folder.mkdir(parents=True, exist_ok=True)
    caption = f"{words}; dotted: energy of prefill, carbon of making"
    texts = (table_csv(study, on), svg(prompt_figure(study, on, caption)))
    for file, text in zip(_files(folder), texts, strict=True):
        file.write_text(text, encoding="utf-8")
        say(f"wrote {file}")


def _files(folder: Path) -> tuple[Path, Path]:
    return folder / f"{NAME}.csv", folder / f"{NAME}.svg"


def _names(listed: str) -> list[str]:
    return list(dict.fromkeys(name.strip() for name in listed.split(",") if name.strip()))
