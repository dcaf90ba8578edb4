"""What the options of ``replay`` may be, and what they mean."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from carbonplan.errors import UsageError, nearest

if TYPE_CHECKING:
    from carbonplan.replay.records import Policy


AUTO = "auto"


class Order(StrEnum):
    """In which waiting requests are taken."""

    FCFS = "fcfs"
    SRTF = "srtf"
    EDF = "edf"
    LLF = "llf"


class Routing(StrEnum):
    """Which replica a request goes to."""

    PLANNED = "planned"
    SHORTEST = "shortest"
    ANYWHERE = "anywhere"
    LENGTH = "length"


class Lengths(StrEnum):
    """What schedulers know of the length of answers."""

    KNOWN = "known"
    PREDICTED = "predicted"
    UNKNOWN = "unknown"


def policies_of(
    orders: list[str], clocks: list[str], *, compares: bool, **others: object
) -> list[Policy]:
    """Every order with every clock."""
    from carbonplan.replay.records import CLOCKS, ORDERS, Policy

    asked = (("--compare", orders, ORDERS), ("--clock", clocks, CLOCKS))
    for option, names, known in asked:
        for name in names:
            if name not in known:
                raise UsageError(
                    f'{option} "{name}": expected {", ".join(known)}{nearest(name, known)}'
                )
    if not compares and len(clocks) > 1:
        raise UsageError("--clock: several clocks need --compare")
    return [
        Policy(order=order, clock=clock, **others)
        for order in dict.fromkeys(orders)
        for clock in dict.fromkeys(clocks)
    ]


def files_of(traces: list[str]) -> list[tuple[str, Path]]:
    """Workload and file of each trace; of all workloads where none is named."""
    named = []
    for text in traces:
        name, equals, path = text.partition("=")
        is_named = bool(equals) and "/" not in name and not Path(text).exists()
        named.append((name, Path(path)) if is_named else ("", Path(text)))
    names = [name for name, _ in named]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        whose = f'workload "{twice}"' if twice else "all workloads"
        raise UsageError(f"--trace: {whose} has two traces")
    return named


def share_of(text: str) -> float | None:
    """Share of the replicas; None: as many as the budget allows."""
    if text == AUTO:
        return None
    try:
        share = float(text)
    except ValueError:
        share = 0.0
    if not 0.0 < share <= 1.0:
        raise UsageError(f'--share "{text}": expected a number in (0, 1], or auto')
    return share


def slots_of(text: str) -> str | tuple[int, ...]:
    """``all``, ``worst``, or the numbers of the slots."""
    if text in ("all", "worst"):
        return text
    first, dots, last = text.partition("..")
    try:
        slots = tuple(range(int(first), int(last if dots else first) + 1))
    except ValueError:
        slots = ()
    if not slots:
        raise UsageError(f'--slots "{text}": expected A..B (the last included), worst or all')
    return slots
