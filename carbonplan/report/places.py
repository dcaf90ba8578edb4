"""Where the regions of a plan lie, what stands there and how clean their power is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carbonplan.report.arrays import names, operated, slot_hours, values
from carbonplan.report.stages import stages
from carbonplan.report.wording import is_number
from carbonplan.units import G_PER_KG

if TYPE_CHECKING:
    from carbonplan.plan import Plan


@dataclass(frozen=True)
class Place:
    """A region on the map.

    Attributes
    ----------
    servers
        Most that stand there in any stage.
    intensity_g_per_kwh
        Mean of its grid over the horizon; None where the plan does not say.
    """

    region: str
    latitude_deg: float
    longitude_deg: float
    servers: float
    intensity_g_per_kwh: float | None


def places(plan: Plan) -> list[Place]:
    """Regions whose place the plan knows, those with most servers first."""
    stated = plan.summary.get("places")
    known = stated if isinstance(stated, Mapping) else {}
    servers, means = _servers(plan), _mean_intensity_g_per_kwh(plan)
    found = [
        Place(region, at[0], at[1], servers.get(region, 0.0), means.get(region))
        for region in names(plan.data, "region")
        if (at := _coordinates(known.get(region))) is not None
    ]
    return sorted(found, key=lambda place: -place.servers)


def _coordinates(stated: object) -> tuple[float, float] | None:
    if not isinstance(stated, Mapping):
        return None
    latitude, longitude = stated.get("latitude_deg"), stated.get("longitude_deg")
    return (latitude, longitude) if is_number(latitude) and is_number(longitude) else None


def _servers(plan: Plan) -> dict[str, float]:
    fleet = stages(plan.data)
    if fleet is None:
        return {}
    most = fleet.standing.sum(axis=1).max(axis=0)
    return dict(zip(names(plan.data, "region"), most.tolist(), strict=True))


def _mean_intensity_g_per_kwh(plan: Plan) -> dict[str, float]:
    data = operated(plan.data)
    intensity, hours = (
        values(data, "intensity_kgco2e_per_kwh", "region", "slot"),
        slot_hours(data),
    )
    if intensity is None or not hours.sum():
        return {}
    means = G_PER_KG * (intensity @ hours) / hours.sum()
    return dict(zip(names(data, "region"), means.tolist(), strict=True))
