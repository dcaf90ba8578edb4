"""The one place that talks to HiGHS: every status checked."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, replace
from pathlib import Path

import highspy
import numpy as np

from carbonplan.errors import UsageError
from carbonplan.solve.arrays import Arrays, Floats
from carbonplan.solve.start import Basis, Method, basis_of
from carbonplan.solve.status import CLAIMS, Answer, Claim
from carbonplan.solve.watching import Guard, Watcher, finite

FEASIBLE = 2  # HighsInfo.primal_solution_status
PIVOT_THRESHOLD = 0.5  # at HiGHS's own 0.1, week-long programs end with rows violated by 0.5
TOLERANCES = (
    "mip_feasibility_tolerance",
    "primal_feasibility_tolerance",
    "dual_feasibility_tolerance",
)

_running = threading.Lock()
_first_use: dict[str, int] = {}  # process and threads of the first solve


class SolverFault(RuntimeError):
    """HiGHS refused a call that must succeed, or a callback failed."""


@dataclass(frozen=True)
class Settings:
    """Options of one solve; gap and abs_gap matter to programs with whole columns only."""

    time_limit_s: float
    gap: float = 0.0
    absolute_gap: float = 0.0
    tolerance: float = 1e-7
    presolve: bool = True
    threads: int = 1
    seed: int = 0
    max_nodes: int | None = None
    log_file: Path | None = None
    method: Method = Method.CHOICE


def version() -> str:
    """Version of the HiGHS in use."""
    return ".".join(
        str(part)
        for part in (
            highspy.HIGHS_VERSION_MAJOR,
            highspy.HIGHS_VERSION_MINOR,
            highspy.HIGHS_VERSION_PATCH,
        )
    )


class Model:
    """A program inside HiGHS; bounds and costs may change between runs, which start warm."""

    def __init__(self, arrays: Arrays, settings: Settings) -> None:
        self.arrays = arrays
        self.is_mip = bool(arrays.integer.any())
        self.settings = settings
        self._highs = highspy.Highs()
        for name, value in _options(settings).items():
            _must(self._highs.setOptionValue(name, value), f"option {name} = {value}")
        _pass(self._highs, arrays)

    def set_bounds(self, lower: Floats, upper: Floats) -> None:
        """Change the bounds of the columns."""
        self.arrays = replace(self.arrays, lower=lower, upper=upper)
        columns = np.arange(len(lower), dtype=np.int32)
        status = self._highs.changeColsBounds(len(lower), columns, lower, upper)
        _must(status, "bounds of columns")

    def set_rows(self, lower: Floats, upper: Floats) -> None:
        """Change the bounds of the rows."""
        self.arrays = replace(self.arrays, row_lower=lower, row_upper=upper)
        rows = np.arange(len(lower), dtype=np.int32)
        status = self._highs.changeRowsBounds(len(lower), rows, lower, upper)
        _must(status, "bounds of rows")

    def set_costs(self, cost: Floats) -> None:
        """Change the costs of the columns."""
        self.arrays = replace(self.arrays, cost=cost)
        columns = np.arange(len(cost), dtype=np.int32)
        _must(self._highs.changeColsCost(len(cost), columns, cost), "costs of columns")

    def forget(self) -> None:
        """Start the next run without the basis of the last."""
        _must(self._highs.clearSolver(), "clearing the solver")

    def set_tolerance(self, tolerance: float) -> None:
        """Change the tolerances of feasibility and optimality."""
        for name in TOLERANCES:
            _must(self._highs.setOptionValue(name, tolerance), f"option {name}")

    def start_from(self, values: Floats) -> None:
        """Hand over a plan to start from."""
        columns = np.arange(len(values), dtype=np.int32)
        _must(self._highs.setSolution(len(values), columns, values), "the plan to start from")

    def start_at(self, basis: Basis) -> None:
        """Hand over a basis to start from."""
        _must(self._highs.setBasis(basis.to_highs()), "the basis to start from")

    def basis(self) -> Basis:
        """Return the basis of the last run."""
        return basis_of(self._highs.getBasis())

    def run(self, watcher: Watcher, *, time_limit_s: float | None = None) -> Answer:
        """Solve and return what HiGHS claims."""
        if time_limit_s is not None:
            self.settings = replace(self.settings, time_limit_s=time_limit_s)
            _must(self._highs.setOptionValue("time_limit", time_limit_s), "time_limit")
        _claim_process(self.settings.threads)
        if not _running.acquire(blocking=False):
            raise UsageError(
                "another solve is running in this process; solve one after the other, or each "
                "in a process of its own (isolated=True)"
            )
        try:
            return self._run(watcher)
        finally:
            _running.release()

    def _run(self, watcher: Watcher) -> Answer:
        guard = Guard(watcher)
        subscriptions = (
            (self._highs.cbMipInterrupt, guard.on_interrupt),
            (self._highs.cbSimplexInterrupt, guard.on_heartbeat),
            (self._highs.cbIpmInterrupt, guard.on_heartbeat),
            (self._highs.cbMipImprovingSolution, guard.on_improvement),
        )
        for callback, function in subscriptions:
            callback.subscribe(function)
        try:
            run_status = self._highs.run()
        except MemoryError:
            return Answer(Claim.OUT_OF_MEMORY, "MemoryError", None, None, None, 0)
        finally:
            for callback, function in subscriptions:
                callback.unsubscribe(function)
        if guard.failure is not None:
            raise guard.failure
        return self._answer(run_status)

    def _answer(self, run_status: highspy.HighsStatus) -> Answer:
        model_status = self._highs.getModelStatus().name
        info = self._highs.getInfo()
        claim = CLAIMS.get(model_status, Claim.FAILED)
        if run_status == highspy.HighsStatus.kError and claim is not Claim.OUT_OF_MEMORY:
            claim = Claim.FAILED
        solution = self._highs.getSolution()
        has_values = (
            info.valid and solution.value_valid and info.primal_solution_status == FEASIBLE
        )
        if claim is Claim.PROVED and not has_values:
            claim = Claim.FAILED
        return Answer(
            claim,
            model_status,
            np.array(solution.col_value) if has_values else None,
            finite(info.objective_function_value) if has_values else None,
            self._bound(info, claim),
            max(int(info.mip_node_count), 0),
            np.array(solution.row_dual) if solution.dual_valid and not self.is_mip else None,
        )

    def _bound(self, info: highspy.HighsInfo, claim: Claim) -> float | None:
        if self.is_mip:
            return finite(info.mip_dual_bound)
        return finite(info.objective_function_value) if claim is Claim.PROVED else None


def _options(settings: Settings) -> dict[str, object]:
    options: dict[str, object] = {
        "output_flag": settings.log_file is not None,
        "log_to_console": False,
        "log_file": "" if settings.log_file is None else str(settings.log_file),
        "presolve": "on" if settings.presolve else "off",
        "threads": settings.threads,
        "parallel": "on" if settings.threads > 1 else "off",
        "random_seed": settings.seed,
        "factor_pivot_threshold": PIVOT_THRESHOLD,
        "time_limit": settings.time_limit_s,
        "mip_rel_gap": settings.gap,
        "mip_abs_gap": settings.absolute_gap,
    }
    options |= settings.method.value | dict.fromkeys(TOLERANCES, settings.tolerance)
    if settings.max_nodes is not None:
        options["mip_max_nodes"] = settings.max_nodes
    return options


def _pass(highs: highspy.Highs, arrays: Arrays) -> None:
    status = highs.passModel(
        arrays.columns_count,
        arrays.rows_count,
        len(arrays.coefficients),
        int(highspy.MatrixFormat.kColwise),
        int(highspy.ObjSense.kMinimize),
        arrays.offset,
        arrays.cost,
        arrays.lower,
        arrays.upper,
        arrays.row_lower,
        arrays.row_upper,
        arrays.starts.astype(np.int32),
        arrays.rows.astype(np.int32),
        arrays.coefficients,
        arrays.integer.astype(np.int32),
    )
    _must(status, "the program")


def _must(status: highspy.HighsStatus, what: str) -> None:
    if status != highspy.HighsStatus.kOk:
        raise SolverFault(f"HiGHS answered {status.name} to {what}")


def _claim_process(threads: int) -> None:
    """Hold each process to one thread count, and keep HiGHS out of forked children."""
    process = _first_use.setdefault("process", os.getpid())
    if process != os.getpid():
        raise UsageError(
            "this process was forked after a solve, where HiGHS hangs; use the start method "
            "spawn, or isolated=True"
        )
    first = _first_use.setdefault("threads", threads)
    if first != threads:
        raise UsageError(
            f"threads {threads}: this process has solved with {first}, which cannot change; "
            "use isolated=True"
        )
