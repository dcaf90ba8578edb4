"""What is counted in a plan: the servers of a SKU, of a region, and of a SKU in a region."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from carbonplan.program import Program
from carbonplan.program.records import Floats
from carbonplan.program.restricting import count_vector

SERVERS = "Servers"


@dataclass(frozen=True)
class Group:
    """Servers that are counted together; over several stages, those of each stage add up.

    Attributes
    ----------
    sku, region
        None where all of them are counted.
    vector
        Coefficients over the columns, (column,).
    """

    sku: str | None
    region: str | None
    vector: Floats

    @property
    def title(self) -> str:
        """The group in words: ``t4-1 in oregon``."""
        if self.sku is None:
            return f"servers in {self.region}"
        return self.sku if self.region is None else f"{self.sku} in {self.region}"

    @property
    def is_pair(self) -> bool:
        """Whether the group is a SKU in a region."""
        return self.sku is not None and self.region is not None


def groups_of(program: Program) -> tuple[Group, ...]:
    """SKUs, regions and pairs that the program may have servers of, in order of their names.

    A SKU in one region alone, or a region with one SKU alone, is counted as the pair only once.
    """
    layout = program.columns[SERVERS]
    sku_at, region_at = layout.dims.index("sku"), layout.dims.index("region")
    pairs = sorted({(label[sku_at], label[region_at]) for label in layout.labels})
    skus = [None, *dict.fromkeys(sku for sku, _ in pairs)]
    regions = [None, *sorted({region for _, region in pairs})]
    wanted = [
        *((sku, None) for sku in skus[1:]),
        *((None, region) for region in regions[1:] if len(regions) > 2),
        *(pair for pair in pairs if len(regions) > 2),
    ]
    return tuple(Group(sku, region, _vector(program, sku, region)) for sku, region in wanted)


def counts(groups: tuple[Group, ...], values: Floats) -> tuple[int, ...]:
    """Servers of each group in a plan."""
    return tuple(round(float(group.vector @ values)) for group in groups)


def are_whole(program: Program, group: Group) -> bool:
    """Whether the servers of a group are whole numbers in every plan."""
    return bool(program.integer[group.vector != 0].all())


def _vector(program: Program, sku: str | None, region: str | None) -> Floats:
    labels = {"sku": sku, "region": region}
    given = {name: value for name, value in labels.items() if value is not None}
    return np.asarray(count_vector(program, SERVERS, **given))
