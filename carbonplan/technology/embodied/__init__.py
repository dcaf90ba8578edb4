"""Embodied carbon: a bill of parts priced with named coefficient sets, one or side by side."""

from carbonplan.technology.embodied.bill import (
    EmbodiedFootprint,
    EmbodiedLine,
    OwnedHour,
    PricedBill,
    embodied_footprint,
    owned_hour,
    priced_bill,
)
from carbonplan.technology.embodied.comparison import ComparedTotals, Comparison, compared
from carbonplan.technology.embodied.fab import at_fab, logic_kgco2e_per_cm2

__all__ = [
    "ComparedTotals",
    "Comparison",
    "EmbodiedFootprint",
    "EmbodiedLine",
    "OwnedHour",
    "PricedBill",
    "at_fab",
    "compared",
    "embodied_footprint",
    "logic_kgco2e_per_cm2",
    "owned_hour",
    "priced_bill",
]
