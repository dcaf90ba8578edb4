"""What is tried in which order.

Relax, round up, plan and bound slot by slot, improve by windows, branch and bound.

Each strategy reads the search and offers it plans and bounds; the first that proves the gap, or
that no plan exists, ends the attempt.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from carbonplan.solve.arrays import Arrays
from carbonplan.solve.confirm import confirm
from carbonplan.solve.highs import Model, Settings, SolverFault, version
from carbonplan.solve.job import Job, Listener, Outcome
from carbonplan.solve.lagrangian import bound_slots
from carbonplan.solve.rounding import round_up
from carbonplan.solve.search import TIGHT, Search
from carbonplan.solve.slots import MANY_WHOLE, has_whole_slots, plan_slots
from carbonplan.solve.status import Claim
from carbonplan.solve.watching import Watcher
from carbonplan.solve.windows import improve_windows

RELAXATION_SHARE, BRIEF_SHARE = 0.5, 0.1  # of the time limit
SHORTEST_CONFIRMATION_S = 1.0
BLIND_S = 60.0  # for which HiGHS may look at no clock
WITHOUT_PLAN = (
    Claim.INFEASIBLE,
    Claim.UNBOUNDED,
    Claim.FAILED,
    Claim.EMPTY,
    Claim.OUT_OF_MEMORY,
)


def attempt(
    arrays: Arrays, job: Job, listener: Listener, log_file: Path | None = None
) -> Outcome:
    """Solve a program once, by all strategies in order."""
    search = Search(arrays, job, listener, _settings(arrays, job, log_file))
    try:
        for strategy in STRATEGIES:
            if search.is_over:
                break
            strategy(search)
        if search.claim in (Claim.INFEASIBLE, Claim.UNBOUNDED):
            confirm_claim(search)
    except SolverFault as fault:
        search.doubt(str(fault))
    except MemoryError:
        search.claim = Claim.OUT_OF_MEMORY
    return replace(search.outcome(), solver_version=version())


def relax(search: Search) -> None:
    """Solve without whole numbers: a bound, and for a continuous program the plan."""
    search.phase = "relaxation"
    is_program = not len(search.whole)
    share = 1.0 if is_program else RELAXATION_SHARE
    answer = search.ask(search.continuous, seconds=search.job.seconds * share)
    search.say(f"relaxation: {answer.claim} after {search.seconds:.1f} s")
    if answer.claim in WITHOUT_PLAN:
        search.claim = answer.claim
    elif answer.claim is Claim.PROVED:
        search.relaxed, search.duals = answer.values, answer.duals
        search.raise_safe_bound(answer.duals)
        if search.safe_bound is None:
            search.raise_bound(answer.bound)
        search.continuous.set_tolerance(TIGHT)
        if is_program:
            _finish_continuous(search)
        else:
            search.settle()


def take_known_plan(search: Search) -> None:
    """Start from the plan that is known, its continuous columns solved again."""
    start = search.job.start
    if start is None:
        return
    search.phase = "known plan"
    is_sound = search.offer_known(start)
    search.say(f"known plan: {search.stand() if is_sound else 'not a plan of this program'}")


def branch_briefly(search: Search) -> None:
    """Give branch and bound a chance to finish before heuristics spend the time."""
    if has_whole_slots(search) and not has_whole_slots(search, MANY_WHOLE):
        _branch(search, search.job.seconds * BRIEF_SHARE)


def branch(search: Search) -> None:
    """Branch and bound over the whole program, from the best plan known.

    With many whole columns HiGHS looks at no clock for up to a minute while it separates cuts:
    it is not started where that would cost what was found.
    """
    if not has_whole_slots(search, MANY_WHOLE):
        _branch(search, search.seconds_left)
    elif search.best is None or search.seconds_left > 2 * BLIND_S:
        _branch(search, max(search.seconds_left - BLIND_S, search.seconds_left / 2))


def _branch(search: Search, seconds: float) -> None:
    search.phase = "branch and bound"
    model = Model(search.arrays, search.settings)
    if search.best is not None:
        model.start_from(search.best)
    answer = search.ask(model, seconds=seconds, is_program=True)
    if answer.claim in WITHOUT_PLAN:
        search.claim = answer.claim
        search.say(f"branch and bound: {answer.claim} ({answer.model_status})")
        return
    search.raise_bound(answer.bound)
    sound = answer.values is None or search.offer(answer.values)
    search.say(
        f"branch and bound: {answer.claim}, {search.stand()}, {answer.nodes} nodes "
        f"after {search.seconds:.1f} s"
    )
    if answer.claim is Claim.PROVED:
        search.claim = Claim.PROVED
        if not sound:
            search.doubt("the plan called optimal does not survive rounding")


def confirm_claim(search: Search) -> None:
    """Solve elastically before a program is called infeasible."""
    search.phase = "confirmation"

    def seconds() -> float:
        return max(search.job.seconds - search.seconds, SHORTEST_CONFIRMATION_S)

    watcher = Watcher(search.listener.interrupted)
    confirmation = confirm(search.arrays, search.settings, watcher, seconds)
    search.say(confirmation.step)
    if confirmation.relaxed_rows is not None:
        search.claim = Claim.INFEASIBLE
        search.relaxed_rows = confirmation.relaxed_rows
    elif confirmation.values is not None and search.offer(confirmation.values):
        search.faults.append(f"called {search.claim}, but there is a plan")
    elif search.listener.interrupted():
        search.claim = Claim.INTERRUPTED
    else:
        search.faults.append(f"called {search.claim}, not confirmed")


STRATEGIES: tuple[Callable[[Search], None], ...] = (
    relax,
    take_known_plan,
    round_up,
    branch_briefly,
    plan_slots,
    bound_slots,
    improve_windows,
    branch,
    improve_windows,
)


def _finish_continuous(search: Search) -> None:
    answer = search.ask(search.continuous)
    if answer.claim is Claim.PROVED:
        search.raise_safe_bound(answer.duals)
        search.relaxed = answer.values
    if search.offer(search.relaxed):
        search.claim = Claim.PROVED
    else:
        search.doubt("the plan does not survive tight tolerances")


def _settings(arrays: Arrays, job: Job, log_file: Path | None) -> Settings:
    return Settings(
        time_limit_s=job.seconds,
        gap=job.gap,
        absolute_gap=job.absolute_gap(arrays),
        tolerance=job.tolerance,
        presolve=job.presolve,
        threads=job.threads,
        seed=job.seed,
        max_nodes=job.max_nodes,
        log_file=log_file,
    )
