"""Embodied carbon: a server's bill of parts priced with a named coefficient set.

Published sets disagree by factors, so that the set is an input, its name goes with every result
and each line carries the low and high of the published range.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from carbonplan.catalogue.records import EmbodiedCoefficient, Part, Server
from carbonplan.errors import InvalidInput, nearest
from carbonplan.units import G_PER_KG, HOURS_PER_YEAR

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
    coefficient_set = _name_of(coefficients)
    by_key = {(row.part, row.technology): row for row in coefficients}
    problems = [fault for part in server.parts if (fault := _fault(part, by_key))]
    if problems:
        raise InvalidInput(f"coefficient set {coefficient_set}, SKU {server.name}", problems)
    lines = tuple(_line(part, _copies(part, server), by_key) for part in server.parts)
    host = [line for line in lines if line.item == server.sku.host]
    accelerators = [line for line in lines if line.item == server.sku.accelerator]
    return EmbodiedFootprint(
        sku=server.name,
        coefficient_set=coefficient_set,
        host_kgco2e=sum(line.kgco2e for line in host),
        low_host_kgco2e=sum(line.low_kgco2e for line in host),
        high_host_kgco2e=sum(line.high_kgco2e for line in host),
        accelerators_kgco2e=sum(line.kgco2e for line in accelerators),
        low_accelerators_kgco2e=sum(line.low_kgco2e for line in accelerators),
        high_accelerators_kgco2e=sum(line.high_kgco2e for line in accelerators),
        lines=lines,
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


def logic_kgco2e_per_cm2(
    energy_kwh_per_cm2: float,
    gases_g_per_cm2: float,
    materials_g_per_cm2: float,
    fab_intensity_g_per_kwh: float,
    yield_fraction: float,
) -> float:
    r"""Carbon of a processed wafer per area of good dies [kgCO2e/cm2].

    .. math:: CPA = (CI_{fab} \cdot EPA + GPA + MPA) / Y

    Parameters
    ----------
    energy_kwh_per_cm2, gases_g_per_cm2, materials_g_per_cm2
        Electricity, direct gas emissions after abatement and materials [kWh/cm2, g/cm2, g/cm2].
    fab_intensity_g_per_kwh
        Grid of the fab [g/kWh].
    yield_fraction
        Good dies among all [1].

    Source
    ------
    ``act-2022``; the die rows of that coefficient set are this at 583 g/kWh (Taiwan), 97 %
    abatement and a yield of 0.875.
    """
    emitted_g = fab_intensity_g_per_kwh * energy_kwh_per_cm2 + gases_g_per_cm2
    return (emitted_g + materials_g_per_cm2) / yield_fraction / G_PER_KG


def _name_of(coefficients: Sequence[EmbodiedCoefficient]) -> str:
    names = sorted({row.coefficient_set for row in coefficients})
    if len(names) != 1:
        found = ", ".join(names) or "none"
        raise InvalidInput(
            "embodied coefficients", [f"rows of one set are needed; found {found}"]
        )
    return names[0]


def _copies(part: Part, server: Server) -> int:
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
