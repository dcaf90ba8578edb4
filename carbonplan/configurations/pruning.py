"""Drop from the table of configurations what dominance says no optimum needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from carbonplan.configurations.dominance import Points, covers, needed

if TYPE_CHECKING:
    import xarray as xr

TOLERANCE = 1e-12
ALIKE = ("sku", "llm", "role", "on_host")  # of configurations that may stand in for each other


@dataclass(frozen=True)
class Rules:
    """What a replacement has to respect."""

    whole: bool  # replicas are whole numbers
    engines_mix: bool  # replicas are continuous and starts cost nothing
    latency_counts: bool
    replicas_count: bool = False  # idle ones are asked for by number
    starts_wait: bool = False  # by an engine's highest rate, of whatever class


def prune(table: xr.Dataset, rules: Rules) -> tuple[xr.Dataset, dict[str, str]]:
    """The table without what no optimum needs; of each configuration dropped the reason."""
    draft = Draft.of(table)
    for members in draft.groups():
        together = [members] if rules.engines_mix else draft.engines(members)
        for mixing in together:
            draft.thin(mixing, rules)
        if not (rules.engines_mix or rules.starts_wait):
            draft.replace_engines(members, rules)
    return draft.result(table)


@dataclass
class Draft:
    """The table as arrays while it is thinned.

    Attributes
    ----------
    rate_rps
        (request_class, configuration); set to zero where a class need not be served.
    """

    names: NDArray[np.str_]
    engine: NDArray[np.str_]
    group: list[tuple]
    rate_rps: NDArray[np.float64]
    energy_kj: NDArray[np.float64]
    ttft_s: NDArray[np.float64]
    accelerators: dict[str, float]
    by_accelerator: dict[str, NDArray[np.float64]]
    dropped: dict[str, str]

    @classmethod
    def of(cls, table: xr.Dataset) -> Draft:
        """Arrays of the table; what a replica needs at all times by the accelerator or host."""
        accelerators = table["accelerators"].values + table["host_share"].values
        always = np.stack(
            [
                table["loaded_kw"].values / accelerators,
                table["start_energy_kwh"].values / accelerators,
                table["start_fraction"].values,
                table["host_dram_gb"].values / accelerators,
            ],
            axis=1,
        )
        engines = table["engine"].values.tolist()
        order = ("request_class", "configuration")
        return cls(
            names=table["configuration"].values.astype(str),
            engine=table["configuration_engine"].values.astype(str),
            group=list(zip(*(table[name].values for name in ALIKE), strict=True)),
            rate_rps=table["rate_rps"].transpose(*order).values.copy(),
            energy_kj=table["energy_kj_per_request"].transpose(*order).values,
            ttft_s=table["ttft_s"].transpose(*order).values,
            accelerators=dict(zip(engines, accelerators.tolist(), strict=True)),
            by_accelerator=dict(zip(engines, always, strict=True)),
            dropped={},
        )

    def groups(self) -> Iterator[NDArray[np.int64]]:
        """Positions of the configurations of each LLM and role on each SKU."""
        for key in dict.fromkeys(self.group):
            yield np.flatnonzero([k == key for k in self.group])

    def engines(self, members: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        """Positions by engine."""
        found = dict.fromkeys(self.engine[members].tolist())
        return [members[self.engine[members] == engine] for engine in found]

    def points(self, k: int, members: NDArray[np.int64], rules: Rules) -> Points:
        """What configurations need for a request of class ``k``."""
        rate = self.rate_rps[k, members]
        served = rate > 0
        accelerators = np.array([self.accelerators[e] for e in self.engine[members]])
        seconds = accelerators / np.where(served, rate, 1.0)
        return Points(
            np.where(served, seconds, np.inf),
            np.where(served, self.energy_kj[k, members], np.inf),
            np.where(served & rules.latency_counts, self.ttft_s[k, members], 0.0),
        )

    def thin(self, mixing: NDArray[np.int64], rules: Rules) -> None:
        """Of configurations that mix freely, let each class keep those it needs."""
        for k in range(len(self.rate_rps)):
            points = self.points(k, mixing, rules)
            keep = needed(points, latency_counts=rules.latency_counts)
            self.rate_rps[k, mixing[~keep]] = 0.0
        for c in mixing[~(self.rate_rps[:, mixing] > 0).any(axis=0)]:
            self.dropped[self.names[c]] = "a mixture of others on the SKU needs no more"

    def replace_engines(self, members: NDArray[np.int64], rules: Rules) -> None:
        """Drop engines that another makes unnecessary; of equals the first stays."""
        standing = self.engines(members)
        for mine in list(standing):
            for other in standing:
                if other is not mine and self._replaces(other, mine, rules):
                    standing = [engine for engine in standing if engine is not mine]
                    self.rate_rps[:, mine] = 0.0
                    why = f"{self.engine[other[0]]} needs no more of anything"
                    self.dropped |= {self.names[c]: why for c in mine}
                    break

    def _replaces(self, d: NDArray[np.int64], e: NDArray[np.int64], rules: Rules) -> bool:
        one, other = self.engine[d[0]], self.engine[e[0]]
        if rules.whole and self.accelerators[other] % self.accelerators[one]:
            return False
        if rules.replicas_count and self.accelerators[one] > self.accelerators[other]:
            return False
        room = 1 + TOLERANCE
        if (self.by_accelerator[one] > self.by_accelerator[other] * room).any():
            return False
        return all(
            covers(
                self.points(k, d, rules),
                self.points(k, e, rules),
                latency_counts=rules.latency_counts,
            )
            for k in range(len(self.rate_rps))
        )

    def result(self, table: xr.Dataset) -> tuple[xr.Dataset, dict[str, str]]:
        """The thinned table."""
        kept = [name for name in self.names.tolist() if name not in self.dropped]
        engines = set(self.engine[[name not in self.dropped for name in self.names]].tolist())
        order = [engine for engine in table["engine"].values.tolist() if engine in engines]
        rate = (("request_class", "configuration"), self.rate_rps)
        thinned = table.transpose("request_class", ...).assign(rate_rps=rate)
        return thinned.sel(configuration=kept, engine=order), self.dropped
