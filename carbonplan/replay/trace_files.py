"""Traces as files that a replay reads again, and curves of rates to warp them by."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path

import numpy as np

from carbonplan.catalogue.tables import refuse
from carbonplan.plan.atomic import write_file
from carbonplan.prepare.trace import read_columns
from carbonplan.replay.arrays import Floats
from carbonplan.replay.traffic import Trace

HEADER = ("time_s", "input_tokens", "output_tokens")
TIME, RATE = "t_s", "requests_per_s"
EVEN = 1e-6  # by which windows may differ in length


def write_trace(trace: Trace, path: Path, *, overwrite: bool = False) -> None:
    """A CSV with a row for each request; compressed where the name ends in ``.gz``.

    The workload has a column where the trace names any. Times are kept to a microsecond.
    """
    names = any(trace.names)
    columns = [
        [f"{time_s:.6f}" for time_s in trace.time_s.tolist()],
        map(str, trace.prompt.tolist()),
        map(str, trace.output.tolist()),
        *([trace.workload.tolist()] if names else []),
    ]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*HEADER, *(["workload"] if names else [])])
    writer.writerows(zip(*columns, strict=True))
    content = text.getvalue().encode("utf-8")
    if path.suffix == ".gz":
        content = gzip.compress(content, mtime=0)
    write_file(path, content, overwrite=overwrite)


def read_curve(path: Path) -> tuple[Floats, float]:
    """Rates of windows that follow one another, (window,) [1/s], and how long one is [s].

    Raises
    ------
    InvalidInput
        Unless windows begin at 0 and are of one length.
    """
    columns = read_columns(path, (TIME, RATE))
    time_s, rates = columns[TIME], columns[RATE]
    steps = np.diff(time_s)
    even = len(steps) > 0 and steps[0] > 0 and np.ptp(steps) <= EVEN * steps[0]
    problems = [] if even and time_s[0] == 0 else [f"{TIME}: expected 0 and even steps from it"]
    if (rates < 0).any() or not (rates > 0).any():
        problems.append(f"{RATE}: expected rates of 0 or more, one of them above 0")
    refuse(path, problems)
    return rates, float(steps[0])
