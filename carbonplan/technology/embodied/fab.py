"""Dies made elsewhere: ACT's carbon for each area of silicon on the grid of another fab."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from carbonplan.catalogue.fabs import FabGrid, ProcessNode
from carbonplan.catalogue.records import EmbodiedCoefficient
from carbonplan.catalogue.sites import SOURCE_SEPARATOR
from carbonplan.units import G_PER_KG

DERIVED_SET = "act-2022"  # the set whose dies are derived from what a wafer takes
DIES = ("logic-die", "cpu-die")
YIELD_FRACTION = 0.875  # of ACT


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


def at_fab(
    coefficients: Sequence[EmbodiedCoefficient],
    nodes: Mapping[str, ProcessNode],
    grid: FabGrid,
    yield_fraction: float = YIELD_FRACTION,
) -> tuple[EmbodiedCoefficient, ...]:
    """A coefficient set with its dies made on another grid; all other rows as they are.

    Parameters
    ----------
    coefficients
        All rows of one set that has its dies by process node.
    nodes
        What a wafer takes, by node.
    grid
        Of the fab; its range, and abatement of 99 and 95 %, give the low and the high figure,
        which span the published range of the row too.
    yield_fraction
        Good dies among all [1].
    """
    renamed = (
        row.model_copy(update={"coefficient_set": f"{row.coefficient_set}@{grid.location}"})
        for row in coefficients
    )
    return tuple(
        _die(row, nodes[row.technology], grid, yield_fraction)
        if row.part in DIES and row.technology in nodes
        else row
        for row in renamed
    )


def _die(
    row: EmbodiedCoefficient, node: ProcessNode, grid: FabGrid, yield_fraction: float
) -> EmbodiedCoefficient:
    gases_97_g = (node.gases_95_g_per_cm2 + node.gases_99_g_per_cm2) / 2
    value, low, high = (
        logic_kgco2e_per_cm2(
            node.energy_kwh_per_cm2, gases_g, node.materials_g_per_cm2, grid_g, yield_fraction
        )
        for gases_g, grid_g in (
            (gases_97_g, grid.intensity_g_per_kwh),
            (node.gases_99_g_per_cm2, grid.low_intensity_g_per_kwh),
            (node.gases_95_g_per_cm2, grid.high_intensity_g_per_kwh),
        )
    )
    return row.model_copy(
        update={
            "kgco2e_per_unit": value,
            "low_kgco2e_per_unit": min(low, row.low_kgco2e_per_unit),
            "high_kgco2e_per_unit": max(high, row.high_kgco2e_per_unit),
            "evidence": "derived",
            "source": SOURCE_SEPARATOR.join((node.source, grid.source)),
        }
    )
