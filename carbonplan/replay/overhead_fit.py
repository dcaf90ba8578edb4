r"""Fit of the times before prompts to measured times to first token, by way of the replay.

Every run of InferenceX is replayed three times: with times before prompts as believed, with
longer ones and with longer turns. That tells how much of a mean time to first token T they are:
:math:`\hat T = T_0 + s\,(t - t_0) + s'\,(u - u_0)`. Times t of requests, of their tokens and of
accelerators, turns u, and factors on t (``overheads``) are those with the least

.. math:: \sum_i \rho\Bigl(\ln \frac{T_i}{\hat T_i}\Bigr)
    + \frac{\lambda}{2} \sum_n \Bigl(\ln \frac{x_n}{x^0_n}\Bigr)^2

found by reweighted least squares: :math:`\rho` is near the size of the error, and grows ever
more slowly beyond a factor of e, so that runs in which something else happened move little. The
second sum draws what little is known of to what is believed: factors to one, times to that of
the coefficients and to ``BELIEVED_MS``. Versions of engines, which no plan knows, are fitted
after all else. Then runs are replayed with what was found, and it is fitted again. Of what is
held out, an accelerator with a family of LLMs, everything is fitted without.

Run it: ``python -m carbonplan.replay.overhead_fit MEASUREMENTS``. It writes the table of
times and factors and prints errors of both kinds.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from carbonplan.catalogue.shipped import data_root
from carbonplan.replay.arrays import Flags, Floats
from carbonplan.replay.benchmarks import LOWEST_SHARE
from carbonplan.replay.overheads import (
    PARTS,
    TABLE,
    Overhead,
    OverheadRow,
    names_of,
    overhead_from,
)
from carbonplan.replay.truth import Known as Measured
from carbonplan.replay.truth import measured_rows, replayed_rows, served_by
from carbonplan.technology.calibrate.measurements import pairs
from carbonplan.technology.calibrate.runs import load_of
from carbonplan.technology.calibrate.serving import read_known
from carbonplan.technology.calibration import Calibration, load_calibration
from carbonplan.units import MS_PER_S

if TYPE_CHECKING:
    import pandas as pd

BELIEVED_MS = {"token-ms": 2.5e-3, "rank-ms": 2.5, "turn-ms": 2.0}
LONGER_S, LONGER_TURN_S = 0.05, 0.004  # in the second and the third replay
STRENGTH = 60.0  # of a logarithm: the stronger, the better is told what is held out
LEAST_ERROR, LARGE_ERROR = 0.05, 1.0  # errors below count as squares, above ever less
MEAN_SHARE = (1.0 + LOWEST_SHARE) / 2.0  # of a prompt, of the told length
LEAST_SHARE = 0.2  # of a replayed time that shorter times before prompts may leave
ROUNDS, REPLAYS, LONGEST_STEP = 20, 3, 1.0
TURN = PARTS.index("turn-ms")
SOURCE = "carbonplan-fit-overheads-2026"


@dataclass(frozen=True)
class Known:
    """What is known of times to first token, (row,), and what is looked for, (name,).

    Attributes
    ----------
    names
        Keys of the table of overheads.
    believed
        Logarithms.
    marks
        1 where a name is one of a row's, (row, name).
    of_part
        Whether a name says something of a part, (name, part).
    units
        How much of each part a row has: 1, tokens of a prompt, accelerators, 1; in seconds for
        a millisecond, (row, part).
    measured_s
        Times to first token.
    replayed_s, at_s
        The same replayed, with times before prompts and turns, (row, 2).
    slope
        Change of the replayed time with both, (row, 2).
    pair
        What is held out together.
    """

    names: Sequence[tuple]
    believed: Floats
    marks: Floats
    of_part: Floats
    units: Floats
    measured_s: Floats
    replayed_s: Floats
    at_s: Floats
    slope: Floats
    pair: NDArray[np.str_]

    def parts_s(self, logs: Floats) -> Floats:
        """Times of each part, factors included, (row, part)."""
        return np.exp(self.marks @ (logs[:, None] * self.of_part)) * self.units

    def slopes(self) -> Floats:
        """Change of the replayed time with each part, (row, part)."""
        return self.slope[:, (np.arange(len(PARTS)) == TURN).astype(int)]

    def predicted_s(self, logs: Floats) -> Floats:
        """Times to first token."""
        found_s = self.replayed_s - (self.slope * self.at_s).sum(axis=1)
        found_s = found_s + (self.slopes() * self.parts_s(logs)).sum(axis=1)
        return np.maximum(found_s, LEAST_SHARE * self.replayed_s)

    def fitted(self, rows: Flags) -> Floats:
        """Logarithms of times and factors, from some rows: all but versions, then these."""
        of_version = np.array([level == "version" for _, level, _ in self.names])
        return self._moved(self._moved(self.believed, rows, ~of_version), rows, of_version)

    def _moved(self, logs: Floats, rows: Flags, moves: Flags) -> Floats:
        """Logarithms, some of them moved to where the error is least."""
        logs = logs.copy()
        for _ in range(ROUNDS):
            predicted_s = self.predicted_s(logs)
            miss = np.log(self.measured_s / predicted_s)
            weight = rows / np.maximum(np.abs(miss), LEAST_ERROR)
            weight = weight / (1.0 + (miss / LARGE_ERROR) ** 2)
            change = self.slopes() * self.parts_s(logs) / predicted_s[:, None]
            steps = (self.marks * (change @ self.of_part.T))[:, moves]
            pull = steps.T @ (weight * miss) - STRENGTH * (logs - self.believed)[moves]
            bend = (steps.T * weight) @ steps + STRENGTH * np.eye(moves.sum())
            logs[moves] += np.clip(np.linalg.solve(bend, pull), -LONGEST_STEP, LONGEST_STEP)
        return logs

    def of(self, rows: Flags) -> Known:
        """What some of the rows tell."""
        by_row = ("marks", "units", "measured_s", "replayed_s", "at_s", "slope", "pair")
        return replace(self, **{name: getattr(self, name)[rows] for name in by_row})

    def held_out_s(self) -> Floats:
        """Times of each pair with times and factors that know nothing of it."""
        found = np.empty_like(self.measured_s)
        for pair in np.unique(self.pair):
            mine = self.pair == pair
            found[mine] = self.predicted_s(self.fitted(~mine))[mine]
        return found


def known_of(rows: pd.DataFrame, believed_ms: Mapping[str, float]) -> Known:
    """What rows tell before they are replayed.

    Parameters
    ----------
    believed_ms
        Time before a prompt of each engine.
    """
    keys = [
        (*((one.engine, part, one.engine) for part in PARTS), *names_of(one))
        for one in (served_by(row) for _, row in rows.iterrows())
    ]
    names = sorted({name for row in keys for name in row})
    marks = np.array([[name in row for name in names] for row in keys], dtype=float)
    one = np.ones(len(rows))
    units = np.column_stack([one, rows["prompt_tokens"], rows["tensor_parallel"], one])
    believed = [_believed_ms(name, believed_ms) for name in names]
    return Known(
        names=names,
        believed=np.log(believed),
        marks=marks,
        of_part=np.array([_of_part(level) for _, level, _ in names], dtype=float),
        units=units / MS_PER_S,
        measured_s=rows["value"].to_numpy(float),
        replayed_s=one,
        at_s=np.zeros((len(rows), 2)),
        slope=np.zeros((len(rows), 2)),
        pair=pairs(rows).to_numpy(str),
    )


def _believed_ms(name: tuple, believed_ms: Mapping[str, float]) -> float:
    """Of a factor one."""
    engine, level, _ = name
    return believed_ms[engine] if level == "request-ms" else BELIEVED_MS.get(level, 1.0)


def _of_part(level: str) -> list[bool]:
    """A time is of its part, a factor of all but turns."""
    return [part == level or (level not in PARTS and part != "turn-ms") for part in PARTS]


def first_tokens(folder: Path) -> tuple[pd.DataFrame, Known]:
    """Rows with times to first token, and what they tell."""
    measured, calibration = read_known(data_root()), load_calibration()
    rows = measured_rows(folder, measured)
    rows = rows[(rows["dataset"] == "inferencex") & rows["quantity"].str.startswith("ttft")]
    rows = rows.assign(prompt_tokens=MEAN_SHARE * rows["input_tokens"]).reset_index(drop=True)
    load = load_of(rows, measured.llms, measured.accelerators)
    engine_ms = calibration.coefficients(load.subjects).request_overhead_ms
    known = known_of(rows, dict(zip(rows["engine"], engine_ms.tolist(), strict=True)))
    logs = known.believed
    for _ in range(REPLAYS):
        known = _with_replays(known, logs, rows, measured, calibration)
        fits = np.isfinite(known.replayed_s)
        rows, known = rows[fits].reset_index(drop=True), known.of(fits)
        logs = known.fitted(np.ones(len(rows), dtype=np.bool_))
    return rows, known


def _with_replays(
    known: Known, logs: Floats, rows: pd.DataFrame, measured: Measured, calibration: Calibration
) -> Known:
    """What is known, with replays at times and factors, and with longer times."""
    values = dict(zip(known.names, np.exp(logs).tolist(), strict=True))

    def replayed(longer_s: float = 0.0, longer_turn_s: float = 0.0) -> Floats:
        def overhead(row: pd.Series, unknown_s: float) -> Overhead:
            found = overhead_from(values, served_by(row), unknown_s)
            return replace(
                found,
                request_s=found.request_s + longer_s,
                turn_s=found.turn_s + longer_turn_s,
            )

        return replayed_rows(rows, measured, calibration, overhead)["replayed"].to_numpy(float)

    parts_s, replayed_s = known.parts_s(logs), replayed()
    turns_s = parts_s[:, TURN]
    longer = (replayed(LONGER_S) - replayed_s) / LONGER_S
    longer_turns = (replayed(0.0, LONGER_TURN_S) - replayed_s) / LONGER_TURN_S
    return replace(
        known,
        replayed_s=replayed_s,
        at_s=np.column_stack([parts_s.sum(axis=1) - turns_s, turns_s]),
        slope=np.maximum(np.column_stack([longer, longer_turns]), 0.0),
    )


def table_of(known: Known) -> list[OverheadRow]:
    """Times and factors from all rows."""
    logs = known.fitted(np.ones(len(known.measured_s), dtype=np.bool_))
    counts = known.marks.sum(axis=0).astype(int).tolist()
    today = datetime.now(UTC).date().isoformat()
    return [
        OverheadRow(
            engine=engine,
            level=level,
            name=name,
            value=float(f"{np.exp(log):.4g}"),
            rows=count,
            evidence="derived",
            source=SOURCE,
            date=today,
        )
        for (engine, level, name), log, count in zip(known.names, logs, counts, strict=True)
    ]


def write(table: Sequence[OverheadRow], path: Path) -> None:
    """Write the table of times and factors."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(OverheadRow.model_fields), lineterminator="\n")
        writer.writeheader()
        writer.writerows(row.model_dump() for row in table)


def errors(rows: pd.DataFrame, known: Known) -> pd.DataFrame:
    """Median size of the error with what was believed, after the fit, and held out of it."""
    import pandas as pd

    logs = known.fitted(np.ones(len(rows), dtype=np.bool_))
    found = {
        "believed": known.predicted_s(known.believed),
        "fitted": known.predicted_s(logs),
        "held out": known.held_out_s(),
    }
    sizes = rows[["engine", "quantity"]].assign(
        **{name: np.abs(times_s / known.measured_s - 1.0) for name, times_s in found.items()}
    )
    groups = pd.concat([sizes.assign(engine="all"), sizes]).groupby(["quantity", "engine"])
    return groups[list(found)].median().assign(rows=groups.size())


def main(arguments: Sequence[str] | None = None) -> None:
    """Fit, write the table and print errors."""
    parser = argparse.ArgumentParser(prog="python -m carbonplan.replay.overhead_fit")
    parser.add_argument("measurements", type=Path, help="folder of performance tables")
    given = parser.parse_args(arguments)
    rows, known = first_tokens(given.measurements)
    write(table_of(known), data_root() / "calibration" / TABLE)
    print(errors(rows, known).round(3).to_string())


if __name__ == "__main__":
    main()
