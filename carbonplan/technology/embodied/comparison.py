"""One bill of parts under several coefficient sets, side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from carbonplan.catalogue.records import EmbodiedCoefficient, Part, Server
from carbonplan.technology.embodied.bill import PricedBill, copies, priced_bill


@dataclass(frozen=True)
class ComparedTotals:
    """What a server comes to under one set; ``None`` where a part has no price [kgCO2e]."""

    coefficient_set: str
    host_kgco2e: float | None
    accelerators_kgco2e: float | None
    accelerator_kgco2e: float | None  # one of them
    server_kgco2e: float | None


@dataclass(frozen=True)
class Comparison:
    """A server's parts, and what each set makes of them."""

    server: Server
    bills: tuple[PricedBill, ...]

    @property
    def quantities(self) -> tuple[float, ...]:
        """Of each part in the whole server [unit of the part]."""
        return tuple(copies(part, self.server) * part.quantity for part in self.server.parts)

    @property
    def totals(self) -> tuple[ComparedTotals, ...]:
        return tuple(_totals(bill, self.server) for bill in self.bills)


def compared(
    server: Server, coefficient_sets: Iterable[Sequence[EmbodiedCoefficient]]
) -> Comparison:
    """A server's bill of parts priced with each of several sets."""
    return Comparison(server, tuple(priced_bill(server, rows) for rows in coefficient_sets))


def _totals(bill: PricedBill, server: Server) -> ComparedTotals:
    host = _sum(bill, server.parts, server.sku.host)
    accelerators = _sum(bill, server.parts, server.sku.accelerator)
    return ComparedTotals(
        coefficient_set=bill.coefficient_set,
        host_kgco2e=host,
        accelerators_kgco2e=accelerators,
        accelerator_kgco2e=None
        if accelerators is None
        else accelerators / server.sku.accelerators,
        server_kgco2e=None if host is None or accelerators is None else host + accelerators,
    )


def _sum(bill: PricedBill, parts: Sequence[Part], item: str) -> float | None:
    """Carbon of an item, all of its copies [kgCO2e]."""
    of_item = [
        kgco2e for kgco2e, part in zip(bill.kgco2e, parts, strict=True) if part.item == item
    ]
    priced = [kgco2e for kgco2e in of_item if kgco2e is not None]
    return sum(priced) if len(priced) == len(of_item) else None
