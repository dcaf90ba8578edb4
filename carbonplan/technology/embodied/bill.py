"""Embodied carbon: a server's bill of parts priced with a named coefficient set.

Published sets disagree by factors, so that the set is an input, its name goes with every result
and each line carries the low and high of the published range.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from carbonplan.catalogue.records import EmbodiedCoefficient, Part, Server
from carbonplan.errors import InvalidInput, nearest
from carbonplan.units import HOURS_PER_YEAR

Coefficients = Mapping[tuple[str, str], EmbodiedCoefficient]


@dataclass(frozen=True)
class EmbodiedLine:
    """One line of the priced bill: all of a part in one server."""

    item: str  # the host, or the accelerator
    part: str
    technology: str
    quantity: float  # of the whole server [unit]
    unit: str
    kgco2e: float
    low_kgco2e: float
    high_kgco2e: float
    evidence: str  # of the coefficient
    source: str  # of the coefficient


@dataclass(frozen=True)
class PricedBill:
    """A server's bill of parts under one coefficient set, priced as far as the set goes."""

    coefficient_set: str
    lines: tuple[EmbodiedLine | None, ...]  # as the parts; None: the set does not price it
    faults: tuple[str, ...]  # a line for each part without a price

    @property
    def kgco2e(self) -> tuple[float | None, ...]:
        """Carbon of each part [kgCO2e]."""
        return tuple(None if line is None else line.kgco2e for line in self.lines)


@dataclass(frozen=True)
class EmbodiedFootprint:
    """Carbon of making one server, host and accelerators (all of them) apart [kgCO2e]."""

    sku: str
    coefficient_set: str
    host_kgco2e: float
    low_host_kgco2e: float
    high_host_kgco2e: float
    accelerators_kgco2e: float
    low_accelerators_kgco2e: float
    high_accelerators_kgco2e: float
    lines: tuple[EmbodiedLine, ...]

    @property
    def kgco2e(self) -> float:
        return self.host_kgco2e + self.accelerators_kgco2e


@dataclass(frozen=True)
class OwnedHour:
    """What one hour of owning a server is charged [kgCO2e/h]."""

    host_kgco2e_per_hour: float
    accelerators_kgco2e_per_hour: float

    @property
    def kgco2e_per_hour(self) -> float:
        return self.host_kgco2e_per_hour + self.accelerators_kgco2e_per_hour


def embodied_footprint(
    server: Server, coefficients: Sequence[EmbodiedCoefficient]
) -> EmbodiedFootprint:
    r"""Carbon of making one server [kgCO2e].

    .. math:: C = \sum_{p \in host} q_p k_p + n \sum_{p \in accelerator} q_p k_p

    Parameters
    ----------
    server
        With its bill of parts: quantities :math:`q_p` of one host and of one accelerator
        [cm2, gb, kg, w, piece], and its number of accelerators :math:`n`.
    coefficients
        All rows of one coefficient set, :math:`k_p` [kgCO2e per unit]. A row whose technology
        is the name of the item holds for that item alone and goes first; then the row of the
        part's technology; then the row of the part without a technology.

    Raises
    ------
    InvalidInput
        With every part that the set does not price: none counts as zero unless a row says so.
    """
    bill = priced_bill(server, coefficients)
    if bill.faults:
        subject = f"coefficient set {bill.coefficient_set}, SKU {server.name}"
        raise InvalidInput(subject, bill.faults)
    lines = tuple(line for line in bill.lines if line is not None)
    host = [line for line in lines if line.item == server.sku.host]
    accelerators = [line for line in lines if line.item == server.sku.accelerator]
    return EmbodiedFootprint(
        sku=server.name,
        coefficient_set=bill.coefficient_set,
        host_kgco2e=sum(line.kgco2e for line in host),
        low_host_kgco2e=sum(line.low_kgco2e for line in host),
        high_host_kgco2e=sum(line.high_kgco2e for line in host),
        accelerators_kgco2e=sum(line.kgco2e for line in accelerators),
        low_accelerators_kgco2e=sum(line.low_kgco2e for line in accelerators),
        high_accelerators_kgco2e=sum(line.high_kgco2e for line in accelerators),
        lines=lines,
    )


def priced_bill(server: Server, coefficients: Sequence[EmbodiedCoefficient]) -> PricedBill:
    """Every part that a set prices, and why it does not price the others.

    Parameters
    ----------
    server, coefficients
        As for ``embodied_footprint``.
    """
    coefficient_set = _name_of(coefficients)
    by_key = {(row.part, row.technology): row for row in coefficients}
    faults = [_fault(part, by_key) for part in server.parts]
    return PricedBill(
        coefficient_set=coefficient_set,
        lines=tuple(
            None if fault else _line(part, copies(part, server), by_key)
            for part, fault in zip(server.parts, faults, strict=True)
        ),
        faults=tuple(fault for fault in faults if fault),
    )


def owned_hour(
    footprint: EmbodiedFootprint,
    host_lifetime_years: float,
    accelerator_lifetime_years: float,
) -> OwnedHour:
    r"""Charge by owned time: each part of the server over its own lifetime [kgCO2e/h].

    .. math:: \dot C = C_{host} / (8760 L_{host}) + C_{acc} / (8760 L_{acc})

    Source
    ------
    ``eserve-2025``: execution hours / (lifetime × 365 × 24) × total.
    """
    return OwnedHour(
        host_kgco2e_per_hour=footprint.host_kgco2e / (host_lifetime_years * HOURS_PER_YEAR),
        accelerators_kgco2e_per_hour=footprint.accelerators_kgco2e
        / (accelerator_lifetime_years * HOURS_PER_YEAR),
    )


def _name_of(coefficients: Sequence[EmbodiedCoefficient]) -> str:
    names = sorted({row.coefficient_set for row in coefficients})
    if len(names) != 1:
        found = ", ".join(names) or "none"
        raise InvalidInput(
            "embodied coefficients", [f"rows of one set are needed; found {found}"]
        )
    return names[0]


def copies(part: Part, server: Server) -> int:
    """How often a server has the item of a part."""
    return server.sku.accelerators if part.item == server.sku.accelerator else 1


def _keys(part: Part) -> Iterator[tuple[str, str]]:
    """Where a part's coefficient is looked for, first to last."""
    for technology in (part.item, part.technology, ""):
        yield part.part, technology


def _fault(part: Part, coefficients: Coefficients) -> str | None:
    """Why a part cannot be priced, or ``None`` where it can."""
    found = next((coefficients[key] for key in _keys(part) if key in coefficients), None)
    what = f"{part.item}, {part.part}"
    if found is not None:
        if found.unit == part.unit:
            return None
        return f"{what}: the bill counts {part.unit}, the set prices {found.unit}"
    technologies = [technology for name, technology in coefficients if name == part.part]
    if technologies:
        priced = f"; priced: {', '.join(technologies)}"
        return f'{what}: technology "{part.technology}" has no coefficient{priced}'
    parts = {name for name, _ in coefficients}
    return f"{what}: the part has no coefficient{nearest(part.part, parts)}"


def _line(part: Part, copies: int, coefficients: Coefficients) -> EmbodiedLine:
    row = next(coefficients[key] for key in _keys(part) if key in coefficients)
    quantity = copies * part.quantity
    return EmbodiedLine(
        item=part.item,
        part=part.part,
        technology=part.technology,
        quantity=quantity,
        unit=part.unit,
        kgco2e=quantity * row.kgco2e_per_unit,
        low_kgco2e=quantity * row.low_kgco2e_per_unit,
        high_kgco2e=quantity * row.high_kgco2e_per_unit,
        evidence=row.evidence,
        source=row.source,
    )
