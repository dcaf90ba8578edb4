r"""The event loop beside measured serving: the same load, and what clients saw of it.

Each measured run is done again: a replica with the step times of the shipped coefficients,
served at the measured concurrency by a closed loop (``benchmarks``). Told is, by table and
quantity, the error :math:`\\hat y / y - 1` of what the replay gives, and beside it that of the
formulas of the technology models, from which its steps come, where they know the quantity.
Nothing is fitted here; times to first token are with the factors of ``overheads``, which are
fitted on them. Runs whose requests do not fit into the memory that the models see are counted
and left out.

Run it: ``python -m carbonplan.replay.truth MEASUREMENTS``.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.catalogue.shipped import data_root
from carbonplan.replay.arrays import MIXED, Kinds
from carbonplan.replay.benchmarks import BENCHMARKS, Run
from carbonplan.replay.closed_loop import closed_loop
from carbonplan.replay.engine_settings import places_of, usable_share
from carbonplan.replay.overheads import Overhead, Served, overhead_of
from carbonplan.replay.tables import columns_of
from carbonplan.technology.calibrate.accuracy import plausible
from carbonplan.technology.calibrate.measurements import measurements
from carbonplan.technology.calibrate.names import read_names
from carbonplan.technology.calibrate.prediction import with_calibration
from carbonplan.technology.calibrate.runs import load_of
from carbonplan.technology.calibrate.serving import Known, read_known
from carbonplan.technology.calibration import Calibration, load_calibration
from carbonplan.technology.figures import ReplicaFigures
from carbonplan.technology.memory import USABLE_FRACTION, kv_room_gb
from carbonplan.units import MS_PER_S, W_PER_KW

if TYPE_CHECKING:
    import pandas as pd

SEED = 6
LONGEST_SHARE = 12.0  # of the mean output: beyond what an exponential of a run ever draws
RUN = (
    *("dataset", "engine", "version", "accelerator", "llm", "precision", "kv_precision"),
    *("task",),
    *("tensor_parallel", "pipeline_parallel", "expert_parallel", "data_parallel"),
    *("batch", "concurrency", "input_tokens", "output_tokens"),
)
UNTOLD = "untold"
OTHER_NAMES = {"ttft_load_s": "ttft_s"}  # of the same quantity


@dataclass(frozen=True)
class Accuracy:
    """Errors of one quantity of a table, as median and 90th percentile of their size [1].

    Attributes
    ----------
    engine
        Empty: all of the table.
    signed
        Median with its sign: below zero the replay is too low.
    formulas
        Median of the technology models alone; NaN where they do not know the quantity.
    """

    dataset: str
    quantity: str
    rows: int
    median: float
    p90: float
    signed: float
    formulas: float
    engine: str = ""


def measured_rows(folder: Path, known: Known) -> pd.DataFrame:
    """Rows of the tables that are replayed; equal runs have the same number in ``run``."""
    rows = plausible(measurements(folder, read_names(data_root())), known).rows
    wanted = [
        (dataset, quantity)
        for dataset, benchmark in BENCHMARKS.items()
        for quantity in benchmark.measures
    ]
    quantity = rows["quantity"].replace(OTHER_NAMES)
    kept = [pair in wanted for pair in zip(rows["dataset"], quantity, strict=True)]
    rows = rows[kept].reset_index(drop=True)
    return rows.assign(
        run=rows.groupby(list(RUN), dropna=False, sort=False).ngroup(),
        concurrency=rows["concurrency"].fillna(rows["batch"]).round().clip(lower=1.0),
    )


def replayed_rows(
    rows: pd.DataFrame,
    known: Known,
    calibration: Calibration,
    overhead: Callable[[pd.Series, float], Overhead] | None = None,
) -> pd.DataFrame:
    """The rows with what the replay and the formulas give; NaN where requests do not fit.

    Parameters
    ----------
    overhead
        Time before prompts of a row, from it and that of the coefficients; without it, that of
        the table of overheads.
    """
    overhead = overhead or overhead_of_row
    load = load_of(rows, known.llms, known.accelerators)
    load = load.at(calibration.coefficients(load.subjects))
    replayed = np.full(len(rows), np.nan)
    for number, places in rows.groupby("run", sort=False).indices.items():
        row = rows.iloc[places[0]]
        figures = load.replica[places[:1]]
        before = overhead(row, float(figures.coefficients.request_overhead_ms[0]) / MS_PER_S)
        run = _run(row, figures, before, np.random.default_rng([SEED, number]))
        if run is None:
            continue
        measures = BENCHMARKS[row["dataset"]].measures
        names = rows["quantity"].iloc[places].replace(OTHER_NAMES)
        replayed[places] = [measures[name](run) for name in names]
    return rows.assign(replayed=replayed, formulas=with_calibration(load, calibration))


def accuracies(rows: pd.DataFrame, by_engine: bool = False) -> tuple[Accuracy, ...]:
    """Errors by table and quantity, and by engine where that is asked for."""
    known = rows.dropna(subset=["replayed"])
    known = known.assign(engine=known["engine"] if by_engine else "")
    return tuple(
        Accuracy(
            dataset=dataset,
            quantity=quantity,
            rows=len(part),
            median=float(np.median(np.abs(error))),
            p90=float(np.quantile(np.abs(error), 0.9)),
            signed=float(np.median(error)),
            formulas=float(np.abs(part["formulas"] / part["value"] - 1.0).median()),
            engine=engine,
        )
        for (dataset, quantity, engine), part in known.groupby(
            ["dataset", "quantity", "engine"]
        )
        for error in [(part["replayed"] / part["value"] - 1.0).to_numpy(float)]
    )


def sampled(rows: pd.DataFrame, most: int) -> pd.DataFrame:
    """Rows of so many runs of each table, at most, spread evenly over it."""
    runs = rows.drop_duplicates("run")
    place = runs.groupby("dataset").cumcount()
    count = runs.groupby("dataset")["run"].transform("count")
    step = (count / most).clip(lower=1.0)
    kept = runs["run"][place // step != (place - 1) // step]
    return rows[rows["run"].isin(kept)].reset_index(drop=True)


def served_by(row: pd.Series) -> Served:
    """Names of what served a row; versions that are not told count as one."""
    names = ("engine", "llm", "precision", "accelerator", "tensor_parallel")
    return Served(*row[list(names)], version=row["version"] or UNTOLD)


def overhead_of_row(row: pd.Series, unknown_s: float) -> Overhead:
    """Time before the prompts of a row, from the table of overheads."""
    return overhead_of(served_by(row), unknown_s)


def _run(
    row: pd.Series, figures: ReplicaFigures, before: Overhead, generator: np.random.Generator
) -> Run | None:
    """A measured run, done again; none where a request does not fit."""
    benchmark, concurrency = BENCHMARKS[row["dataset"]], int(row["concurrency"])
    prompt, output = benchmark.drawn(row, generator)
    kinds = _kinds(row, figures, before, concurrency, float((prompt + output).max()))
    if (prompt + output).max() > kinds.room_tokens[0]:
        return None
    rules = benchmark.rules(row)
    loop = closed_loop(prompt, output, concurrency, kinds, rules, before.turn_s)
    accelerators_w = figures.accelerators[0] * figures.hardware.idle_w[0]
    idle_kw = float(accelerators_w) / W_PER_KW
    return Run(loop, concurrency, idle_kw, benchmark.counts_first)


def _kinds(
    row: pd.Series,
    figures: ReplicaFigures,
    before: Overhead,
    concurrency: int,
    longest_tokens: float,
) -> Kinds:
    """One replica with a place for each that may run at once."""
    context_tokens, places = row["input_tokens"] + row["output_tokens"] / 2.0, concurrency
    if row["dataset"] == "inferencex":
        places = places_of(row)
    columns = {
        **columns_of(figures, "mixed", places, context_tokens, longest_tokens),
        "before_s": before.request_s,
        "before_s_per_token": before.token_s,
    }
    if row["dataset"] == "inferencex":
        room = columns["room_tokens"] * _roominess(row, figures)
        columns = {**columns, "room_tokens": np.int64(room)}
    one, longest = np.ones(1), np.array([longest_tokens])
    return Kinds(
        role=np.array([MIXED]),
        first=np.array([0]),
        last=np.array([1]),
        slots=np.array([places]),
        lowest_clock=one,
        highest_clock=one,
        context_scale=longest,
        prompt_scale=longest,
        **{name: np.asarray(value)[None] for name, value in columns.items()},
    )


def _roominess(row: pd.Series, figures: ReplicaFigures) -> float:
    """Room for the cache as the scripts of InferenceX have it, over that of the models [1]."""
    room_gb = float(kv_room_gb(figures)[0])
    more = (usable_share(row) - USABLE_FRACTION) * float(figures.hardware.memory_gb[0])
    return 1.0 + more / room_gb if room_gb > 0.0 else 1.0


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the errors by table and quantity."""
    parser = argparse.ArgumentParser(prog="python -m carbonplan.replay.truth")
    parser.add_argument("measurements", type=Path, help="folder of performance tables")
    parser.add_argument("--runs", type=int, help="of each table, at most; otherwise all")
    given = parser.parse_args(arguments)
    known = read_known(data_root())
    rows = measured_rows(given.measurements, known)
    rows = rows if given.runs is None else sampled(rows, given.runs)
    rows = replayed_rows(rows, known, load_calibration())
    heads = "rows  median   p90  signed  formulas"
    print(f"{'table':<12} {'quantity':<26} {'engine':<18}  {heads}")
    by_engine = rows.groupby("dataset")["engine"].transform("nunique") > 1
    for found in (*accuracies(rows), *accuracies(rows[by_engine], by_engine=True)):
        errors = (found.median, found.p90, found.signed, found.formulas)
        shown = "  ".join("     -" if np.isnan(one) else f"{one:>6.1%}" for one in errors)
        names = f"{found.dataset:<12} {found.quantity:<26} {found.engine:<18}"
        print(f"{names} {found.rows:>5}  {shown}")
    print(f"{int(rows['replayed'].isna().sum())} rows whose requests do not fit")


if __name__ == "__main__":
    main()
