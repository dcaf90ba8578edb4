"""The hours: which engine serves what, where, when and at what clock; the sites."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from carbonplan.report.arrays import Floats, names, operated, values
from carbonplan.report.document import Block, Illustration, Paragraph, Section, Table
from carbonplan.report.horizon import Horizon, clock, horizon, weekday_hour
from carbonplan.report.stages import stages
from carbonplan.report.wording import joined, label, percent, share, span
from carbonplan.report.workloads import EngineUse, WorkloadUse, workload_uses
from carbonplan.units import G_PER_KG

if TYPE_CHECKING:
    import xarray as xr

    from carbonplan.plan import Plan

CAPTION = (
    "Carbon intensity of the grids, and the requests served in each slot by region: online and "
    "batch work apart. Thin grey lines are grids of regions where nothing runs."
)
HEADER = ("Engine", "Regions", "Clocks", "Replicas", "Most at", "Share of requests")


def week(plan: Plan) -> Section:
    """What runs when."""
    data = operated(plan.data)
    hours = horizon(data)
    blocks: list[Block] = [Illustration("week", CAPTION)]
    for workload in workload_uses(data):
        blocks.append(_workload_table(workload, hours))
    blocks += _shifts(plan)
    blocks += _sites_table(data)
    return Section("week", hours.title, tuple(blocks))


def _workload_table(workload: WorkloadUse, hours: Horizon) -> Table:
    """Engines in use, most work first."""
    llms = dict.fromkeys(label(use.llm) for use in workload.engines if use.llm)
    served = f", {joined(llms)}" if llms else ""
    caption = f"{label(workload.name)}: {'batch' if workload.batch else 'online'}{served}"
    rows = tuple(_engine_row(use, hours) for use in workload.engines)
    return Table(caption, HEADER, rows, words=3)


def _engine_row(use: EngineUse, hours: Horizon) -> tuple[str, ...]:
    replicas = use.replicas
    name_of = clock if hours.typical else weekday_hour
    peak = "–"
    if hours.times is not None and replicas.max() > replicas.min():
        peak = name_of(hours.times[replicas.argmax()])
    return (
        label(use.name.removeprefix(f"{use.llm}@")),
        joined((label(region, 32) for region in use.regions), most=4),
        _clocks(use),
        span(replicas.min(), replicas.max()),
        peak,
        share(use.share_fraction),
    )


def _clocks(use: EngineUse) -> str:
    """The clock, or each with its share of the engine's requests: "100% (62 %), 80% (38 %)"."""
    if len(use.clocks) == 1:
        return label(use.clocks[0][0], 16)
    return joined(
        (f"{label(name, 16)} ({share(fraction)})" for name, fraction in use.clocks), most=4
    )


def _shifts(plan: Plan) -> list[Block]:
    """How far each batch workload keeps to the cleaner hours."""
    found = plan.summary.get("clean_hours")
    stated = found if isinstance(found, Mapping) else {}
    return [Paragraph(_shift(label(name), shares)) for name, shares in stated.items()]


def _shift(name: str, shares: object) -> str:
    if not isinstance(shares, Mapping):
        return f"{name} has no cleaner hours to move to."
    return (
        f"{percent(shares.get('share'))} of the work of {name} is done in hours cleaner "
        f"than the median hour of their region; spread evenly over the hours it would be "
        f"{percent(shares.get('evenly_share'))}."
    )


def _sites_table(data: xr.Dataset) -> list[Block]:
    """Servers, powered servers, site power and carbon intensity: lowest to highest slot."""
    fleet = stages(data)
    powered = values(data, "powered_servers", "sku", "region", "slot")
    columns = (
        ("Powered servers", None if powered is None else powered.sum(axis=0)),
        ("Site power [kW]", values(data, "site_power_kw", "region", "slot")),
        ("Intensity [g/kWh]", _intensity_g_per_kwh(data)),
    )
    known = [(title, amounts) for title, amounts in columns if amounts is not None]
    if fleet is None:
        return []
    servers = fleet.standing.sum(axis=1)  # (stage, region)
    regions = names(data, "region")
    used = [r for r in range(len(regions)) if servers[:, r].any()]
    rows = tuple(
        (
            label(regions[r]),
            span(servers[:, r].min(), servers[:, r].max()),
            *(span(amounts[r].min(), amounts[r].max()) for _, amounts in known),
        )
        for r in used
    )
    header = ("Region", "Servers", *(title for title, _ in known))
    return [Table("Sites, lowest to highest slot", header, rows, detail=True)]


def _intensity_g_per_kwh(data: xr.Dataset) -> Floats | None:
    intensity = values(data, "intensity_kgco2e_per_kwh", "region", "slot")
    return None if intensity is None else G_PER_KG * intensity
