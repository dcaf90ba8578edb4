"""The page on FREESH's schedulers: what the paper claims, and what the event loop gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from carbonplan.replay.freesh_study import Found

Times = Mapping[str, tuple[float, float]]


def page(found: Sequence[Found], times_ms: Times, draws: int, *, varies: bool) -> str:
    """Claims, and tables by workload, as Markdown.

    Parameters
    ----------
    times_ms
        First token and time between tokens, by workload.
    draws, varies
        Draws of each point, and whether lengths differ.
    """
    lengths = "vary exponentially around 128 tokens" if varies else "are all 128 tokens"
    parts = [HEADING, f"Lengths {lengths}; each point is the mean of {draws} draws.\n"]
    for workload, times in times_ms.items():
        mine = [one for one in found if one.workload == workload]
        parts.append(_table(f"{workload}: TTFT {times[0]:g} ms, TBT {times[1]:g} ms", mine))
    return "\n".join([*parts, SAME_AND_DIFFERENT])


def _table(title: str, found: Sequence[Found]) -> str:
    lines = [
        f"### {title}\n",
        "| requests/s | order | breaches | mean TTFT s | mean largest gap s | fairness |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for one in found:
        lines.append(
            f"| {one.rate_rps:g} | {one.order.upper()} | {one.breach:.1%} | {one.ttft_s:.2f} | "
            f"{one.gap_s:.2f} | {one.fairness:.3f} |"
        )
    return "\n".join([*lines, ""])


HEADING = """\
# FREESH's schedulers

This page is made by

    python -m carbonplan.replay.freesh_study --page docs/reproduce/freesh-schedulers.md

from the constants of the simulation that FREESH publishes (He, Fang, Lian, Tsang, Zhang, Chen;
arXiv 2511.00807; MIT licence): 20 workers, 100 requests, 5 to 25 requests/s.

## What the paper claims

FREESH as a whole, its schedulers among it, saves energy and emissions "together with
improvements in SLO attainment and fairness"; least laxity first is to end the wait of short
requests behind long ones that comes with first come, first served. What its runs of the
schedulers gave was not seen, so that nothing here is held against a number.

## What the event loop gives
"""

SAME_AND_DIFFERENT = """\
## What is the same, and what differs

The same: workers, rates, requests, the times of the first and of the other tokens, deadlines of
1.4 times and breaches beyond 5 times the predicted latency, laxity, four clients in turn, two
units of service for a token, fairness by the largest gap over the mean service.

Different: lengths, whose data set is not public; iterations of one token instead of steps of
0.1 s; a prompt delays its own request only; tokens of a request are taken to lie evenly between
its first and its last where service is counted; SRTF and EDF suspend as LLF does. Fairness here
is not Jain's index.
"""
