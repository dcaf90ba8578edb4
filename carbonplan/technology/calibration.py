"""Calibrated coefficients: a table of pooled values and of factors on them.

A pooled value stands for a kind (``gpu`` or ``cpu``) and is known from measurements or assumed;
a factor stands for a name on a level: an engine, an architecture, a link. A name that no row
knows has the factor of ``*``, which is one with the spread of the known ones: so an accelerator
that nobody has measured has every coefficient, and a wider band. Factors hold for GPUs; of a
CPU the pooled values are all that is known, but for factors of ``own`` measurements.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from carbonplan.catalogue.records import Accelerator, Evidence, Record
from carbonplan.catalogue.shipped import data_root, shown
from carbonplan.catalogue.tables import read_table
from carbonplan.errors import InvalidInput, nearest
from carbonplan.technology.coefficients import NAMES, Coefficients, bounded
from carbonplan.technology.subjects import DEFAULT_ENGINE, Names, Subjects, names_by_level

TABLES = ("performance.csv", "communication.csv", "power.csv", "assumed.csv")
Finite = Annotated[float, Field(allow_inf_nan=False)]
Level = Literal[
    "kind",
    "engine-family",
    "engine",
    "architecture",
    "accelerator",
    "architecture-engine",
    "precision",
    "link",
    "task",
    "modality",
    "unfused",
    "shape",
    "own",
]
FACTORS: tuple[Level, ...] = (  # the most telling last
    *("task", "modality", "unfused", "precision", "engine-family", "engine"),
    *("architecture", "architecture-engine", "accelerator", "link"),
)
UNKNOWN = "*"  # on a level: any name that was not measured
WIDENING = ("architecture", "link")  # levels whose unknown names widen a band
End = Literal["low", "high"]
ENDS: tuple[End, ...] = ("low", "high")
Floats = NDArray[np.float64]


class CoefficientRow(Record):
    """One value or factor; a row of ``data/calibration/*.csv``.

    Of level ``kind`` in the unit of the coefficient, of level ``shape`` an exponent, else a
    factor [1].
    """

    coefficient: str
    level: Level
    name: str
    value: Finite
    low: Finite
    high: Finite
    unit: str
    rows: int  # measurements that it was fitted on; 0: assumed or published
    median_abs_error: float | None  # of those rows [1]
    evidence: Evidence
    source: str
    date: str

    @property
    def key(self) -> tuple[str, str, str]:
        return self.coefficient, self.level, self.name


@dataclass(frozen=True)
class Known:
    """A coefficient of one accelerator at the reference shape, with what it rests on."""

    coefficient: str
    value: float
    low: float
    high: float
    unit: str
    rows: tuple[CoefficientRow, ...]

    @property
    def told_by(self) -> CoefficientRow:
        """The row that says most of the accelerator."""
        return self.rows[-1]

    @property
    def evidence(self) -> Evidence:
        return self.told_by.evidence

    @property
    def source(self) -> str:
        return self.told_by.source


@dataclass(frozen=True)
class Calibration:
    """Rows by coefficient, level and name, for one serving engine.

    Attributes
    ----------
    engine
        Whose overheads hold.
    ends
        Coefficients that stand at an end of their band.
    """

    rows: Mapping[tuple[str, str, str], CoefficientRow]
    engine: str = DEFAULT_ENGINE
    ends: Mapping[str, End] = field(default_factory=dict)

    def coefficients(self, subjects: Subjects) -> Coefficients:
        """Every coefficient over subjects, (replica,)."""
        return Coefficients(
            *(self._values(name, subjects, self.ends.get(name)) for name in NAMES)
        )

    def evidence(self, accelerator: Accelerator, precision: str = "bf16") -> dict[str, Known]:
        """Coefficients of an accelerator at the reference shape, by name, with their rows."""
        return {name: self._known(name, self._alone(accelerator, precision)) for name in NAMES}

    def with_rows(self, rows: Iterable[CoefficientRow]) -> Calibration:
        """With further rows, which go before those of the same name."""
        return replace(self, rows={**self.rows, **{row.key: row for row in rows}})

    def _alone(self, accelerator: Accelerator, precision: str) -> Subjects:
        one = np.array([accelerator], dtype=object)
        names = names_by_level(one, np.array([self.engine]), np.array([precision]))
        return Subjects(names, np.zeros(1, dtype=np.int64), {})

    def _values(self, coefficient: str, subjects: Subjects, end: End | None) -> Floats:
        part, names = self._parts[coefficient], subjects.names
        graphics = (names["kind"] == "gpu").astype(float)
        factors = sum(
            (_looked_up(names[level], table) for level, table in part.factors.items()),
            np.zeros(len(graphics)),
        )
        logs = _looked_up(names["kind"], part.pooled) + graphics * factors
        logs += _looked_up(names["accelerator"], part.own) + self._shift(
            coefficient, names, end
        )
        shapes = sum(
            exponent * subjects.features[name]
            for name, exponent in part.exponents.items()
            if name in subjects.features
        )
        place = subjects.place
        return bounded(coefficient, np.exp(logs[place] + graphics[place] * shapes))

    def _shift(self, coefficient: str, names: Names, end: End | None) -> Floats | float:
        """To an end of the band, in logarithms, (group,)."""
        if end is None:
            return 0.0
        part = self._parts[coefficient]
        own = _looked_up(names["accelerator"], part.own_spread[end])
        pooled = _looked_up(names["kind"], part.spread[end])
        spread = np.where(own > 0.0, own, pooled) ** 2
        for level, (known, width) in part.unknown.items():
            new = ~np.isin(names[level], known) & (names["kind"] == "gpu") & (own == 0.0)
            spread = spread + np.where(new, width, 0.0) ** 2
        return (1.0 if end == "high" else -1.0) * np.sqrt(spread)

    def _known(self, coefficient: str, subjects: Subjects) -> Known:
        """The rows behind one subject, the pooled value first."""
        names = {level: str(values[0]) for level, values in subjects.names.items()}
        keys = [(coefficient, "kind", names["kind"])]
        if names["kind"] == "gpu":
            keys += [(coefficient, level, names[level]) for level in FACTORS]
        keys.append((coefficient, "own", names["accelerator"]))
        rows = tuple(self.rows[key] for key in keys if key in self.rows)
        low, high = (float(self._values(coefficient, subjects, end)[0]) for end in ENDS)
        value = float(self._values(coefficient, subjects, self.ends.get(coefficient))[0])
        return Known(coefficient, value, low, high, rows[0].unit, rows)

    @cached_property
    def _parts(self) -> dict[str, _Part]:
        by_coefficient: dict[str, list[CoefficientRow]] = {name: [] for name in NAMES}
        for row in self.rows.values():
            by_coefficient[row.coefficient].append(row)
        return {name: _Part.of(rows) for name, rows in by_coefficient.items()}


@dataclass(frozen=True)
class _Part:
    """The rows of one coefficient, logarithms by name."""

    pooled: Mapping[str, float]
    factors: Mapping[str, Mapping[str, float]]
    exponents: Mapping[str, float]
    own: Mapping[str, float]
    spread: Mapping[End, Mapping[str, float]]
    own_spread: Mapping[End, Mapping[str, float]]
    unknown: Mapping[str, tuple[list[str], float]]  # known names and the spread of others

    @classmethod
    def of(cls, rows: Sequence[CoefficientRow]) -> _Part:
        at = {level: [row for row in rows if row.level == level] for level in (*FACTORS, "own")}
        pooled = [row for row in rows if row.level == "kind"]
        return cls(
            pooled=_logs(pooled),
            factors={level: _logs(at[level]) for level in FACTORS if at[level]},
            exponents={row.name: row.value for row in rows if row.level == "shape"},
            own=_logs(at["own"]),
            spread={"low": _spreads(pooled, "low"), "high": _spreads(pooled, "high")},
            own_spread={"low": _spreads(at["own"], "low"), "high": _spreads(at["own"], "high")},
            unknown={
                level: ([row.name for row in at[level]], float(np.log(row.high)))
                for level in WIDENING
                for row in at[level]
                if row.name == UNKNOWN
            },
        )


def _logs(rows: Iterable[CoefficientRow]) -> dict[str, float]:
    return {row.name: float(np.log(row.value)) for row in rows}


def _spreads(rows: Iterable[CoefficientRow], end: End) -> dict[str, float]:
    """Distance of an end from the value, in logarithms."""
    return {row.name: abs(float(np.log(getattr(row, end) / row.value))) for row in rows}


def _looked_up(names: NDArray[np.str_], table: Mapping[str, float]) -> Floats:
    """Values by name, (group,); zero where a name is not known."""
    return np.array([table.get(str(name), 0.0) for name in names])


def load_calibration(folder: Path | None = None) -> Calibration:
    """The calibration in a folder; without one, what is shipped.

    Raises
    ------
    InvalidInput
        If a coefficient is unknown, given twice for a name, or lacks a pooled value.
    """
    folder = data_root() / "calibration" if folder is None else folder
    table = [row for name in TABLES for row in read_table(folder / name, CoefficientRow)]
    problems = [*row_problems(table), *_missing(table)]
    if problems:
        raise InvalidInput(shown(folder), problems)
    return Calibration({row.key: row for row in table})


def row_problems(table: Sequence[CoefficientRow]) -> list[str]:
    """What is wrong with rows, each named; whether they are all there is not asked."""
    times = Counter(row.key for row in table)
    return [
        *(
            f"{told(row)}: no coefficient of the models{nearest(row.coefficient, NAMES)}"
            for row in table
            if row.coefficient not in NAMES
        ),
        *(
            f"{coefficient}[{name}] is given twice"
            for (coefficient, level, name), count in sorted(times.items())
            if count > 1
        ),
        *(
            f"{told(row)}: {row.value:g} is outside {row.low:g} to {row.high:g}"
            for row in table
            if not row.low <= row.value <= row.high
        ),
        *(
            f"{told(row)}: {row.low:g} is no positive factor or value"
            for row in table
            if row.level != "shape" and row.low <= 0.0
        ),
    ]


def told(row: CoefficientRow) -> str:
    """A row by its coefficient and name."""
    return f"{row.coefficient}[{row.name}]"


def _missing(table: Sequence[CoefficientRow]) -> list[str]:
    pooled = {(row.coefficient, row.name) for row in table if row.level == "kind"}
    return [
        f"{name} has no pooled value for {kind}"
        for name in NAMES
        for kind in ("gpu", "cpu")
        if (name, kind) not in pooled
    ]
