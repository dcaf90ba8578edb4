"""Rules of how the requests of a workload divide into classes."""

from __future__ import annotations

import math
from collections.abc import Iterator

from carbonplan.scenario.messages import Problem
from carbonplan.scenario.schema import Scenario
from carbonplan.scenario.wording import PathKeys, quoted
from carbonplan.scenario.workloads import ClassSpec, Workload

SHARE_TOLERANCE = 1e-6


def classes_are_parts_of_a_whole(workload: Workload) -> Iterator[Problem]:
    """Classes are given in one way, and each has a share or its requests are counted."""
    yield from _given_once(workload)
    counted = workload.arrivals.by == "class"
    if counted and workload.arrivals.file is None:
        yield Problem(("arrivals", "by"), "found class without file, expected a file")
    for path, classes in _ways(workload):
        if not isinstance(classes, list):
            continue
        names = [one.name for one in classes]
        for i, name in enumerate(names):
            if path[0] == "partitions" and name in names[:i]:
                yield Problem((*path, i), f"{quoted(name)} is listed twice")
        yield from _shares(path, classes, counted=counted)


def _given_once(workload: Workload) -> Iterator[Problem]:
    if (workload.classes is None) == (workload.partitions is None):
        found = "both" if workload.partitions is not None else "neither"
        yield Problem((), f"expected classes or partitions, found {found}")
    if workload.partitions is not None:
        if not workload.partitions:
            yield Problem(("partitions",), "found none, expected at least one")
        if workload.kind == "batch":
            yield Problem(("partitions",), "found in a batch workload, expected in online only")


def _ways(
    workload: Workload,
) -> Iterator[tuple[PathKeys, str | list[ClassSpec] | None]]:
    """Where classes are given, and what is given there."""
    yield ("classes",), workload.classes
    for name, classes in (workload.partitions or {}).items():
        yield ("partitions", name), classes


def _shares(path: PathKeys, classes: list[ClassSpec], *, counted: bool) -> Iterator[Problem]:
    """Every class has a share, unless its requests are counted."""
    missing = [i for i, one in enumerate(classes) if one.share is None]
    if not classes:
        yield Problem(path, "found no class, expected at least one")
    elif not counted and missing:
        for i in missing:
            yield Problem((*path, i, "share"), "is missing; expected a number >= 0 and <= 1")
    elif not counted:
        yield from shares_are_a_whole(path, [one.share or 0.0 for one in classes])
    for i, one in enumerate(classes):
        if counted and one.share is not None:
            yield Problem(
                (*path, i, "share"),
                "found where arrivals are counted by class, expected it absent",
            )


def shares_are_a_whole(path: PathKeys, shares: list[float]) -> Iterator[Problem]:
    """The shares of a list sum to one."""
    total = math.fsum(shares)
    if abs(total - 1) > SHARE_TOLERANCE:
        yield Problem(path, f"shares sum to {total:.6g}, expected 1")


def idle_earning_is_told_apart(scenario: Scenario) -> Iterator[Problem]:
    """Only the grid's own signal tells idle power from serving, not contracts."""
    if scenario.signal.negative == "no-idle-earning" and scenario.supply.contracts:
        words = "found no-idle-earning with supply.contracts, expected floor or allow"
        yield Problem(("signal", "negative"), words)


RULES_OF_CLASSES = ((("signal", "supply"), idle_earning_is_told_apart),)
