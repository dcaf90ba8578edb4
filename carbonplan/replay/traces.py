r"""Traces of requests: read from logs of any known shape, scaled, warped and cut.

Logs that list requests give them as they came. Logs that count them in windows (ServeGen's
rates, Prometheus) say nothing of single requests: those of a window come independently of each
other, as many as a Poisson number of its mean, with lengths drawn from a histogram beside it.
Whatever is drawn is drawn from a seed.

The shapes are those of ``carbonplan.prepare.request_logs``. Requests without input or without
output are no load and are left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from carbonplan.catalogue.shipped import shown
from carbonplan.catalogue.tables import refuse, shortened
from carbonplan.errors import InvalidInput, UsageError, nearest
from carbonplan.prepare.request_logs import Batch, read_log
from carbonplan.replay.arrays import Floats, Integers
from carbonplan.replay.traffic import Trace
from carbonplan.replay.windows import requests_in_windows

LARGEST_TOKENS = 2**31 - 1  # that its type holds


def read_trace(
    path: Path,
    *,
    wanted: str | None = None,
    renamed: Mapping[str, str] | None = None,
    lengths: Path | None = None,
    workloads: Sequence[str] = (),
    seconds: float | None = None,
    seed: int = 0,
) -> Trace:
    """Requests of a log, in seconds from the first of them.

    Parameters
    ----------
    wanted, renamed
        Format of the file, and columns of a plain CSV as the file calls them; without them
        both are told by the header or the first line.
    lengths
        Lengths for a log that only counts requests: histograms, or a log with lengths.
    workloads
        Those wanted; without any, all.
    seconds
        From the first request on; without it, all.

    Raises
    ------
    InvalidInput
        With file and line of what is not as it should be, or if the log says no times.
    """
    name, _, batches = read_log(path, wanted, renamed)
    parts = _chosen(path, [_slim(path, one) for one in batches], workloads)
    timed = [part for part in parts if part.time_s is not None]
    source = shown(path)
    if not timed:
        refuse(path, [f"a log of format {name} says no times; expected one that does"])
    if all(part.tokens is not None for part in timed):
        drawn = _listed(path, timed)
    elif lengths is None and len(timed) == len(parts):
        problem = f"a log of format {name} only counts requests; expected lengths beside it"
        raise InvalidInput(source, [problem])
    else:
        timed = [part for part in timed if part.tokens is None]
        drawn = requests_in_windows(path, timed, lengths or path, seconds, seed)
        source = f"{source} with lengths of {shown(lengths)}" if lengths else source
    trace = _in_time(*drawn, [part.workload for part in timed], source)
    return trace if seconds is None else truncated(trace, seconds)


def truncated(trace: Trace, seconds: float, start_s: float = 0.0) -> Trace:
    """Requests of some seconds, in seconds from the first of them.

    Parameters
    ----------
    start_s
        After the first request of the trace.
    """
    offsets = trace.time_s - trace.time_s[0]
    chosen = np.flatnonzero((offsets >= start_s) & (offsets < start_s + seconds))
    if not len(chosen):
        last = f"its last comes after {offsets[-1]:g} s"
        raise UsageError(f"{trace.source} has no request in {seconds:g} s: {last}")
    return trace.at(chosen, trace.time_s[chosen] - trace.time_s[chosen[0]])


def scaled(trace: Trace, factor: float, seed: int = 0) -> Trace:
    r"""As long a trace with ``factor`` times the requests.

    Copies, each moved by a random time around the trace, lie one over another:
    :math:`\\lfloor f \\rfloor` whole and one thinned to the rest. Lengths and the course of the
    load stay as they are in one copy; many copies are smoother than one, as many users are.
    """
    _refuse_unless_positive("factor", factor)
    generator = np.random.default_rng(seed)
    offsets, seconds = trace.time_s - trace.time_s[0], trace.seconds
    times: list[Floats] = []
    rows: list[Integers] = []
    for copy in range(int(np.ceil(factor))):
        shift_s = seconds * generator.random() if copy else 0.0
        kept = np.arange(len(offsets))
        if copy + 1 > factor:
            kept = kept[generator.random(len(kept)) < factor - copy]
        times.append((offsets[kept] + shift_s) % seconds)
        rows.append(kept)
    return _in_order(trace, np.concatenate(rows), np.concatenate(times))


def warped(trace: Trace, rates_rps: Sequence[float] | Floats, window_s: float) -> Trace:
    r"""The requests of a trace, again and again, at the rates of a curve.

    The trace is read as a clock that ticks :math:`\rho` times a second, its own mean rate.
    What it shows at :math:`\tau` comes at the time t at which the curve has brought as many:

    .. math:: \int_0^t \lambda(s)\,ds = \rho\,\tau

    Order and bursts stay; where the curve is twice as high, all of it runs twice as fast.

    Parameters
    ----------
    rates_rps
        Of windows of ``window_s``, one after another, constant in each, (window,).
    """
    rates = np.asarray(rates_rps, dtype=float)
    if not (np.isfinite(rates).all() and (rates >= 0).all() and rates.any()):
        raise UsageError("expected rates of 0 or more, one of them above 0")
    _refuse_unless_positive("window_s", window_s)
    upto = np.concatenate([[0.0], np.cumsum(rates * window_s)])
    count = len(trace.time_s)
    turns = int(np.ceil(upto[-1] / count))
    each = (trace.time_s - trace.time_s[0]) * count / trace.seconds
    ticks = (each + count * np.arange(turns)[:, None]).ravel()
    row = np.tile(np.arange(count), turns)[ticks < upto[-1]]
    return trace.at(row, _when(ticks[ticks < upto[-1]], upto, rates, window_s))


def _when(ticks: Floats, upto: Floats, rates: Floats, window_s: float) -> Floats:
    """Time at which a curve of rates has brought so many; windows without any are passed."""
    window = np.searchsorted(upto, ticks, side="right") - 1
    return window * window_s + (ticks - upto[window]) / rates[window]


def _chosen(path: Path, parts: list[Batch], workloads: Sequence[str]) -> list[Batch]:
    """What a log says of the workloads that are wanted."""
    known = list(dict.fromkeys(part.workload for part in parts))
    refuse(
        path,
        [
            f'has no workload "{shortened(name)}"; it has '
            f"{', '.join(map(repr, known))}{nearest(name, known)}"
            for name in workloads
            if name not in known
        ],
    )
    return [part for part in parts if not workloads or part.workload in workloads]


def _slim(path: Path, part: Batch) -> Batch:
    """Of requests that are listed those that are a load, in little memory."""
    if part.time_s is None or part.tokens is None:
        return part
    served = (part.tokens > 0).all(axis=1)
    tokens = np.maximum(np.rint(part.tokens[served]), 1.0)
    most = tokens.max(initial=0.0)
    if most > LARGEST_TOKENS:
        refuse(path, [f"found {most:g} tokens; expected {LARGEST_TOKENS:g} at most"])
    each = np.broadcast_to(1.0, len(tokens))
    return Batch(part.workload, part.time_s[served], tokens.astype(np.int32), each)


def _listed(path: Path, parts: Sequence[Batch]) -> tuple[Floats, Integers, Integers]:
    """Times, tokens and numbers of the parts of a log that lists requests."""
    counts = [len(part.tokens) for part in parts]
    if not sum(counts):
        refuse(path, ["no request with input and output tokens"])
    return (
        np.concatenate([part.time_s for part in parts]),
        np.concatenate([part.tokens for part in parts]),
        np.repeat(np.arange(len(parts)), counts),
    )


def _in_time(
    time_s: Floats, tokens: NDArray, part: Integers, workloads: Sequence[str], source: str
) -> Trace:
    """A trace in order of time.

    Parameters
    ----------
    part, workloads
        Number of each request's part, and the workload of each part.
    """
    names = tuple(dict.fromkeys(workloads))
    codes = np.array([names.index(one) for one in workloads], np.min_scalar_type(len(names)))
    order = np.argsort(time_s, kind="stable")
    prompt, output = (
        np.maximum(np.rint(tokens[order, side]), 1.0).astype(np.int32) for side in (0, 1)
    )
    times = time_s[order]
    return Trace(times - times[0], prompt, output, codes[part[order]], names, source)


def _in_order(trace: Trace, rows: Integers, time_s: Floats) -> Trace:
    """Rows of a trace at new times, in their order, from the first."""
    if not len(rows):
        raise UsageError(f"nothing is left of {trace.source}")
    order = np.argsort(time_s, kind="stable")
    times = time_s[order]
    return trace.at(rows[order], times - times[0])


def _refuse_unless_positive(name: str, value: float) -> None:
    if not 0 < value < np.inf:
        raise UsageError(f"{name} {value:g}: expected a number above 0")
