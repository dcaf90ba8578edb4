"""Scenarios as the measured ways take them; runs inside a fresh interpreter."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from carbonplan.catalogue.inputs import Inputs
    from carbonplan.problem import Problem
    from carbonplan.program import Program
    from carbonplan.scenario.loaded import LoadedScenario
    from carbonplan.solve.highs import Model


@dataclass
class Clock:
    """Seconds of the step that it last timed."""

    seconds: float = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Time what happens inside."""
        started = time.perf_counter()
        yield
        self.seconds = time.perf_counter() - started


def loaded(path: Path, overrides: Sequence[str] = ()) -> LoadedScenario:
    """A scenario, read and checked."""
    from carbonplan.scenario import load

    return load(path, tuple(overrides))


def gathered(path: str, overrides: Sequence[str] = ()) -> Inputs:
    """Everything that a scenario names, with the libraries of all ways imported.

    Imports and reading come before every clock, and are the same for all ways.
    """
    import highspy  # noqa: F401
    import pyomo.environ  # noqa: F401

    from carbonplan.catalogue.gather import gather

    return gather(loaded(Path(path), overrides))


def problem_of(inputs: Inputs, *, prune: bool = True) -> Problem:
    """What is to be decided; without pruning, dominated configurations are kept."""
    from carbonplan.configurations import enumerate_configurations
    from carbonplan.problem import assemble

    return assemble(inputs, enumerate_configurations(inputs, prune=prune))


def loaded_by_stamping(problem: Problem) -> tuple[Program, Model]:
    """A problem inside HiGHS: one slot compiled, stamped, passed as arrays."""
    from carbonplan.program.stamping import stamp
    from carbonplan.solve.arrays import arrays_of
    from carbonplan.solve.highs import Model, Settings

    program = stamp(problem)
    return program, Model(arrays_of(program), Settings(time_limit_s=1.0))


def sizes(program: Program) -> dict[str, int]:
    """Rows, columns, nonzeros and whole columns."""
    return {
        "rows": len(program.row_lower),
        "columns": len(program.cost),
        "nonzeros": int(program.matrix.nnz),
        "whole": int(program.integer.sum()),
    }
