"""Requests beyond what was measured of the replicas that serve them.

A plan refuses a class beyond the measured tokens, unless its scenario widens them. So does a
replay: the requests of a trace that a class draws from must lie inside by their means. Single
ones may lie outside.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from carbonplan.errors import InvalidInput
from carbonplan.replay.known import MeasuredTimes
from carbonplan.replay.site import Site
from carbonplan.replay.traffic import Served, Trace, Traces, rows_of_classes
from carbonplan.technology.measured import class_times

Means = tuple[float, float]


def refuse_unmeasured(
    scenario: str, sites: Sequence[Site], classes: Sequence[Served], traces: Traces
) -> None:
    """Refuse traces whose requests are beyond what was measured.

    Raises
    ------
    InvalidInput
        With a line for each class and engine.
    """
    engines = {name: times for site in sites for name, times in _measured(site)}
    if not engines:
        return
    means = _means(classes, traces)
    served = {
        (one.engine, k)
        for site in sites
        for one in site.running
        if one.engine in engines
        for k in range(len(classes))
        if one.load_rps[k].any() and k in means
    }
    problems = [
        f"{classes[k].name}: its requests have {means[k][0]:.0f} tokens and answers of "
        f"{means[k][1]:.0f} on average in the trace; {engine} was not measured at {line}; "
        "measure there, set fleet.profiles_outside to widen and plan again, or scale lengths "
        "(--fit-lengths)"
        for engine, k in sorted(served)
        for line in dict.fromkeys(_outside(engines[engine], means[k]))
    ]
    if problems:
        raise InvalidInput(scenario, problems)


def _measured(site: Site) -> Iterator[tuple[str, MeasuredTimes]]:
    """Engines whose times were measured, and are not taken beyond that."""
    for kind in site.kinds:
        if isinstance(kind.known, MeasuredTimes) and not kind.known.widens:
            yield kind.engine, kind.known


def _outside(known: MeasuredTimes, means: Means) -> Iterator[str]:
    """What lies beyond the measured tokens, in the words of the plan."""
    prompt, output = means
    for measured in known.at.values():
        if measured is not None:
            yield from class_times(measured, prompt, prompt + output / 2.0, widen=False)[1]


def _means(classes: Sequence[Served], traces: Traces) -> dict[int, Means]:
    """Mean prompt and answer of the requests that each class draws from, by its number."""
    found = {}
    for workload in dict.fromkeys(one.workload for one in classes):
        trace: Trace | None = traces.get(workload, traces.get(""))
        mine = [k for k, one in enumerate(classes) if one.workload == workload]
        rows = [] if trace is None else rows_of_classes(trace, [classes[k] for k in mine])
        for k, of_class in zip(mine, rows, strict=False):
            if len(of_class):
                prompt, output = trace.prompt[of_class], trace.output[of_class]
                found[k] = float(prompt.mean()), float(output.mean())
    return found
