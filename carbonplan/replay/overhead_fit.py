r"""Fit of the times before prompts to measured times to first token, by way of the replay.

Every run of InferenceX is replayed twice, with the time before prompts as the coefficients have
it and a quarter longer, which tells how much of a mean time to first token T it is:
:math:`\hat T(f) = T_1 + s\,(f - 1)`. Factors f of an engine, of its LLMs, of these in a
precision and of its accelerators (``overheads``) are those with the least

.. math:: \sum_i |\ln T_i - \ln \hat T_i(f_i)| + \frac{\lambda}{2} \sum_n (\ln f_n)^2

found by reweighted least squares; the second sum draws what little is known of to one. Of what
is held out, an accelerator with a family of LLMs, everything is fitted without.

Run it: ``python -m carbonplan.replay.overhead_fit MEASUREMENTS``. It writes the table of
factors and prints errors of both kinds.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from carbonplan.catalogue.shipped import data_root
from carbonplan.replay.overheads import TABLE, OverheadRow, names_of
from carbonplan.replay.truth import measured_rows, replayed_rows
from carbonplan.technology.calibrate.measurements import pairs
from carbonplan.technology.calibrate.serving import read_known
from carbonplan.technology.calibration import load_calibration

if TYPE_CHECKING:
    import pandas as pd

LONGER = 1.25  # time before prompts in the second replay, over that in the first
SHRINKAGE = 12.0  # of the logarithm of a factor: what is held out is told best near it
LEAST_ERROR = 0.05  # below it errors count as squares
LEAST_SHARE = 0.2  # of a replayed time that shorter times before prompts may leave
ROUNDS = 15
SOURCE = "carbonplan-fit-overheads-2026"

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Known:
    """What is known of times to first token, (row,).

    Attributes
    ----------
    names
        Keys of the factors.
    marks
        1 where a factor is one of a row's, (row, factor).
    measured_s, replayed_s, slope_s
        The last: change of the replayed time with the factor.
    pair
        What is held out together.
    """

    names: tuple[tuple, ...]
    marks: Floats
    measured_s: Floats
    replayed_s: Floats
    slope_s: Floats
    pair: NDArray[np.str_]

    def predicted_s(self, logs: Floats) -> Floats:
        """Times with logarithms of factors."""
        factor = np.exp(self.marks @ logs)
        least_s = LEAST_SHARE * self.replayed_s
        return np.maximum(self.replayed_s + self.slope_s * (factor - 1.0), least_s)

    def fitted(self, rows: NDArray[np.bool_]) -> Floats:
        """Logarithms of the factors, from some rows."""
        logs = np.zeros(self.marks.shape[1])
        for _ in range(ROUNDS):
            predicted_s = self.predicted_s(logs)
            miss = np.log(self.measured_s / predicted_s)
            change = self.slope_s * np.exp(self.marks @ logs) / predicted_s
            weight = rows / np.maximum(np.abs(miss), LEAST_ERROR)
            steps = self.marks * change[:, None]
            pull = steps.T @ (weight * miss) - SHRINKAGE * logs
            bend = (steps.T * weight) @ steps + SHRINKAGE * np.eye(len(logs))
            logs = logs + np.linalg.solve(bend, pull)
        return logs

    def held_out_s(self) -> Floats:
        """Times of each pair with factors that know nothing of it."""
        found = np.empty_like(self.measured_s)
        for pair in np.unique(self.pair):
            mine = self.pair == pair
            found[mine] = self.predicted_s(self.fitted(~mine))[mine]
        return found


def known_of(rows: pd.DataFrame, replayed_s: Floats, longer_s: Floats) -> Known:
    """What rows tell, replayed with the times before prompts as they are, and with longer."""
    keys = [
        names_of(*row)
        for row in rows[["engine", "llm", "precision", "accelerator"]].itertuples(index=False)
    ]
    names = tuple(sorted({name for row in keys for name in row}))
    place = {name: at for at, name in enumerate(names)}
    marks = np.zeros((len(rows), len(names)))
    for at, row in enumerate(keys):
        marks[at, [place[name] for name in row]] = 1.0
    return Known(
        names,
        marks,
        rows["value"].to_numpy(float),
        replayed_s,
        np.maximum(longer_s - replayed_s, 0.0) / (LONGER - 1.0),
        pairs(rows).to_numpy(str),
    )


def first_tokens(folder: Path) -> tuple[pd.DataFrame, Known]:
    """Rows with times to first token, and what they tell."""
    known, calibration = read_known(data_root()), load_calibration()
    rows = measured_rows(folder, known)
    rows = rows[(rows["dataset"] == "inferencex") & rows["quantity"].str.startswith("ttft")]
    rows = rows.reset_index(drop=True)
    replayed_s, longer_s = (
        replayed_rows(rows, known, calibration, overhead)["replayed"].to_numpy(float)
        for overhead in (1.0, LONGER)
    )
    fits = np.isfinite(replayed_s)
    rows = rows[fits].reset_index(drop=True)
    return rows, known_of(rows, replayed_s[fits], longer_s[fits])


def table_of(known: Known) -> list[OverheadRow]:
    """Factors from all rows."""
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
    """Write the table of factors."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(OverheadRow.model_fields), lineterminator="\n")
        writer.writeheader()
        writer.writerows(row.model_dump() for row in table)


def errors(rows: pd.DataFrame, known: Known) -> pd.DataFrame:
    """Median size of the error before the fit, after it, and of what is held out of it."""
    logs = known.fitted(np.ones(len(rows), dtype=np.bool_))
    found = {
        "before": known.replayed_s,
        "fitted": known.predicted_s(logs),
        "held out": known.held_out_s(),
    }
    sizes = rows[["engine", "quantity"]].assign(
        **{name: np.abs(times_s / known.measured_s - 1.0) for name, times_s in found.items()}
    )
    by_engine = sizes.groupby(["quantity", "engine"])[list(found)].median()
    return by_engine.assign(rows=sizes.groupby(["quantity", "engine"]).size())


def main(arguments: Sequence[str] | None = None) -> None:
    """Fit, write the table and print errors."""
    parser = argparse.ArgumentParser(prog="python -m carbonplan.replay.overhead_fit")
    parser.add_argument("measurements", type=Path, help="folder of performance tables")
    given = parser.parse_args(arguments)
    rows, known = first_tokens(given.measurements)
    write(table_of(known), data_root() / "calibration" / TABLE)
    everything = rows.assign(engine="all")
    for part in (everything, rows):
        print(errors(part, known).round(3).to_string())


if __name__ == "__main__":
    main()
