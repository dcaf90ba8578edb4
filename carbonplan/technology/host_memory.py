r"""DRAM and SSD of a host: what a server needs of them, and what other sizes change.

.. math::

    M_{dram} = M_{os} + a\,(M_{process} + M_{swap}) + \max_e W_e, \qquad
    M_{ssd} = M_{os} + \sum_e W_e

over the checkpoints e that may run on the server, an LLM in a precision each, and its a
accelerators. A smaller part saves carbon and money in proportion to its size as sold, and the
power that it draws without work. What DRAM is left serves replicas on the host's sockets.

Source
------
``host-memory-needs`` for the needs, ``memory-power-and-price`` for power and price; carbon is
the coefficient set's, for the technology in the host's bill of parts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from carbonplan.catalogue.records import EmbodiedCoefficient, Server
from carbonplan.technology.embodied import embodied_footprint
from carbonplan.units import BYTES_PER_GB, W_PER_KW

DRAM, SSD = "dram", "ssd"
SYSTEM_DRAM_GB = 32.0  # operating system and services; assumed
PROCESS_GB = 8.0  # an engine's process for each accelerator; assumed
SWAP_GB = 4 * 2**30 / BYTES_PER_GB  # vllm-docs: default of swap_space, for each accelerator
SYSTEM_SSD_GB = 200.0  # operating system, containers and logs; assumed


@dataclass(frozen=True)
class MemorySize:
    """A size of DRAM or SSD that a server can be bought with, against that as sold.

    Attributes
    ----------
    saved_kgco2e, saved_usd
        Carbon of making and price that a server is spared.
    saved_idle_kw
        Power that a powered server is spared whatever it does.
    """

    part: str
    gb: float
    saved_kgco2e: float
    saved_usd: float
    saved_idle_kw: float

    @property
    def name(self) -> str:
        return f"{self.part}-{self.gb:g}"


def dram_need_gb(server: Server, checkpoints_gb: Iterable[float]) -> float:
    """DRAM that a server needs before any replica runs on its host [GB]."""
    per_accelerator = server.sku.accelerators * (PROCESS_GB + SWAP_GB)
    return SYSTEM_DRAM_GB + per_accelerator + max(checkpoints_gb, default=0.0)


def ssd_need_gb(checkpoints_gb: Iterable[float]) -> float:
    """SSD that a server needs to hold every checkpoint that may run on it [GB]."""
    return SYSTEM_SSD_GB + sum(checkpoints_gb)


def free_dram_gb(server: Server, checkpoints_gb: Iterable[float]) -> float:
    """DRAM as sold that is left for replicas on the host [GB]."""
    return max(server.host.dram_gb - dram_need_gb(server, checkpoints_gb), 0.0)


def memory_sizes(
    server: Server,
    coefficients: Sequence[EmbodiedCoefficient],
    checkpoints_gb: Sequence[float],
) -> tuple[MemorySize, ...]:
    """Sizes that hold what the server needs; of a part without any, that as sold.

    DRAM comes before SSD, smaller before larger. Of a CPU server, whose DRAM is the memory of
    its accelerators, every part stays as sold.
    """
    needs = {DRAM: dram_need_gb(server, checkpoints_gb), SSD: ssd_need_gb(checkpoints_gb)}
    sold = {DRAM: server.host.dram_gb, SSD: server.host.ssd_gb}
    per_gb = _kgco2e_per_gb(server, coefficients)
    figures = {one.part: one for one in server.memory_parts}
    sizes = []
    for part, need in needs.items():
        for gb in _sizes_gb(server, part, need, sold[part]):
            less = sold[part] - gb
            figure = figures.get(part)
            sizes.append(
                MemorySize(
                    part,
                    gb,
                    saved_kgco2e=less * per_gb.get(part, 0.0),
                    saved_usd=less * figure.usd_per_gb if figure else 0.0,
                    saved_idle_kw=less * figure.idle_w_per_gb / W_PER_KW if figure else 0.0,
                )
            )
    return tuple(sizes)


def _sizes_gb(server: Server, part: str, need_gb: float, sold_gb: float) -> list[float]:
    """Sizes of a part that are large enough, the one as sold always among them."""
    if server.accelerator.kind == "cpu":
        return [sold_gb]
    listed = [one.gb for one in server.memory_options if one.part == part]
    return sorted({*(gb for gb in listed if need_gb <= gb < sold_gb), sold_gb})


def _kgco2e_per_gb(
    server: Server, coefficients: Sequence[EmbodiedCoefficient]
) -> Mapping[str, float]:
    """Carbon of a GB of the host's DRAM and SSD, by part [kgCO2e/GB]."""
    lines = embodied_footprint(server, coefficients).lines
    mine = [one for one in lines if one.item == server.sku.host and one.part in (DRAM, SSD)]
    return {one.part: one.kgco2e / one.quantity for one in mine if one.quantity}
