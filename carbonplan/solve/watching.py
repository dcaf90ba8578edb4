"""Who watches a running solve: no exception leaves a callback of HiGHS."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.solve.arrays import Floats

if TYPE_CHECKING:
    import highspy

SECONDS_BETWEEN_REPORTS = 0.2


@dataclass(frozen=True)
class Node:
    """Where branch and bound stands."""

    objective: float | None
    bound: float | None
    nodes: int


@dataclass(frozen=True)
class Watcher:
    """Whom a running solve asks and tells; what these raise ends the solve."""

    interrupted: Callable[[], bool] = lambda: False
    improved: Callable[[Floats, Node], None] = lambda _values, _node: None
    reached: Callable[[Node], None] = lambda _node: None


class Guard:
    """Callbacks that never raise: the first failure is kept and ends the solve."""

    def __init__(self, watcher: Watcher) -> None:
        self.watcher = watcher
        self.failure: BaseException | None = None
        self._last_report = -math.inf

    def on_heartbeat(self, event: highspy.highs.HighsCallbackEvent) -> None:
        self._guarded(event, lambda: None)

    def on_interrupt(self, event: highspy.highs.HighsCallbackEvent) -> None:
        if time.monotonic() - self._last_report < SECONDS_BETWEEN_REPORTS:
            self._guarded(event, lambda: None)
            return
        self._last_report = time.monotonic()
        node = _node(event.data_out, event.data_out.mip_primal_bound)
        self._guarded(event, lambda: self.watcher.reached(node))

    def on_improvement(self, event: highspy.highs.HighsCallbackEvent) -> None:
        node = _node(event.data_out, event.data_out.objective_function_value)
        values = np.array(event.data_out.mip_solution, dtype=float)
        self._guarded(event, lambda: self.watcher.improved(values, node))

    def _guarded(
        self, event: highspy.highs.HighsCallbackEvent, action: Callable[[], None]
    ) -> None:
        try:
            if self.failure is None:
                action()
                stop = self.watcher.interrupted()
            else:
                stop = True
        except BaseException as failure:  # an exception in a callback ruins the solver object
            self.failure = failure
            stop = True
        if stop and event.data_in is not None:
            event.interrupt()


def _node(data: highspy.cb.HighsCallbackOutput, objective: float) -> Node:
    return Node(finite(objective), finite(data.mip_dual_bound), max(data.mip_node_count, 0))


def finite(value: float) -> float | None:
    """Return the number, or None where there is none."""
    return float(value) if math.isfinite(value) else None
