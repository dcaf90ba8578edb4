"""Amounts and changes in the scenario's words."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from carbonplan.diagnose.records import Conflict, Diagnosis, Relaxation
from carbonplan.diagnose.rounding import figure
from carbonplan.units import MS_PER_S

ONE_OF = {
    "servers": "server",
    "replicas": "replica",
    "years": "year",
    "requests/s": "request/s",
}


def amount(value: float, unit: str) -> str:
    """``650 ms``, ``40 kW``, ``0.9``: a number with its unit."""
    if unit in ONE_OF and value == 1:
        return f"1 {ONE_OF[unit]}"
    if unit == "s" and 0 < value < 1:
        return f"{value * MS_PER_S:.4g} ms"
    if unit in ("USD", "kWh", "kgCO2e", "L") and value >= 1e4:
        return f"{value:,.0f} {unit}"
    return f"{figure(value)} {unit}".strip()


def change(words: str, before: float, after: float, unit: str) -> str:
    """``raise the TTFT of chat from 500 ms to 650 ms``."""
    verb = "raise" if after > before else "lower"
    return f"{verb} {words} from {amount(before, unit)} to {amount(after, unit)}"


def listed(words: Sequence[str], last: str = "and") -> str:
    """``a, b and c``."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def lines(found: Diagnosis) -> tuple[str, ...]:
    """The cause, what cannot hold together, and each way out with what to paste."""
    return (
        *_headlines(found),
        *found.details,
        *(offer(one, i) for i, one in enumerate(found.relaxations)),
        *([] if found.complete else ["the search for ways out ended with its time"]),
    )


def _headlines(found: Diagnosis) -> list[str]:
    """The cause, and what cannot hold together unless that is the cause."""
    if not found.conflict.groups:
        return [found.cause]
    together = irreducible(found.conflict)
    return [found.cause, together] if found.findings else [together]


def cannot_hold(together: Conflict) -> str:
    """``a, b and c cannot hold together``, or ``no plan exists with a``."""
    words = [group.words for group in together.groups]
    if len(words) == 1:
        return f"no plan exists with {words[0]}"
    return f"{listed(words)} cannot hold together"


def irreducible(together: Conflict) -> str:
    """What cannot hold together, and whether all of it is needed for that."""
    if not together.proven:
        return f"{cannot_hold(together)} (not proven irreducible)"
    if len(together.groups) == 1:
        return f"{cannot_hold(together)}, whatever the other limits are"
    return f"{cannot_hold(together)}; without any one of them the others can"


def offer(one: Relaxation, position: int) -> str:
    """A way out, and the options that take it."""
    options = " ".join(f"--set {shlex.quote(override)}" for override in one.overrides)
    return f"{'or ' if position else 'to have a plan, '}{one.words}: {options}"
