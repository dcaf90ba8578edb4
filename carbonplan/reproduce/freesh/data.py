"""A folder of FREESH's pool layer: profiles, installed GPUs, demand, emission factors, optima.

Demand and emission factors come in steps of five minutes; a window is six of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from carbonplan.catalogue.records import Count, NonNegative, Positive, Record
from carbonplan.catalogue.shipped import shown
from carbonplan.catalogue.tables import read_table
from carbonplan.errors import InvalidInput

STEPS_PER_WINDOW = 6
PROFILES = "profiles.csv"
INSTALLED = "installed_gpus.csv"
DEMAND = "demand.csv"
EMISSIONS = "emission_factor.csv"
OPTIMA = "published_optima.csv"


class Profile(Record):
    """A mode of serving a request class, as measured; a row of ``profiles.csv``."""

    partition: str
    request_class: str
    mode: str
    gpu: str
    gpus_per_replica: Count
    max_throughput_rps: NonNegative
    replica_power_w: NonNegative
    latency_s: Positive
    tbt_ms: Positive
    ttft_ms: Positive
    latency_limit_s: Positive
    tbt_limit_ms: Positive
    ttft_limit_ms: Positive


class Installed(Record):
    """GPUs of a type at a site; a row of ``installed_gpus.csv``."""

    site: str
    gpu: str
    installed: int


class Demand(Record):
    """Forecast of a class in a step; a row of ``demand.csv``."""

    partition: str
    step: int
    request_class: str
    demand_rps: NonNegative


class EmissionFactor(Record):
    """Emissions of a site's grid in a step; a row of ``emission_factor.csv``."""

    step: int
    site: str
    emission_factor: float  # e; the source states no unit


class Optimum(Record):
    """What was published of a window; a row of ``published_optima.csv``."""

    window: int
    status: Literal["optimal", "infeasible"]
    objective: float | None = None  # e W s


@dataclass(frozen=True)
class Study:
    """The whole folder.

    Attributes
    ----------
    demand_rps
        By partition, class and step.
    emission_factor
        By site and step.
    """

    profiles: tuple[Profile, ...]
    installed: tuple[Installed, ...]
    demand_rps: Mapping[tuple[str, str, int], float]
    emission_factor: Mapping[tuple[str, int], float]
    published: Mapping[int, Optimum]

    @property
    def partitions(self) -> list[str]:
        return list(dict.fromkeys(row.partition for row in self.profiles))

    @property
    def sites(self) -> list[str]:
        return list(dict.fromkeys(row.site for row in self.installed))

    @property
    def gpus(self) -> list[str]:
        return list(dict.fromkeys(row.gpu for row in self.installed))

    @property
    def steps(self) -> list[int]:
        return sorted({step for _, step in self.emission_factor})

    @property
    def windows(self) -> list[int]:
        return list(range(len(self.steps) // STEPS_PER_WINDOW))

    def classes(self, partition: str) -> list[str]:
        """Request classes of a partition."""
        mine = (row.request_class for row in self.profiles if row.partition == partition)
        return list(dict.fromkeys(mine))


def read_study(folder: Path) -> Study:
    """Read the folder; ``published_optima.csv`` may be absent.

    Raises
    ------
    InvalidInput
        With a line for every problem of every table.
    """
    tables: dict[str, tuple] = {}
    problems: list[str] = []
    kinds = {PROFILES: Profile, INSTALLED: Installed, DEMAND: Demand, EMISSIONS: EmissionFactor}
    if (folder / OPTIMA).is_file():
        kinds[OPTIMA] = Optimum
    for name, kind in kinds.items():
        try:
            tables[name] = read_table(folder / name, kind)
        except InvalidInput as error:
            problems += [f"{name}: {line}" for line in error.problems]
    if problems:
        raise InvalidInput(shown(folder), problems)
    study = Study(
        tables[PROFILES],
        tables[INSTALLED],
        {
            (row.partition, row.request_class, row.step): row.demand_rps
            for row in tables[DEMAND]
        },
        {(row.site, row.step): row.emission_factor for row in tables[EMISSIONS]},
        {row.window: row for row in tables.get(OPTIMA, ())},
    )
    if gaps := list(_gaps(study)):
        raise InvalidInput(shown(folder), gaps)
    return study


def _gaps(study: Study) -> Iterator[str]:
    """Steps, sites and classes that a table leaves out."""
    if study.steps != list(range(STEPS_PER_WINDOW * len(study.windows))):
        yield f"{EMISSIONS}: expected steps from 0 on, {STEPS_PER_WINDOW} for each window"
        return
    for site in study.sites:
        yield from _missing(EMISSIONS, site, study.steps, study.emission_factor, (site,))
    for partition in study.partitions:
        for name in study.classes(partition):
            key = (partition, name)
            yield from _missing(DEMAND, "/".join(key), study.steps, study.demand_rps, key)


def _missing(
    table: str, what: str, steps: Sequence[int], held: Mapping, key: tuple[str, ...]
) -> Iterator[str]:
    absent = [step for step in steps if (*key, step) not in held]
    if absent:
        yield f"{table}: {what} has no row for step {absent[0]} ({len(absent)} missing in all)"
