"""One slot of operations and the fleet, built in Pyomo and read as sparse arrays once."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pyomo.environ as pyo
import scipy.sparse as sp
from numpy.typing import NDArray
from pyomo.repn import generate_standard_repn
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler

from carbonplan.formulation.build import OPENING, TEMPLATE_SLOT, template
from carbonplan.formulation.operations.parameters import SIGNALS
from carbonplan.formulation.terms import METERS
from carbonplan.problem import Problem
from carbonplan.program.records import Floats

FLEET, SLOT, OPEN, SIGNAL = "fleet", "slot", "opening", "signal"
Label = tuple[str, ...]


@dataclass(frozen=True)
class Axis:
    """Rows or columns of a compiled model: what each of them is."""

    family: NDArray[np.str_]
    label: tuple[Label, ...]
    kind: NDArray[np.str_]  # fleet, slot; of columns also opening and signal
    lower: Floats
    upper: Floats

    def of(self, kind: str) -> NDArray[np.int64]:
        """Positions of a kind, in order."""
        return np.flatnonzero(self.kind == kind)


@dataclass(frozen=True)
class Meter:
    """Readings of a meter as rows over the compiled columns; it has no constants."""

    labels: tuple[Label, ...]
    rows: sp.csr_array


@dataclass(frozen=True)
class Compiled:
    """The fleet and one slot in sparse form, before it is stamped."""

    matrix: sp.coo_array
    rows: Axis
    columns: Axis
    integer: NDArray[np.bool_]
    meters: Mapping[str, Meter]


def compile_model(m: pyo.ConcreteModel) -> Compiled:
    """Rows, columns and meters of a Pyomo model as sparse arrays.

    The model is read in the order in which its families were added, so that equal problems
    give equal arrays.
    """
    m.nothing = pyo.Objective(expr=0.0)
    form = LinearStandardFormCompiler().write(m, mixed_form=True, set_sense=None)
    used = {id(column) for column in form.columns}
    unused = [v for v in m.component_data_objects(pyo.Var) if id(v) not in used]
    variables = [*form.columns, *unused]
    position = {id(v): j for j, v in enumerate(variables)}
    sense = np.array([row.bound_type for row in form.rows])
    rhs = np.asarray(form.rhs, dtype=float)
    matrix = sp.coo_array(form.A)
    matrix.resize((len(rhs), len(variables)))
    return Compiled(
        matrix=matrix,
        rows=_axis(
            [row.constraint for row in form.rows],
            lower=np.where(sense <= 0, rhs, -np.inf),
            upper=np.where(sense >= 0, rhs, np.inf),
        ),
        columns=_axis(
            variables,
            lower=np.array([-np.inf if v.lb is None else v.lb for v in variables]),
            upper=np.array([np.inf if v.ub is None else v.ub for v in variables]),
        ),
        integer=np.array([v.is_integer() for v in variables]),
        meters={name: _meter(getattr(m, name), position) for name in METERS},
    )


def compile_template(problem: Problem) -> Compiled:
    """Build and read the template of a problem."""
    with collector_paused():
        return compile_model(template(problem))


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause garbage collection: Pyomo makes many small objects that all live on."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _axis(components: list, lower: Floats, upper: Floats) -> Axis:
    families, labels, kinds = [], [], []
    for component in components:
        family = component.parent_component().local_name
        index = component.index()
        *label, state = index if isinstance(index, tuple) else (index,)
        kind = {TEMPLATE_SLOT: SLOT, OPENING: OPEN}.get(state, FLEET)
        labels.append((*label, state) if kind == FLEET else tuple(label))
        kinds.append(SIGNAL if family in SIGNALS else kind)
        families.append(family)
    return Axis(np.array(families), tuple(labels), np.array(kinds), lower, upper)


def _meter(component: pyo.Component, position: Mapping[int, int]) -> Meter:
    labels, rows, columns, values = [], [], [], []
    for i, (index, reading) in enumerate(component.items()):
        parts = index if isinstance(index, tuple) else (index,)
        labels.append(tuple(part for part in parts if part != TEMPLATE_SLOT))
        form = generate_standard_repn(reading)
        rows += [i] * len(form.linear_vars)
        columns += [position[id(v)] for v in form.linear_vars]
        values += form.linear_coefs
    entries = (np.asarray(values, dtype=float), (rows, columns))
    return Meter(tuple(labels), sp.csr_array(entries, shape=(len(labels), len(position))))
