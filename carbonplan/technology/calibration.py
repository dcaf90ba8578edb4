"""Calibrated coefficients: what separates the data sheets from measured machines.

A coefficient of an accelerator is looked up by its own name, then by its architecture, then
as the value pooled over its kind (``gpu`` or ``cpu``); one of a link by the first two words of
its name, then by the first, then pooled. So an accelerator that nobody has measured still has
every coefficient, and ``Calibration.evidence`` says on which of these it rests.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from carbonplan.catalogue.records import Accelerator, Evidence, NonNegative, Record
from carbonplan.catalogue.shipped import data_root, shown
from carbonplan.catalogue.tables import read_table
from carbonplan.errors import InvalidInput

TABLES = ("performance.csv", "communication.csv", "power.csv", "assumed.csv")


class CoefficientRow(Record):
    """One calibrated coefficient; a row of ``data/calibration/*.csv``."""

    coefficient: str
    accelerator_family: str  # an accelerator, an architecture, a link, "gpu" or "cpu"
    value: NonNegative
    low: NonNegative
    high: NonNegative
    unit: str
    rows: int  # measurements that it was fitted on; 0: assumed or published
    median_abs_error: float | None  # of those rows [1]
    evidence: Evidence
    source: str
    date: str


@dataclass(frozen=True)
class Coefficients:
    """Coefficients of one accelerator, or arrays of them over replicas.

    Times are per replica and step; shares and efficiencies are in (0, 1] unless said
    otherwise.
    """

    compute_efficiency: float  # matrix throughput over dense peak, clock not limited [1]
    sustained_clock: float  # over boost clock, where matrix units reach the power limit [1]
    narrow_efficiency: float  # factor on it below 16 bits [1]
    bandwidth_efficiency: float  # weight reads over peak bandwidth [1]
    attention_efficiency: float  # factor on both for attention kernels [1]
    expert_efficiency: float  # factor on both for routed experts [1]
    memory_clock_sensitivity: float  # rise of memory time with 1/clock - 1 [1]
    step_overhead_ms: float  # scheduling and launching one step [ms]
    layer_overhead_us: float  # launching and synchronising one layer [us]
    expert_overhead_us: float  # routing and grouping in one layer of experts [us]
    sequence_overhead_us: float  # sampling and bookkeeping of one sequence and step [us]
    prefill_layer_overhead_us: float  # further launching of a layer outside a graph [us]
    prefill_expert_overhead_us: float  # the same for a layer of experts [us]
    request_overhead_ms: float  # admission of one request before its prefill [ms]
    allreduce_base_us: float  # latency of a collective, without its hops [us]
    allreduce_hop_us: float  # further latency of every peer [us]
    link_efficiency: float  # of the link's one-direction bandwidth, two peers [1]
    link_contention: float  # exponent with which more peers lower it: 0 behind a switch [1]
    compute_power_share: float  # of limit minus idle, matrix units always busy; may pass 1 [1]
    memory_power_share: float  # of limit minus idle, memory always busy [1]
    memory_core_share: float  # of the former, what follows the core's clock [1]
    sequence_power_share: float  # of limit minus idle, sequences always being sampled [1]
    voltage_floor: float  # lowest voltage over the one at boost clock [1]
    voltage_knee: float  # clock below which the voltage stands at its floor [1]


COMMUNICATION = (
    "allreduce_base_us",
    "allreduce_hop_us",
    "link_efficiency",
    "link_contention",
)


@dataclass(frozen=True)
class Calibration:
    """Coefficient rows by coefficient and family."""

    rows: Mapping[tuple[str, str], CoefficientRow]

    def row(self, coefficient: str, accelerator: Accelerator) -> CoefficientRow:
        """The row that holds for an accelerator: the most specific one."""
        for family in families(coefficient, accelerator):
            found = self.rows.get((coefficient, family))
            if found is not None:
                return found
        raise KeyError(f"{coefficient} has no value for {accelerator.kind}")

    def coefficients(self, accelerator: Accelerator) -> Coefficients:
        """Every coefficient of an accelerator."""
        names = (field.name for field in fields(Coefficients))
        return Coefficients(*(self.row(name, accelerator).value for name in names))

    def evidence(self, accelerator: Accelerator) -> dict[str, CoefficientRow]:
        """Rows behind the coefficients of an accelerator, by coefficient."""
        return {field.name: self.row(field.name, accelerator) for field in fields(Coefficients)}


def families(coefficient: str, accelerator: Accelerator) -> tuple[str, ...]:
    """Where the coefficient of an accelerator may stand, most specific first."""
    if coefficient in COMMUNICATION:
        words = accelerator.scale_up_link.lower().replace("-", " ").split()
        return (" ".join(words[:2]), words[0], accelerator.kind)
    return (accelerator.accelerator, accelerator.architecture.lower(), accelerator.kind)


def load_calibration(folder: Path | None = None) -> Calibration:
    """The calibration in a folder; without one, what is shipped.

    Raises
    ------
    InvalidInput
        If a coefficient is unknown, given twice for a family, or lacks a pooled value.
    """
    folder = data_root() / "calibration" if folder is None else folder
    table = [row for name in TABLES for row in read_table(folder / name, CoefficientRow)]
    rows = {(row.coefficient, row.accelerator_family): row for row in table}
    problems = _problems(table, rows)
    if problems:
        raise InvalidInput(shown(folder), problems)
    return Calibration(rows)


def _problems(
    table: list[CoefficientRow], rows: Mapping[tuple[str, str], CoefficientRow]
) -> list[str]:
    names = [field.name for field in fields(Coefficients)]
    keys = [(row.coefficient, row.accelerator_family) for row in table]
    return [
        *(
            f"{name}[{family}] is no coefficient that the models know"
            for name, family in keys
            if name not in names
        ),
        *(
            f"{name}[{family}] is given twice"
            for name, family in sorted(set(keys))
            if keys.count((name, family)) > 1
        ),
        *(
            f"{name} has no pooled value for {kind}"
            for name in names
            for kind in ("gpu", "cpu")
            if (name, kind) not in rows
        ),
        *(
            f"{row.coefficient}[{row.accelerator_family}]: {row.value:g} is outside "
            f"{row.low:g} to {row.high:g}"
            for row in table
            if not row.low <= row.value <= row.high
        ),
    ]
