"""``data``: catalogue tables made from series and traces of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from carbonplan.cli import (
    data_days,
    data_grid,
    data_hours,
    data_requests,
    data_round_trips,
    data_trace,
)
from carbonplan.cli.options import Json, Overwrite, refuse_existing
from carbonplan.cli.output import show, show_json
from carbonplan.errors import UsageError

if TYPE_CHECKING:
    from carbonplan.catalogue.records import Record

app = typer.Typer(
    help="Make tables from data of your own.", no_args_is_help=True, rich_markup_mode=None
)

Trace = Annotated[
    Path, typer.Argument(metavar="TRACE", help="A CSV file, plain or compressed with gzip.")
]
Service = Annotated[
    str, typer.Option("--service", metavar="NAME", help="What the service is to be called.")
]
Source = Annotated[
    str,
    typer.Option("--source", metavar="KEY", help="Where the trace is from, as in sources.csv."),
]


app.command("typical-days")(data_days.typical_days)
app.command("same-days")(data_hours.same_days)
app.command()(data_hours.wue)
app.command()(data_hours.mix)
app.add_typer(data_grid.app, name="grid")
app.command()(data_requests.requests)
app.command()(data_trace.trace)
app.command("round-trips")(data_round_trips.round_trips)


@app.command()
def classes(
    trace: Trace,
    service: Service,
    source: Source,
    count: Annotated[
        int, typer.Option("--classes", min=1, max=50, help="The most classes to make.")
    ] = 4,
    workload: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="TRACE holds histograms of several workloads; take this one."
        ),
    ] = None,
    out: Annotated[Path, typer.Option(metavar="FILE", help="Table to write.")] = Path(
        "classes.csv"
    ),
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Make request classes from a trace.

    A request log has the columns input_tokens and output_tokens; histograms have workload,
    field, mean_tokens_in_bin and requests_frac.
    """
    refuse_existing(out, overwrite)
    from carbonplan.prepare.classes import (
        read_histograms,
        read_lengths,
        request_classes,
        write_classes,
    )

    lengths = read_lengths(trace) if workload is None else read_histograms(trace, workload)
    evidence = "measured" if workload is None else "derived"
    rows = request_classes(lengths, service, count, evidence=evidence, source=source)
    write_classes(rows, out)
    _show_written(rows, out, f"{len(rows)} classes", as_json)


@app.command()
def arrivals(
    trace: Trace,
    service: Service,
    source: Source,
    start_hour_of_week: Annotated[
        int,
        typer.Option(
            min=0, max=167, help="Local hour in which the trace begins; 0 is Monday 00:00."
        ),
    ],
    rates: Annotated[
        bool,
        typer.Option("--rates", help="TRACE is a series of rates (t_s, requests_per_s)."),
    ] = False,
    workload: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="With --rates: only the rows of this workload."),
    ] = None,
    out: Annotated[Path, typer.Option(metavar="FILE", help="Table to write.")] = Path(
        "arrivals.csv"
    ),
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Make a weekly arrival shape from a trace.

    A request log has the column t_ms, milliseconds since the trace began.
    """
    if workload is not None and not rates:
        raise UsageError("--workload needs --rates: a request log is of one service")
    refuse_existing(out, overwrite)
    from carbonplan.prepare.arrivals import arrival_shape, read_log, read_rates, write_arrivals

    load = read_rates(trace, workload) if rates else read_log(trace)
    rows = arrival_shape(load, service, start_hour_of_week=start_hour_of_week, source=source)
    write_arrivals(rows, out)
    _show_written(rows, out, f"{len(rows)} hours of the week", as_json)


def _show_written(rows: Sequence[Record], out: Path, what: str, as_json: bool) -> None:
    if as_json:
        show_json({"file": str(out), "rows": [row.model_dump(mode="json") for row in rows]})
    else:
        show(f"wrote {out}: {what}")
