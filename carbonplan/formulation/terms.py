"""Terms: meters of the program, and what a unit of their readings counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class Term:
    """A meter of the program and what a unit of its reading counts.

    The factor is labelled by some of the meter's dimensions, and by slot where it varies.
    """

    meter: str
    factor: xr.DataArray


METERS: Mapping[str, tuple[str, ...]] = {
    "it_power_kw": ("sku", "region", "slot"),
    "serving_power_kw": ("sku", "region", "slot"),
    "waiting_requests": ("region", "slot"),
    "Powered": ("sku", "region", "slot"),
    "standing": ("stage", "cohort", "sku", "region"),
    "Moved": ("stage", "cohort", "sku", "region", "to_region"),
    "Fitted": ("stage", "cohort", "sku", "region", "memory"),
    "PoweredFitted": ("sku", "region", "memory", "slot"),
    "Matched_kw": ("contract", "region", "slot"),
    "Contracted_kw": ("contract", "region"),
}
