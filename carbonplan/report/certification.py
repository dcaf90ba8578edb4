"""How the certification of a plan is worded: its rounds, promises and what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING

from carbonplan.report.replay_wording import LIMITS, duration, percent, slots
from carbonplan.report.wording import change, number, quantity, visible

if TYPE_CHECKING:
    from carbonplan.certify import Round

FITTED = " with lengths as planned"
NOTHING = "nothing: the first plan keeps every promise"


def round_line(one: Round) -> str:
    """A round as it ends, in a line."""
    planned = f"round {one.number}: {headroom(one.headroom)}"
    if one.problem:
        return f"{planned}: no plan: {visible(one.problem)}"
    planned += f", objective {number(one.value, 4)}"
    if one.replayed is None:
        return f"{planned}: {one.status}"
    if one.holds:
        return f"{planned}: every promise is kept"
    if not one.replayed.missed:
        unseen = ", ".join(map(visible, one.replayed.unseen))
        return f"{planned}: no request of {unseen} was replayed"
    missed = ", ".join(
        f"{visible(promise.workload)} {LIMITS[promise.found.measure]} by "
        f"{percent(promise.found.share)} of {percent(promise.found.promised)}"
        for promise in one.replayed.missed
    )
    return f"{planned}: missed: {missed}"


def headroom(of_workloads: Mapping[str, float]) -> str:
    """Head-room of each workload."""
    named = ", ".join(f"{visible(name)} {value:g}" for name, value in of_workloads.items())
    return f"head-room {named}"


def verdict(found: Mapping) -> str:
    """Whether the plan is certified, in a sentence."""
    rounds = found["rounds"]
    count = "1 round" if len(rounds) == 1 else f"{len(rounds)} rounds"
    if not found["certified"]:
        return f"NOT CERTIFIED after {count}: not every promise is known to hold on the trace."
    certain = (
        "another draw of its requests would very likely say the same"
        if found["certain"]
        else "another draw of its requests might say otherwise: too few were replayed"
    )
    return f"Certified in {count}: every promise is kept on the trace, and {certain}."


def limit(promise: Mapping) -> str:
    """What is limited, and to what."""
    words = LIMITS[promise["measure"]]
    if promise["measure"] == "deadline" or promise["limit_s"] is None:
        return words
    return f"{words} {duration(promise['measure'], promise['limit_s'])}"


def kept(promise: Mapping) -> str:
    """Whether a promise was kept, and how certainly."""
    words = "kept" if promise["kept"] else "MISSED"
    return words if promise["certain"] else f"{words}, not certain"


def replayed(found: Mapping) -> str:
    """What the promises were judged by."""
    last = found["rounds"][found["round"] - 1]["replayed"]
    if last is None:
        return "nothing"
    traces = ", ".join(_source(one) for one in found["traces"])
    return (
        f"{last['requests']:,} requests of {traces}, seed {found['seed']}; "
        f"{percent(last['replica_share'])} of the replicas, {slots(last['slots'])}, "
        f"{last['window_s']:,.0f} s of each"
    )


def more(cost: Mapping) -> str:
    """What certainty costs in an impact, as far as it is proven."""
    first = cost["first"]
    ends = [cost["at_least"], cost["at_most"]]
    if None in ends or not first:
        return quantity(cost["last"] - first, cost["unit"])
    least, most = (change(first + end, first) for end in ends)
    return least if least == most else f"{least} to {most}"


def _source(trace: Mapping) -> str:
    name = visible(PurePath(trace["path"]).name)
    whose = f" for {visible(trace['workload'])}" if trace["workload"] else ""
    return f"{name}{whose}{FITTED if trace.get('fits_lengths') else ''}"
