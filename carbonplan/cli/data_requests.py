"""``data requests``: logs of requests to what a scenario takes."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from carbonplan.cli.options import Json, Overwrite, refuse_existing
from carbonplan.cli.output import show, show_json, table
from carbonplan.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from carbonplan.prepare.request_logs.layouts import Clock
    from carbonplan.prepare.request_tables import Calendar, Service

ERROR_DIGITS = 4
HISTOGRAMS = ("servegen-lengths", "vllm-metrics", "prometheus-query")


def requests(
    traces: Annotated[
        list[Path],
        typer.Argument(
            metavar="TRACE...", help="Logs of requests, plain or compressed with gzip."
        ),
    ],
    service: Annotated[
        str, typer.Option("--service", metavar="NAME", help="What the service is called.")
    ] = "requests",
    count: Annotated[
        int, typer.Option("--classes", min=1, max=50, help="The most classes to make.")
    ] = 4,
    file_format: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="NAME",
            help="azure, burstgpt, mooncake, servegen-rates, servegen-lengths, vllm-metrics, "
            "prometheus-query or csv; without it, told by the columns.",
        ),
    ] = None,
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--column",
            metavar="NAME=COLUMN",
            help="What a column of a plain CSV says: input_tokens, output_tokens, workload, "
            "time_utc, time_unix_s, time_s or time_ms; repeatable.",
        ),
    ] = None,
    workloads: Annotated[
        list[str] | None,
        typer.Option("--workload", metavar="NAME", help="Only this one; repeatable."),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="When a log began that counts from its start, in UTC."
        ),
    ] = None,
    utc_offset: Annotated[
        float,
        typer.Option(min=-12.0, max=14.0, help="Local time of the users less UTC [h]."),
    ] = 0.0,
    source: Annotated[
        str | None,
        typer.Option(metavar="KEY", help="Key of the source.", show_default="requests-NAME"),
    ] = None,
    licence: Annotated[
        str, typer.Option(metavar="TEXT", help="Under which the logs may be used.")
    ] = "not stated",
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Folder to write.")] = Path(
        "requests"
    ),
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Make request classes and hourly arrivals from request logs.

    Several logs are counted as one. FOLDER holds a catalogue of the classes and the weekly
    shape, the rates hour by hour, and workloads.yaml: lines for a scenario beside FOLDER.
    """
    refuse_existing(out, overwrite)
    from carbonplan.plan.atomic import write_folder
    from carbonplan.prepare.request_files import files_of, snippet, source_of
    from carbonplan.prepare.request_logs import read_requests
    from carbonplan.prepare.request_tables import services

    named = _columns(columns or ())
    counted, clock, formats = read_requests(
        traces, wanted=file_format, renamed=named, workloads=workloads or ()
    )
    row = source_of(traces, service, source, licence)
    derived = any(name in HISTOGRAMS for name in formats.values())
    made = services(
        counted,
        service,
        _calendar(clock, start, utc_offset),
        classes=count,
        evidence="derived" if derived else "measured",
        source=row.key,
    )
    folder = out.resolve().name
    write_folder(out, files_of(made, row, folder), overwrite=overwrite)
    _show(made, formats, out, snippet(made, folder), as_json)


def _columns(pairs: Sequence[str]) -> dict[str, str]:
    split = [pair.partition("=") for pair in pairs]
    for pair, (name, _, column) in zip(pairs, split, strict=True):
        if not name or not column:
            raise UsageError(f'--column: found "{pair}"; expected NAME=COLUMN')
    return {name: column for name, _, column in split}


def _calendar(clock: Clock | None, start: str | None, utc_offset: float) -> Calendar:
    """Where hour 0 lies: 1970 for logs in UTC, else what the user says."""
    import numpy as np

    from carbonplan.catalogue.cells import parsed_times
    from carbonplan.prepare.request_logs.layouts import Clock
    from carbonplan.prepare.request_tables import Calendar

    if clock is Clock.UTC:
        if start is not None:
            raise UsageError("--start: the log gives its times in UTC")
        return Calendar(np.datetime64("1970-01-01T00:00", "m"), utc_offset)
    if start is None:
        return Calendar(None, utc_offset)
    times, problems = parsed_times(["--start"], [start])
    if problems:
        raise UsageError(problems[0])
    if times[0] != times[0].astype("datetime64[h]"):
        raise UsageError(f'--start: found "{start}"; expected a full hour')
    return Calendar(times[0], utc_offset)


def _show(
    made: Sequence[Service],
    formats: Mapping[str, str],
    out: Path,
    lines: str,
    as_json: bool,
) -> None:
    from carbonplan.prepare.request_files import document

    if as_json:
        found = [document(one) for one in made]
        show_json({"folder": str(out), "formats": dict(formats), "services": found})
        return
    for path, name in formats.items():
        show(f"{path}: read as {name}")
    for one in made:
        _show_service(one)
    show(f"\nwrote {out}; for a scenario beside it ({out}/workloads.yaml):\n\n{lines}".rstrip())


def _show_service(one: Service) -> None:
    rate = f", {one.mean_rps:.4g} requests/s" if one.mean_rps else ""
    show(f"\n{one.name}: {one.requests:.6g} requests{rate}")
    keep = ("request_class", "input_tokens", "output_tokens", "share")
    if one.classes:
        show(table([row.model_dump(include=set(keep)) for row in one.classes]))
    if one.class_errors:
        errors = ", ".join(
            f"{name.replace('_', ' ')} {round(value, ERROR_DIGITS) + 0.0:.2%}"
            for name, value in asdict(one.class_errors).items()
        )
        show(f"errors of means with these classes: {errors}")
    if one.shape_error is not None:
        show(f"weekly shape: hours differ from it by {one.shape_error:.1%} of the mean (RMS)")
    if one.hours.size:
        show(f"hourly arrivals: {len(one.hours)} hours")
    for note in one.notes:
        show(f"note: {note}")
