"""The continuous relaxation of a large program by sifting: few columns at a time.

Most columns of a large program, say the load of a class of requests on a configuration that is
never worth it, are zero in every slot. The program is solved with those that a coarse version
of it uses; all the others are then priced (:mod:`carbonplan.solve.directions`), those of which
a better plan may be made come in, and it is solved again from the basis at hand. When there are
none, or the bound that the duals prove for *all* columns is as close as asked, that is the
relaxation of the whole program. Whatever goes wrong on the way, the whole program is solved
instead. Only with bounds that a heuristic tries is "infeasible" taken as the answer, once the
columns that a coarse version with these bounds uses have come in too: no plan was found there.
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from carbonplan.solve.arrays import FLEET, Arrays, Floats
from carbonplan.solve.bounds import safe_bound
from carbonplan.solve.coarse import coarsened, labels_of, used_labels
from carbonplan.solve.directions import Prices, Pricing
from carbonplan.solve.faults import TOLERANCE, answer_faults
from carbonplan.solve.highs import Model, Settings
from carbonplan.solve.parts import Columns, restricted, rows_of, slots_count
from carbonplan.solve.start import Basis, Method
from carbonplan.solve.status import Answer, Claim
from carbonplan.solve.watching import Watcher

FEWEST_COLUMNS = 50_000  # with fewer, one solve is faster
COARSE_SLOTS = 14
PRICED = 1e-6  # reduced cost at which a column is worth having
SHARE_OF_GAP = 1e-2  # of the gap asked for, which the relaxation may leave open
CLOSED = 1e-10  # relative difference at which objective and bound are the same number
MOST_ROUNDS = 40
LONG_SLOTS = 336  # from here on one coarse program misses hours that matter
DAYS_OF_LONG, PARTS_OF_DAY = 60, 4
STOPPED = (Claim.STOPPED, Claim.INTERRUPTED, Claim.OUT_OF_MEMORY)


def continuous_model(arrays: Arrays, settings: Settings) -> Model | Sifted:
    """Model of a program without whole numbers; sifted if it is large.

    An attempt without presolve is made because another failed: it does without sifting too.
    """
    is_large = arrays.columns_count >= FEWEST_COLUMNS
    if is_large and settings.presolve and slots_count(arrays) >= 2 * COARSE_SLOTS:
        labels = labels_of(arrays)
        if labels is not None:
            return Sifted(arrays, settings, labels)
    return Model(arrays, settings)


class Sifted:
    """A continuous program of which few columns are in HiGHS; used like a :class:`Model`.

    Attributes
    ----------
    chosen
        Columns that are in HiGHS; the others stay at their lower bounds, (column,).
    basis
        Of all columns and rows; those not in HiGHS are at their bounds and basic.
    succeeded
        Whether the chosen columns have once been enough.
    whole
        The whole program, once sifting has failed.
    again
        How a run begins after one that succeeded.
    most_rounds
        After which a run ends with the bound that it has, and the next one goes on with the
        columns that it wanted; None to go on until the bound is as close as asked.
    most_wanted
        Columns that come in at once, those that promise most; None for all that promise any.
    enough
        Objective at which a run ends without pricing, as no plan can be much better; None for
        none. The duals of such a run, and its bound, are those of the chosen columns alone.
    """

    def __init__(self, arrays: Arrays, settings: Settings, labels: NDArray[np.int64]) -> None:
        self.arrays = arrays
        self.settings = settings
        self.labels = labels
        self.chosen: Columns | None = None
        self.basis: Basis | None = None
        self.whole: Model | None = None
        self.succeeded = False
        self.again = Method.DUAL
        self.most_rounds: int | None = None
        self.most_wanted: int | None = None
        self.enough: float | None = None
        self._answered: Answer | None = None  # what the last run came to, if that holds still
        self._pricing = Pricing(settings)

    def set_bounds(self, lower: Floats, upper: Floats) -> None:
        """Change the bounds of the columns."""
        self._change(lower=lower, upper=upper)
        if self.whole is not None:
            self.whole.set_bounds(lower, upper)

    def set_rows(self, lower: Floats, upper: Floats) -> None:
        """Change the bounds of the rows."""
        self._change(row_lower=lower, row_upper=upper)
        if self.whole is not None:
            self.whole.set_rows(lower, upper)

    def set_costs(self, cost: Floats) -> None:
        """Change the costs of the columns."""
        self._change(cost=cost)
        if self.whole is not None:
            self.whole.set_costs(cost)

    def set_tolerance(self, tolerance: float) -> None:
        """Change the tolerances of feasibility and optimality."""
        if tolerance != self.settings.tolerance:
            self._answered = None
        self.settings = replace(self.settings, tolerance=tolerance)
        if self.whole is not None:
            self.whole.set_tolerance(tolerance)

    def _change(self, **parts: Floats) -> None:
        """Take other numbers; what the last run came to holds where they are the same."""
        if not all(np.array_equal(getattr(self.arrays, name), parts[name]) for name in parts):
            self._answered = None
        self.arrays = replace(self.arrays, **parts)

    def forget(self) -> None:
        """Start the next run anew, with the whole program: the last was no good."""
        self._answered = None
        if self.whole is None:
            self.whole = Model(self.arrays, self.settings)
        self.whole.forget()

    def run(self, watcher: Watcher, *, time_limit_s: float | None = None) -> Answer:
        """Solve and return what HiGHS claims, for all columns."""
        if self._answered is not None:
            return self._answered
        limit = self.settings.time_limit_s if time_limit_s is None else time_limit_s
        end = time.monotonic() + limit
        answer = None
        if self.whole is None:
            answer = self._sifted(watcher, end)
            is_final = self.most_rounds is None and answer is not None
            if is_final and answer.claim is Claim.PROVED:
                self._answered = answer
        if answer is None:
            if self.whole is None:
                self.whole = Model(self.arrays, self.settings)
            answer = self.whole.run(watcher, time_limit_s=_seconds(end))
        return answer

    def _sifted(self, watcher: Watcher, end: float) -> Answer | None:
        """Answer of sifting; None if it failed."""
        if self.chosen is None:
            self.chosen = self._first_choice(watcher, end)
        if self.chosen is None:
            return None
        answer = self._rounds(watcher, end)
        if answer is not None and answer.claim is Claim.INFEASIBLE:
            before = self.chosen
            self.widen(watcher, time_limit_s=_seconds(end))
            if (self.chosen & ~before).any():
                answer = self._rounds(watcher, end)
        return answer

    def _rounds(self, watcher: Watcher, end: float) -> Answer | None:
        """Answer once the chosen columns are enough; None if they never are."""
        method = self.again if self.succeeded else Method.INTERIOR
        for number in range(1, MOST_ROUNDS + 1):
            answer = self._solved(method, watcher, end)
            if answer is None or answer.claim is not Claim.PROVED:
                return answer
            self.succeeded = True
            if self.enough is not None and answer.objective <= self.enough:
                return answer
            prices = self._pricing.prices(
                self.arrays, answer.values, answer.duals, watcher, _seconds(end)
            )
            if prices.claim is not Claim.PROVED:
                return replace(answer, claim=prices.claim) if prices.claim in STOPPED else None
            answer = self._proved(answer, prices.duals)
            wanted = self._wanted(prices)
            room = max(SHARE_OF_GAP * self.settings.gap, CLOSED) * abs(answer.objective)
            if not wanted.any() or answer.objective - answer.bound <= room:
                return answer
            self.chosen = self.chosen | wanted
            if number == self.most_rounds:
                return answer
            method = Method.PRIMAL
        return None

    def widen(self, watcher: Watcher, *, time_limit_s: float) -> None:
        """Choose the columns too that a coarse program with the present costs uses."""
        found = self._first_choice(watcher, time.monotonic() + time_limit_s)
        if found is not None:
            self.chosen = found if self.chosen is None else self.chosen | found

    def _first_choice(self, watcher: Watcher, end: float) -> Columns | None:
        """Columns that coarse programs use, in all slots, and those that cannot wait."""
        length, offsets = coarse_slots(slots_count(self.arrays))
        chosen = None
        for offset in offsets:
            program, labels = coarsened(self.arrays, self.labels, length, offset)
            answer = Model(program, self.settings).run(watcher, time_limit_s=_seconds(end))
            if answer.claim is Claim.PROVED:
                used = used_labels(answer.values, program.lower, labels)
                used = used[np.maximum(self.labels, 0)]
                chosen = used if chosen is None else chosen | used
        if chosen is None:
            return None
        is_timed = self.labels != FLEET
        has_no_rest = ~np.isfinite(self.arrays.lower)
        return ~is_timed | has_no_rest | chosen

    def _solved(self, method: Method, watcher: Watcher, end: float) -> Answer | None:
        """Answer with the chosen columns alone; None if it is of no use for the others."""
        rows = rows_of(self.arrays, self.chosen)
        part = restricted(self.arrays, self.chosen, self.arrays.lower)
        if not self._holds_without(rows):
            return None
        for attempt in (method, Method.DUAL):
            model = Model(part, replace(self.settings, method=attempt))
            if self.basis is not None and attempt is not Method.INTERIOR:
                model.start_at(self.basis.of(self.chosen, rows))
            answer = model.run(watcher, time_limit_s=_seconds(end))
            is_tried = self.succeeded and answer.claim is Claim.INFEASIBLE
            if is_tried or answer.claim in STOPPED:
                return self._widened(answer, rows)
            is_priced = answer.claim is Claim.PROVED and answer.duals is not None
            if is_priced and not answer_faults(part, answer):
                self.basis = model.basis().spread(self.chosen, rows)
                return self._widened(answer, rows)
            self.basis = None
        return None

    def _holds_without(self, rows: Columns) -> bool:
        """Whether the rows without chosen columns hold where the others are."""
        held = np.where(self.chosen, 0.0, self.arrays.lower)
        activity = self.arrays.activities(held)
        lower, upper = self.arrays.row_lower - TOLERANCE, self.arrays.row_upper + TOLERANCE
        return bool((rows | ((activity >= lower) & (activity <= upper))).all())

    def _widened(self, answer: Answer, rows: Columns) -> Answer:
        """Return the answer with values and duals of all columns and rows."""
        values = duals = None
        if answer.values is not None:
            values = np.where(self.chosen, 0.0, self.arrays.lower)
            values[self.chosen] = answer.values
        if answer.duals is not None:
            duals = np.zeros(self.arrays.rows_count)
            duals[rows] = answer.duals
        return replace(answer, values=values, duals=duals, bound=None)

    def _proved(self, answer: Answer, duals: Floats) -> Answer:
        """Return the answer with duals that price all columns, and the bound they prove."""
        bound = min(safe_bound(self.arrays, duals), answer.objective)
        return replace(answer, duals=duals, bound=bound)

    def _wanted(self, prices: Prices) -> Columns:
        """Columns outside of which a better plan may be made."""
        is_movable = ~self.chosen & (self.arrays.lower < self.arrays.upper)
        reduced = self.arrays.reduced_costs(prices.duals)
        wanted = is_movable & (prices.moving | (reduced < -PRICED))
        if self.most_wanted is None or wanted.sum() <= self.most_wanted:
            return wanted
        promised = np.where(prices.moving, -np.inf, reduced * self.arrays.upper)
        promised = np.where(wanted, promised, 0.0)
        best = np.argpartition(promised, self.most_wanted)[: self.most_wanted]
        return wanted & np.isin(np.arange(len(wanted)), best)


def coarse_slots(slots: int) -> tuple[int, tuple[int, ...]]:
    """Slots that become one, and which of them stand for the others, in turn.

    A long horizon is taken in more and shorter pieces, at several hours of each: what is used
    at a peak alone shows at no other hour.
    """
    if slots < LONG_SLOTS:
        return -(-slots // COARSE_SLOTS), (0,)
    length = -(-slots // DAYS_OF_LONG)
    return length, tuple(length * part // PARTS_OF_DAY for part in range(PARTS_OF_DAY))


def _seconds(end: float) -> float:
    return max(end - time.monotonic(), 0.0)
