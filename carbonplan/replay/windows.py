"""Requests out of counts of windows: as many as a Poisson number of each window's mean.

Within a window they come independently of each other, which is smoother than what clients in
sessions send; their lengths are drawn from those of their workload, independently of the time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from carbonplan.catalogue.shipped import shown
from carbonplan.catalogue.tables import refuse, shortened
from carbonplan.errors import nearest
from carbonplan.prepare.request_logs import Batch, Counted, read_requests
from carbonplan.replay.arrays import Floats, Integers

MOST_REQUESTS = 20_000_000

Generator = np.random.Generator


def requests_in_windows(
    path: Path, windows: Sequence[Batch], lengths: Path, seconds: float | None, seed: int
) -> tuple[Floats, Floats, Integers]:
    """Times, tokens and numbers of the batch of windows, (request,), (request, 2), (request,).

    Parameters
    ----------
    path
        File that the counts are of, for messages.
    lengths
        Histograms, or a log of requests.
    seconds
        From the first window on; without it, all.

    Raises
    ------
    InvalidInput
        Where a workload has no lengths, or more requests are counted than memory should hold.
    """
    known, _, _ = read_requests([lengths])
    _refuse_unknown(path, windows, known, lengths)
    windows = _until(windows, seconds)
    _refuse_too_many(path, sum(float(part.requests.sum()) for part in windows))
    generator = np.random.default_rng(seed)
    times = [_arrivals(part, generator) for part in windows]
    drawn = list(zip(windows, times, strict=True))
    tokens = [_lengths(known[part.workload], len(when), generator) for part, when in drawn]
    counts = [len(when) for when in times]
    if not sum(counts):
        refuse(path, ["no request in its windows"])
    number = np.repeat(np.arange(len(windows)), counts)
    return np.concatenate(times), np.concatenate(tokens), number


def _refuse_unknown(
    path: Path, windows: Sequence[Batch], known: Mapping[str, Counted], lengths: Path
) -> None:
    """Every workload without lengths is named."""
    names = dict.fromkeys(part.workload for part in windows)
    lacking = [name for name in names if name not in known or not len(known[name].tokens)]
    refuse(
        path,
        [
            f'workload "{shortened(name)}" has no lengths in {shown(lengths)}'
            f"{nearest(name, known)}"
            for name in lacking
        ],
    )


def _refuse_too_many(path: Path, expected: float) -> None:
    if expected > MOST_REQUESTS:
        most = f"expected {MOST_REQUESTS:,} at most: ask for fewer seconds"
        refuse(path, [f"its windows hold {expected:,.0f} requests; {most}"])


def _until(windows: Sequence[Batch], seconds: float | None) -> list[Batch]:
    """Windows that begin within some seconds of the first."""
    if seconds is None:
        return list(windows)
    end_s = min(float(part.time_s.min(initial=np.inf)) for part in windows) + seconds
    return [_where(part, part.time_s < end_s) for part in windows]


def _where(part: Batch, kept: NDArray[np.bool_]) -> Batch:
    return replace(
        part,
        time_s=part.time_s[kept],
        requests=part.requests[kept],
        covered_s=part.covered_s[kept],
    )


def _arrivals(part: Batch, generator: Generator) -> Floats:
    """Times of a Poisson number of requests in each window."""
    counts = generator.poisson(part.requests)
    inside = generator.random(int(counts.sum()))
    return np.repeat(part.time_s, counts) + inside * np.repeat(part.covered_s, counts)


def _lengths(counted: Counted, count: int, generator: Generator) -> Floats:
    """Lengths as often as they were counted, (request, 2)."""
    share = counted.requests / counted.requests.sum()
    return counted.tokens[generator.choice(len(share), size=count, p=share)]
