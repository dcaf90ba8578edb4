"""The fleet of a plan over its stages: what stands, what is bought, what becomes of it.

A plan without stages has one, whose name is not shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.report.arrays import Floats, names, values

if TYPE_CHECKING:
    import xarray as xr

FUTURE_MARK = "/"  # between a stage and the future that it belongs to
SITE = ("sku", "region")


@dataclass(frozen=True)
class Stages:
    """Servers by stage, each array (stage, sku, region).

    Attributes
    ----------
    names
        Of the stages, in their order; one that belongs to a future names it behind a slash.
    standing, bought
        Servers that stand in a stage, and of these the ones that are bought at its start.
    """

    names: tuple[str, ...]
    standing: Floats
    bought: Floats

    @property
    def several(self) -> bool:
        """Whether there is more than one stage to tell apart."""
        return len(self.names) > 1

    def bought_later(self) -> list[float]:
        """Servers bought after the first stage in each course of events."""
        counts = dict(zip(self.names[1:], self.bought[1:].sum(axis=(1, 2)), strict=True))
        futures = dict.fromkeys(name.partition(FUTURE_MARK)[2] for name in counts)
        return [
            float(
                sum(
                    count
                    for name, count in counts.items()
                    if name.partition(FUTURE_MARK)[2] in ("", future)
                )
            )
            for future in [one for one in futures if one] or [""]
        ]


def stages(data: xr.Dataset) -> Stages | None:
    """The fleet of a plan by stage; None where the plan does not say."""
    standing, bought = by_stage(data, "servers"), by_stage(data, "purchased_servers")
    if standing is None or bought is None:
        return None
    named = names(data, "stage") or ("",)
    return Stages(named, np.rint(standing), np.rint(bought))  # the solver's rounding apart


def by_stage(data: xr.Dataset, name: str) -> Floats | None:
    """Servers over (stage, sku, region); one stage where the plan has none."""
    if name in data and "stage" in data[name].dims:
        return values(data, name, "stage", *SITE)
    alone = values(data, name, *SITE)
    return None if alone is None else alone[None]


def stood_before(data: xr.Dataset) -> Floats | None:
    """Servers that stand before the plan, whatever their age, (sku, region)."""
    if "existing_servers" in data and "cohort" in data["existing_servers"].dims:
        return values(data.sum("cohort"), "existing_servers", *SITE)
    return values(data, "existing_servers", *SITE)


def renewals(data: xr.Dataset) -> Iterator[tuple[str, float, str, str, str]]:
    """Upgrades and moves: stage, servers, SKU, what becomes of them, region."""
    for name, target, where in (
        ("upgraded_servers", "new_sku", "region"),
        ("moved_servers", "to_region", "region"),
    ):
        if name not in data:
            continue
        summed = data[name].sum("cohort").transpose("stage", "sku", where, target)
        for at in np.argwhere(np.rint(summed.values) > 0):
            stage, sku, region, new = (
                str(summed[dim].values[i]) for dim, i in zip(summed.dims, at, strict=True)
            )
            yield stage, float(np.rint(summed.values[tuple(at)])), sku, new, region
