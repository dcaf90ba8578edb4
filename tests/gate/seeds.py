"""Checks of one scenario under many seeds and gaps: unchanged, and 3 % dearer.

``python -m tests.gate.seeds --runs 50`` is the whole run; the suite does a few of it.
"""

from __future__ import annotations

import argparse
import csv
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from carbonplan.catalogue.shipped import scenarios_root
from carbonplan.cli.loading import load
from carbonplan.gate.outcome import checked, standard, updated
from carbonplan.gate.planning import Planned, plan_of
from carbonplan.gate.thresholds import thresholds
from carbonplan.pipeline import Options, Prepared, prepare

RISE = 0.03
THRESHOLD = "operational_carbon=1%,cost=1%"
MORE = ",water=1%"  # of the whole run
GAPS = (0.009, 0.004, 0.001, 1e-4)  # a run of each in turn: plans differ more than by seed
TIME = "time_utc"
TEXT = """
extends: base.yaml
name: gate
horizon: {hours: HOURS}
series: {intensity_g_per_kwh: intensity.csv}
workloads[west]: {arrivals: {mean_rps: 15}}
workloads[east]: {arrivals: {mean_rps: 9}}
objective: {minimise: operational_carbon}
"""


def scenario(folder: Path, factor: float = 1.0, hours: int = 6) -> str:
    """A scenario whose least operational carbon is in proportion to a factor."""
    folder.mkdir(exist_ok=True)
    shipped = scenarios_root()
    shutil.copy(shipped / "two-generations.yaml", folder / "base.yaml")
    with (shipped / "series" / "demo-week-intensity.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    with (folder / "intensity.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        for row in rows:
            scaled = {k: repr(float(v) * factor) for k, v in row.items() if k != TIME}
            writer.writerow({TIME: row[TIME], **scaled})
    path = folder / "gate.yaml"
    path.write_text(TEXT.replace("HOURS", str(hours)), encoding="utf-8")
    return str(path)


def ready(path: str) -> Prepared:
    """The program of a scenario, which all its runs share."""
    return prepare(load(path), Options())


def found(prepared: Prepared, seed: int, gap: float) -> Planned:
    """A plan by its own seed and gap."""
    return plan_of(replace(prepared, limits=replace(prepared.limits, seed=seed, gap=gap)))


def verdicts(folder: Path, runs: int, *, rebase: bool) -> Iterator[tuple[str, str, str]]:
    """Question, impact and verdict of every run, each with its own seed.

    Parameters
    ----------
    rebase
        Each run has a baseline of its own too, by another seed; else all share the first.
    """
    same = ready(scenario(folder / "same"))
    questions = {
        "unchanged": same,
        "3 % dearer": ready(scenario(folder / "dearer", 1 + RISE)),
    }
    path, given = folder / "baseline.json", thresholds([THRESHOLD + MORE * rebase])
    for seed in range(runs):
        if rebase or not seed:
            standing = standard(path, "gate", given, update=True)
            updated(found(same, seed, GAPS[seed % len(GAPS)]), standing)
        gap = GAPS[(seed + 1 + seed // len(GAPS)) % len(GAPS)]
        for question, prepared in questions.items():
            standing = standard(path, "gate", {}, update=False)
            for one in checked(found(prepared, runs + seed, gap), standing).judged:
                yield question, one.impact, str(one.verdict)


def main() -> None:
    """Count the verdicts of many runs."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--runs", type=int, default=50)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        counts = Counter(verdicts(Path(folder), runs, rebase=True))
    for (question, impact, verdict), count in sorted(counts.items()):
        print(f"{question:12} {impact:20} {verdict:12} {count:4}")


if __name__ == "__main__":
    main()
