"""``data trace``: logs of requests, scaled, warped or made up anew, to a trace for a replay."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from carbonplan.cli.options import LARGEST_SEED, Json, Overwrite, refuse_existing
from carbonplan.cli.output import show, show_json

if TYPE_CHECKING:
    from carbonplan.replay.synthetic import Process
    from carbonplan.replay.traffic import Trace


def trace(
    log: Annotated[
        Path,
        typer.Argument(metavar="LOG", help="Requests or rates, plain or compressed with gzip."),
    ],
    lengths: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Lengths for a LOG that only counts requests."),
    ] = None,
    workloads: Annotated[
        list[str] | None,
        typer.Option("--workload", metavar="NAME", help="Only this one; repeatable."),
    ] = None,
    start: Annotated[
        float, typer.Option(min=0.0, help="Seconds that are left out before the first.")
    ] = 0.0,
    seconds: Annotated[
        float | None, typer.Option(min=0.001, help="Length; without it, to the end.")
    ] = None,
    arrivals: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="`log`: as they came; poisson, gamma or mmpp (Markov-modulated Poisson): made "
            "up with the moments of LOG.",
        ),
    ] = "log",
    scale: Annotated[
        float, typer.Option(min=0.001, help="So many times the requests, in the same time.")
    ] = 1.0,
    rates: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Warp time to these rates: CSV with t_s, requests_per_s."
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option(min=0, max=LARGEST_SEED, help="Of whatever is drawn.")
    ] = 0,
    out: Annotated[
        Path, typer.Option(metavar="FILE", help="Trace to write; compressed if named .gz.")
    ] = Path("trace.csv.gz"),
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Make a trace that `replay` reads out of logs and traces of any known shape.

    LOG is in one of the formats of `data requests`. What is asked for is done in this order:
    cut, made up anew, scaled, warped. The same seed gives the same trace.
    """
    refuse_existing(out, overwrite)
    from carbonplan.replay.synthetic import fitted, synthetic
    from carbonplan.replay.trace_files import read_curve, write_trace
    from carbonplan.replay.traces import read_trace, scaled, truncated, warped

    read_for = None if seconds is None else start + seconds
    made = read_trace(
        log, lengths=lengths, workloads=workloads or (), seconds=read_for, seed=seed
    )
    if start > 0:
        made = truncated(made, made.seconds, start)
    process = None
    if arrivals != "log":
        process = fitted(made, arrivals)
        made = synthetic(made, process, made.seconds, seed)
    if scale != 1.0:
        made = scaled(made, scale, seed)
    if rates is not None:
        made = warped(made, *read_curve(rates))
    write_trace(made, out, overwrite=overwrite)
    _show(made, process, out, as_json=as_json)


def _show(made: Trace, process: Process | None, out: Path, *, as_json: bool) -> None:
    from dataclasses import asdict

    facts = {
        "requests": len(made.time_s),
        "seconds": float(made.time_s[-1]),
        "requests_per_s": len(made.time_s) / made.seconds,
        "input_tokens": float(made.prompt.mean()),
        "output_tokens": float(made.output.mean()),
    }
    if as_json:
        fit = None if process is None else {"kind": type(process).__name__, **asdict(process)}
        show_json({"file": str(out), "source": made.source, **facts, "arrivals": fit})
        return
    show(
        f"wrote {out}: {facts['requests']:,} requests in {facts['seconds']:,.0f} s, "
        f"{facts['requests_per_s']:.3g} a second, with {facts['input_tokens']:,.0f} input and "
        f"{facts['output_tokens']:,.0f} output tokens"
    )
