"""The ends of bands: figures with a low and a high value as a planner's stance takes them.

A pessimistic planner takes the end of every band that makes a plan dearer in carbon, energy,
cost or time, an optimistic one the other; ``central`` leaves every figure as it stands. What
is published without a band stays as it is, and what the scenario asks for is no estimate.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from carbonplan.catalogue.records import EmbodiedCoefficient, Server
from carbonplan.scenario.fields import Stance

End = Literal["low", "high"]

MOVED = (
    "calibrated coefficients of performance and power",
    "embodied coefficients",
    "purchase prices",
)
KEPT = (
    "carbon intensity",
    "PUE",
    "water factors",
    "energy prices and rents",
    "data-sheet figures",
    "power of hosts and of idle accelerators",
    "bills of parts",
    "lifetimes",
    "starting of replicas",
    "network",
    "measured operating points and times",
    "demand",
)


def end_of_band(stance: Stance, unfavourable: End) -> Literal["low", "value", "high"]:
    """Which of its three values a figure takes whose unfavourable end is given."""
    if stance == "central":
        return "value"
    favourable: End = "high" if unfavourable == "low" else "low"
    return unfavourable if stance == "pessimistic" else favourable


def server_at(server: Server, stance: Stance) -> Server:
    """A server whose purchase price stands at its end of the band: a high one is bad."""
    end = end_of_band(stance, "high")
    if end == "value":
        return server
    purchase_usd = getattr(server.price, f"{end}_purchase_usd")
    return replace(server, price=server.price.model_copy(update={"purchase_usd": purchase_usd}))


def embodied_at(row: EmbodiedCoefficient, stance: Stance) -> EmbodiedCoefficient:
    """An embodied coefficient at its end of the band: a high one is bad."""
    end = end_of_band(stance, "high")
    if end == "value":
        return row
    return row.model_copy(update={"kgco2e_per_unit": getattr(row, f"{end}_kgco2e_per_unit")})
