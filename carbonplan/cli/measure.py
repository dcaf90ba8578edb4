"""``calibrate`` and ``profile``: the models held to measurements of one's own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from carbonplan.cli.options import Json, Overwrite, Quiet, refuse_existing
from carbonplan.cli.output import say, show, show_json, table
from carbonplan.errors import UsageError, nearest

if TYPE_CHECKING:
    from carbonplan.catalogue.records import ModelCard
    from carbonplan.technology.calibrate.benchmarks.given import Given
    from carbonplan.technology.calibrate.own import Refit
    from carbonplan.technology.calibration import CoefficientRow

PROFILE_PRECISIONS = ("bf16", "fp16")


def calibrate(
    tables: Annotated[
        list[Path],
        typer.Argument(
            metavar="TABLE...",
            help="Tables of own measurements, or results of vLLM, GuideLLM, AIConfigurator.",
        ),
    ],
    accelerator: Annotated[
        str | None, typer.Option(metavar="NAME", help="What it ran on, as in the catalogue.")
    ] = None,
    llm: Annotated[
        str | None, typer.Option(metavar="CARD", help="Which LLM it ran, a card of models/.")
    ] = None,
    precision: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of the weights: bf16, fp8, int4, ...")
    ] = None,
    tensor_parallel: Annotated[
        int | None, typer.Option(min=1, max=1024, help="Accelerators that share a layer.")
    ] = None,
    pipeline_parallel: Annotated[
        int | None, typer.Option(min=1, max=1024, help="Stages of layers; 1 if not given.")
    ] = None,
    clock_fraction: Annotated[
        float | None,
        typer.Option(min=0.01, max=1.0, help="Clock over boost clock; 1 if not given."),
    ] = None,
    out: Annotated[Path, typer.Option(metavar="FILE", help="Table to write.")] = Path(
        "calibration.csv"
    ),
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Refit coefficients to own measurements.

    The result scales the shipped coefficients in a scenario that names it as
    fleet.calibration. What a file does not say, options say; where it does, they choose rows.
    """
    refuse_existing(out, overwrite)
    from carbonplan.catalogue.writing import table_text, write_whole
    from carbonplan.technology.calibrate.benchmarks.given import Given
    from carbonplan.technology.calibrate.benchmarks.reading import read_files
    from carbonplan.technology.calibrate.own import refit
    from carbonplan.technology.calibration import CoefficientRow, load_calibration

    given = _checked(
        Given(accelerator, llm, precision, tensor_parallel, pipeline_parallel, clock_fraction)
    )
    imported = read_files(tables, given)
    shipped = load_calibration()
    source = ", ".join(dict.fromkeys(row.source for row in imported.measurements))
    today = datetime.now(UTC).date().isoformat()
    refitted = refit(imported.measurements, shipped, source=source, date=today)
    write_whole(out, table_text(refitted.coefficients, list(CoefficientRow.model_fields)))
    if as_json:
        show_json(_document(refitted, imported.notes, out))
        return
    for note in imported.notes:
        say(note)
    show(f"wrote {out}: {len(refitted.coefficients)} coefficients from {source}")
    show(table([_coefficient(row) for row in refitted.coefficients]))
    show("median errors before and after:")
    show(table([_error(row) for row in asdict(refitted)["errors"]]))


def profile(
    sizes: Annotated[
        str, typer.Option(metavar="CARD,...", help="Dense LLMs whose shapes are built.")
    ] = "llama-3.2-1b,llama-3.2-3b,llama-3.1-8b",
    batches: Annotated[
        str, typer.Option(metavar="N,...", help="Sequences decoded together.")
    ] = "1,4,16,64,256",
    contexts: Annotated[
        str, typer.Option(metavar="TOKENS,...", help="Cached tokens of each sequence.")
    ] = "256,1024,4096,16384",
    prompts: Annotated[
        str, typer.Option(metavar="TOKENS,...", help="Lengths of prompts.")
    ] = "64,256,1024,4096,16384",
    clocks: Annotated[
        str,
        typer.Option(
            metavar="FRACTION,...",
            help="Of the highest clock; below 1 it is locked, which takes privileges.",
        ),
    ] = "1",
    precision: Annotated[
        str, typer.Option(metavar="NAME", help="bf16, or fp16 before Ampere.")
    ] = "bf16",
    accelerator: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Catalogue name, where the GPU's own is not known."),
    ] = None,
    window: Annotated[
        float,
        typer.Option(metavar="SECONDS", min=0.1, max=60.0, help="Repeat each run so long."),
    ] = 2.0,
    out: Annotated[Path, typer.Option(metavar="FILE", help="Table to write.")] = Path(
        "profile.csv"
    ),
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Measure the GPU of this machine.

    Prefill and decode of transformers with random weights, and the power that they draw, as a
    table for `calibrate` and for fleet.profiles; a description of the machine lies beside it.
    """
    from carbonplan.profile.writing import description_path, write_profile

    refuse_existing(out, overwrite)
    refuse_existing(description_path(out), overwrite)
    from carbonplan.catalogue.measurements import accelerator_records
    from carbonplan.profile.cuda import CudaDevice
    from carbonplan.profile.gpu_names import accelerator_of
    from carbonplan.profile.measuring import measure
    from carbonplan.profile.plan import planned_runs

    if precision not in PROFILE_PRECISIONS:
        raise UsageError(
            f'--precision "{precision}": expected {" or ".join(PROFILE_PRECISIONS)}'
        )
    fractions = _numbers("--clocks", clocks, float, most=1.0)
    runs = planned_runs(
        _numbers("--batches", batches, int),
        _numbers("--contexts", contexts, int),
        _numbers("--prompts", prompts, int),
    )
    cards = _buildable(_listed(sizes))
    device = CudaDevice()
    name = accelerator_of(device.gpu.name, accelerator, accelerator_records())
    measured = measure(
        device,
        name,
        cards,
        runs,
        clocks=fractions,
        precision=precision,
        window_s=window,
        say=(lambda _line: None) if quiet else say,
    )
    described = write_profile(
        measured,
        {
            **device.description(),
            "accelerator": name,
            "precision": precision,
            "clocks": fractions,
            "window_s": window,
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
        },
        out,
    )
    beside = description_path(out)
    if as_json:
        show_json({"file": str(out), "description": str(beside), **described})
    else:
        show(f"wrote {out}: {len(measured.rows)} rows, described in {beside}")


def _checked(given: Given) -> Given:
    """Options that name something, held against the catalogue."""
    from typing import get_args

    from carbonplan.catalogue.cards import card_names
    from carbonplan.catalogue.measurements import accelerator_records
    from carbonplan.scenario.fields import Precision

    for option, value, known in (
        ("--accelerator", given.accelerator, accelerator_records()),
        ("--llm", given.llm, card_names()),
        ("--precision", given.precision, get_args(Precision)),
    ):
        _known(option, value, known)
    return given


def _known(option: str, value: str | None, known: Collection[str]) -> None:
    if value is not None and value not in known:
        raise UsageError(f'{option} "{value}" is not in the catalogue{nearest(value, known)}')


def _buildable(names: Sequence[str]) -> tuple[ModelCard, ...]:
    """Cards of the LLMs that are to be built."""
    from carbonplan.catalogue.cards import card_names, cards
    from carbonplan.profile.plan import not_buildable

    for name in names:
        _known("--sizes", name, card_names())
    found = cards(names)
    problems = [(card.llm, not_buildable(card)) for card in found if not_buildable(card)]
    if problems:
        said = "; ".join(f"{llm} {why}" for llm, why in problems)
        raise UsageError(f"--sizes: only dense transformers are built: {said}")
    return found


def _numbers(option: str, text: str, kind: type, most: float = float("inf")) -> list:
    """Numbers above 0 between commas."""
    try:
        numbers = [kind(part) for part in _listed(text)]
    except ValueError:
        numbers = []
    if not numbers or not all(0 < number <= most for number in numbers):
        range_ = f"above 0{f', at most {most:g},' if most < float('inf') else ''}"
        raise UsageError(f'{option} "{text}": expected numbers {range_} between commas')
    return numbers


def _listed(text: str) -> list[str]:
    return list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def _coefficient(row: CoefficientRow) -> dict[str, object]:
    return {
        "accelerator": row.name,
        "coefficient": row.coefficient,
        "factor": row.value,
        "low": row.low,
        "high": row.high,
        "rows": row.rows,
    }


def _error(row: dict[str, object]) -> dict[str, object]:
    percents = {name: f"{row[name]:.1%}" for name in ("before", "after")}
    return {**row, **percents}


def _document(refitted: Refit, notes: Sequence[str], out: Path) -> dict[str, object]:
    return {
        "file": str(out),
        "coefficients": [row.model_dump(mode="json") for row in refitted.coefficients],
        "errors": asdict(refitted)["errors"],
        "notes": list(notes),
    }
