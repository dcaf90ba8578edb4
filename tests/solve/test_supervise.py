"""Workers that crash, hang, disobey or are stopped; parents that are stopped or die."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from carbonplan.solve import Limits, Progress, Status, solve, supervise
from carbonplan.solve.archive import save_incumbent
from carbonplan.solve.arrays import arrays_of
from carbonplan.solve.faults import plan_faults
from carbonplan.solve.job import Incumbent
from carbonplan.solve.signals import Flag
from carbonplan.solve.status import Claim
from tests.solve import programs
from tests.solve.programs import EXACT

ROOT = Path(__file__).resolve().parents[2]
SHORT = Limits(gap=0.0, time_limit_s=1.0)

BAD_WORKER = """
import os, signal, sys, time
from dataclasses import replace
from pathlib import Path
from carbonplan.solve import worker
{setup}
worker.main(Path(sys.argv[1]))
"""
DIES_AT_THIRD_PLAN = """
keep, plans = worker.save_incumbent, []
def save(path, incumbent):
    keep(path, incumbent)
    plans.append(1)
    if len(plans) == 3 and {condition}:
        os.kill(os.getpid(), signal.SIGKILL)
worker.save_incumbent = save
"""
HANGS = """
signal.signal(signal.SIGTERM, signal.SIG_IGN)
keep = worker.save_incumbent
def save(path, incumbent):
    keep(path, incumbent)
    if incumbent.objective < -1e3:
        time.sleep(60)
worker.save_incumbent = save
"""
CHATTERS = """
attempt = worker._solve
def solve(*arguments):
    print("HiGHS says hello", flush=True)
    return attempt(*arguments)
worker._solve = solve
"""


def use_worker(monkeypatch, setup):
    def command(folder, _memory_gb):
        return [sys.executable, "-P", "-c", BAD_WORKER.format(setup=setup), str(folder)]

    monkeypatch.setattr(supervise, "_command", command)


def is_plan_of_knapsack(solution):
    return plan_faults(arrays_of(programs.hard_knapsack()), solution.values) == ()


def test_a_worker_gives_the_same_answer_as_this_process():
    inside = solve(programs.mixed(), EXACT, isolated=False)
    outside = solve(programs.mixed(), EXACT)
    assert outside.status is Status.OPTIMAL
    assert (outside.values == inside.values).all()
    assert (outside.objective, outside.bound) == (inside.objective, inside.bound)


def test_infeasible_rows_cross_the_process_border():
    solution = solve(programs.impossible(), EXACT)
    assert solution.status is Status.INFEASIBLE
    assert solution.violated_rows == ((0, pytest.approx(5.0)),)


def test_a_time_limit_is_kept_progress_flows_and_the_run_folder_stays(tmp_path):
    seen = []
    started = time.monotonic()
    solution = solve(programs.hard_knapsack(), SHORT, on_progress=seen.append, folder=tmp_path)
    assert time.monotonic() - started < 3.0
    assert solution.status is Status.FEASIBLE
    assert is_plan_of_knapsack(solution)
    assert {progress.phase for progress in seen} >= {"relaxation", "branch and bound"}
    names = {path.name for path in (tmp_path / "attempt-1").iterdir()}
    assert names >= {"arrays.npz", "job.json", "highs.log", "incumbent.npz", "outcome.npz"}


def test_a_worker_that_kills_itself_is_followed_by_one_without_presolve(monkeypatch):
    job = "'true' in (Path(sys.argv[1]) / 'job.json').read_text()"
    use_worker(monkeypatch, DIES_AT_THIRD_PLAN.format(condition=job))
    solution = solve(programs.hard_knapsack(), Limits(gap=0.02, time_limit_s=8.0))
    assert solution.status is Status.OPTIMAL
    assert any("first attempt: the worker ended by signal 9" in step for step in solution.steps)
    assert is_plan_of_knapsack(solution)


def test_workers_that_always_die_leave_their_best_plan(monkeypatch):
    use_worker(monkeypatch, DIES_AT_THIRD_PLAN.format(condition="True"))
    solution = solve(programs.hard_knapsack(), Limits(gap=0.0, time_limit_s=8.0))
    assert solution.status is Status.FEASIBLE
    assert is_plan_of_knapsack(solution)
    assert solution.bound <= solution.objective
    assert sum("the worker ended by signal 9" in step for step in solution.steps) == 3


def test_workers_that_die_without_a_plan_are_unreliable(monkeypatch):
    use_worker(monkeypatch, "print('no licence today', file=sys.stderr); os._exit(5)")
    solution = solve(programs.mixed(), EXACT)
    assert solution.status is Status.UNRELIABLE
    assert solution.values is None
    assert "first attempt: the worker ended by exit code 5: no licence today" in solution.steps


def test_the_best_bound_reported_is_kept_with_the_plan(tmp_path):
    with supervise.Workers(None, None, tmp_path, Flag()) as workers:
        workers._attempts.append(tmp_path)
        save_incumbent(tmp_path / "incumbent.npz", Incumbent(np.ones(2), 9.0, 3.0, 0, 0.1))
        for bound in (4.0, 7.0, None, 6.0):
            workers._heard(Progress(0.2, 9.0, bound, None, 0, "bound"), is_program=True)
        workers._heard(Progress(0.3, 9.0, 8.5, None, 0, "repair"), is_program=False)
        assert workers.incumbent().bound == 7.0


def test_a_worker_that_hangs_and_ignores_sigterm_is_killed_in_time(monkeypatch):
    use_worker(monkeypatch, HANGS)
    monkeypatch.setattr(supervise, "GRACE_S", 0.2)
    monkeypatch.setattr(supervise, "PATIENCE_AFTER_LIMIT_S", (0.0, 0.2, 0.4))
    started = time.monotonic()
    solution = solve(programs.hard_knapsack(), SHORT)
    assert time.monotonic() - started < 5.0
    assert solution.status is Status.FEASIBLE
    assert is_plan_of_knapsack(solution)


def test_a_worker_out_of_memory_is_reported_as_such():
    solution = solve(programs.hard_knapsack(), Limits(gap=0.0, memory_gb=0.02))
    assert solution.status in (Status.OUT_OF_MEMORY, Status.UNRELIABLE)
    assert solution.values is None


def test_memory_that_runs_out_in_the_worker_is_out_of_memory(monkeypatch):
    use_worker(
        monkeypatch,
        "def fail(path): raise MemoryError\nworker.load_arrays = fail",
    )
    assert solve(programs.mixed(), EXACT).status is Status.OUT_OF_MEMORY


def test_a_closed_progress_pipe_does_not_end_the_solve():
    def closed(_progress):
        raise BrokenPipeError

    assert solve(programs.mixed(), EXACT, on_progress=closed).status is Status.OPTIMAL


def test_an_error_of_the_progress_reader_ends_the_worker(tmp_path):
    def fail(_progress):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        solve(programs.hard_knapsack(), EXACT, on_progress=fail, folder=tmp_path)


def test_what_is_printed_does_not_disturb_the_messages(monkeypatch):
    use_worker(monkeypatch, CHATTERS)
    assert solve(programs.mixed(), EXACT).status is Status.OPTIMAL


SOLVE_AND_TELL = """
import os, sys
from dataclasses import replace
from pathlib import Path
from carbonplan.solve import Limits, solve
from tests.solve import programs
def show(progress):
    if progress.objective is not None and progress.objective < -1.6e4:
        print("plan", flush=True)
solution = solve(programs.hard_knapsack(), Limits(gap=0.0, time_limit_s=30.0),
                 on_progress=show, folder=Path(sys.argv[1]), isolated={isolated})
print("status", solution.status, solution.interrupted_by, solution.values is not None,
      flush=True)
"""


def solving(folder, *, isolated):
    """A process that is solving and has a plan."""
    code = SOLVE_AND_TELL.format(isolated=isolated)
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stdout.readline() == "plan\n"
    return process


@pytest.mark.parametrize("isolated", [True, False])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_keeps_the_best_plan(number, isolated, tmp_path):
    with solving(tmp_path, isolated=isolated) as process:
        started = time.monotonic()
        process.send_signal(number)
        said = process.communicate(timeout=10)[0].splitlines()[-1]
        assert time.monotonic() - started < 3.0
    assert said == f"status interrupted {signal.Signals(number).name} True"


def test_a_second_signal_ends_at_once(tmp_path):
    with solving(tmp_path, isolated=True) as process:
        os.kill(process.pid, signal.SIGTERM)
        os.kill(process.pid, signal.SIGTERM)
        process.communicate(timeout=10)
    assert process.returncode in (0, -signal.SIGTERM)
    assert no_worker_on(tmp_path)


def test_no_worker_survives_a_parent_that_was_killed(tmp_path):
    with solving(tmp_path, isolated=True) as process:
        assert any(workers_on(tmp_path))
        process.kill()
    assert no_worker_on(tmp_path)
    assert (tmp_path / "attempt-1" / "incumbent.npz").exists()


def no_worker_on(folder, patience_s=3.0):
    """Whether every worker on the folder ends within the patience."""
    end = time.monotonic() + patience_s
    while any(workers_on(folder)):
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def workers_on(folder):
    """Command lines of workers that name the folder."""
    if not Path("/proc/self/cmdline").exists():
        pytest.skip("needs /proc")
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes()
        except OSError:  # it has just ended
            continue
        if b"carbonplan.solve.worker" in line and str(folder).encode() in line:
            yield line


def test_handlers_are_put_back():
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    solve(programs.mixed(), EXACT, isolated=False)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_a_worker_told_to_stop_for_its_time_was_not_interrupted(monkeypatch):
    """What answers a stop says that it was interrupted; only a signal makes that so."""
    read = supervise.load_outcome
    monkeypatch.setattr(
        supervise,
        "load_outcome",
        lambda path: replace(read(path), claim=Claim.INTERRUPTED, values=None, objective=None),
    )
    assert solve(programs.mixed(), SHORT).status is not Status.INTERRUPTED
