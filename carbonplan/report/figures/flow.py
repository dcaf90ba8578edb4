"""Where carbon comes from and to whom it is owed: operation or making, region, workload."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from carbonplan.report.arrays import Floats, names, values, workload_names
from carbonplan.report.attribution import is_attributed, state_title
from carbonplan.report.figures.numbers import Numbers
from carbonplan.report.figures.palette import INK, MUTED, NOBODY, REGIONS, shades
from carbonplan.report.figures.sheet import CAPTION_IN, empty, panel, sheet, style
from carbonplan.report.wording import Scale, label, scale, with_unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from carbonplan.plan import Plan

PARTS = {"operational_carbon": "Operation", "embodied_carbon": "Making servers"}
UNIT = "kgCO2e"
MOST_NODES = 9  # in a column; what is less is drawn together
LEFT_IN, TOP_IN = 0.1, 0.1
FLOW_IN = 1.9  # height of all carbon
LABEL_IN = 0.27  # room above a node
NODE = 0.012  # width of a node, of the panel's
OPACITY = 0.45


@dataclass(frozen=True)
class Flow:
    """Carbon by part, region and whom it is owed to, (part, region, owed) [kgCO2e]."""

    parts: tuple[str, ...]
    regions: tuple[str, ...]
    owed: tuple[str, ...]
    carbon: Floats


@dataclass(frozen=True)
class Column:
    """Nodes of the figure, one below the other; arrays over its nodes."""

    place: int  # from the left
    titles: Sequence[str]
    carbon: Floats  # [kgCO2e]
    heights_in: Floats
    tops_in: Floats  # from the top of the panel
    colours: Sequence[str]

    @property
    def left(self) -> float:
        """Left edge of the nodes, of the panel's width."""
        return self.place * (1 - NODE) / 2


def carbon_flow(plan: Plan) -> Figure:
    """Bands as wide as the carbon that they carry, in the colour of their region.

    Reads ``served_impact`` and ``idle_impact`` of operational and embodied carbon.
    """
    with style():
        flow = _flow(plan)
        if isinstance(flow, str):
            return empty(plan, flow)
        return _figure(plan, flow)


def carbon_flow_numbers(plan: Plan) -> Numbers:
    """A row for each band from part to region to whom it is owed, where any carbon flows."""
    flow = _flow(plan)
    if isinstance(flow, str):
        return Numbers(())
    rows = (
        (flow.parts[i], flow.regions[r], flow.owed[k], float(flow.carbon[i, r, k]))
        for i, r, k in np.argwhere(flow.carbon)
    )
    return Numbers(("from", "region", "owed to", f"Carbon [{UNIT}]"), tuple(rows))


def _flow(plan: Plan) -> Flow | str:
    """The carbon of a plan, the largest part of each column first; or why it is not drawn."""
    data = plan.data
    impacts = names(data, "impact")
    if not is_attributed(data) or not set(PARTS) & set(impacts):
        return "The plan does not say where its carbon comes from and to whom it is owed."
    served = values(data, "served_impact", "impact", "request_class", "phase", "sku", "region")
    idle = values(data, "idle_impact", "impact", "state", "sku", "region")
    found = [name for name in PARTS if name in impacts]
    at = [impacts.index(name) for name in found]
    of_class = np.array(workload_names(data))
    workloads = tuple(dict.fromkeys(of_class.tolist()))
    by_class = served[at].sum(axis=(2, 3)).transpose(0, 2, 1)
    by_workload = [by_class[:, :, of_class == one].sum(axis=2) for one in workloads]
    carbon = np.concatenate(
        [np.stack(by_workload, axis=2), idle[at].sum(axis=2).transpose(0, 2, 1)], axis=2
    )
    if (carbon < 0).any() or not carbon.any():
        return "The plan emits nothing, or less: that is no flow to draw."
    owed = (*workloads, *map(state_title, names(data, "state")))
    flow = Flow(tuple(PARTS[one] for one in found), names(data, "region"), owed, carbon)
    return _largest(_largest(flow, 1), 2)


def _largest(flow: Flow, axis: int) -> Flow:
    """The largest nodes of a column in their order, what is left drawn together."""
    field = ("parts", "regions", "owed")[axis]
    titles = getattr(flow, field)
    totals = flow.carbon.sum(axis=tuple(i for i in range(3) if i != axis))
    order = [i for i in np.argsort(-totals, kind="stable") if totals[i] > 0]
    most = MOST_NODES if len(order) <= MOST_NODES else MOST_NODES - 1
    shown, rest = order[:most], order[most:]
    carbon = flow.carbon.take(shown, axis=axis)
    kept = tuple(titles[i] for i in shown)
    if rest:
        together = flow.carbon.take(rest, axis=axis).sum(axis=axis, keepdims=True)
        carbon = np.concatenate([carbon, together], axis=axis)
        kept = (*kept, f"{len(rest)} more")
    columns = {"parts": flow.parts, "regions": flow.regions, "owed": flow.owed} | {field: kept}
    return Flow(**columns, carbon=carbon)


def _figure(plan: Plan, flow: Flow) -> Figure:
    height_in = FLOW_IN + LABEL_IN * max(flow.carbon.shape)
    figure = sheet(plan, CAPTION_IN + height_in + TOP_IN)
    axes = panel(figure, LEFT_IN, CAPTION_IN, height_in)
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    axes.set_ylim(height_in, 0)
    columns = _columns(plan, flow, height_in)
    by_region = columns[1].colours
    inches = FLOW_IN / float(flow.carbon.sum()) * flow.carbon
    _bands(axes, columns[:2], inches.sum(axis=2), np.array([by_region] * len(flow.parts)))
    to_owed = np.array([by_region] * len(flow.owed)).T
    _bands(axes, columns[1:], inches.sum(axis=0), to_owed)
    fit = scale(flow.carbon.sum(axis=(1, 2)), UNIT)
    for column in columns:
        _nodes(axes, column, fit)
    return figure


def _columns(plan: Plan, flow: Flow, height_in: float) -> list[Column]:
    """Parts in ink, regions in their colours, and whom carbon is owed to; idle ones grey."""
    shade = shades(names(plan.data, "region"), REGIONS)
    idle = {state_title(state) for state in names(plan.data, "state")}
    colours = (
        [INK.light] * len(flow.parts),
        [shade.get(region, NOBODY).colour for region in flow.regions],
        [MUTED.light if one in idle else INK.light for one in flow.owed],
    )
    inch = FLOW_IN / float(flow.carbon.sum())
    columns = []
    for place, titles in enumerate((flow.parts, flow.regions, flow.owed)):
        carbon = flow.carbon.sum(axis=tuple(i for i in range(3) if i != place))
        tops = _tops(inch * carbon, height_in)
        columns.append(Column(place, titles, carbon, inch * carbon, tops, colours[place]))
    return columns


def _tops(heights_in: Floats, height_in: float) -> Floats:
    """Where each node begins, from the top of the panel; spread over its height [inches]."""
    gap_in = (height_in - float(heights_in.sum())) / len(heights_in)
    return np.cumsum(heights_in + gap_in) - heights_in


def _nodes(axes: Axes, column: Column, fit: Scale) -> None:
    """A bar for each node, its name and carbon above it."""
    rows = zip(
        column.titles, column.carbon, column.heights_in, column.tops_in, column.colours,
        strict=True,
    )  # fmt: skip
    for title, carbon, height, top, colour in rows:
        axes.bar(column.left, height, bottom=top, width=NODE, align="edge", color=colour)
        words = f"{label(title, 34)}  {with_unit(fit.shown(float(carbon)), fit.unit)}"
        x, side = ((0.0, "left"), (0.5, "center"), (1.0, "right"))[column.place]
        axes.text(x, top - 0.03, words, ha=side, va="bottom", size=7.5, zorder=4)


def _bands(
    axes: Axes, columns: Sequence[Column], inches: Floats, colours: NDArray[np.str_]
) -> None:
    """Bands between two columns, in the order of their nodes at both ends."""
    first, second = columns
    start, end = first.tops_in.copy(), second.tops_in.copy()
    for i, j in np.argwhere(inches):
        left, right = (first.left + NODE, start[i]), (second.left, end[j])
        _band(axes, left, right, float(inches[i, j]), str(colours[i, j]))
        start[i] += inches[i, j]
        end[j] += inches[i, j]


def _band(
    axes: Axes, left: tuple[float, float], right: tuple[float, float], width: float, colour: str
) -> None:
    """A band with level ends, from its upper left corner to its upper right one."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    (x, y), (end_x, end_y) = left, right
    middle = (x + end_x) / 2
    points = [
        *(left, (middle, y), (middle, end_y), right),
        (end_x, end_y + width),
        *((middle, end_y + width), (middle, y + width), (x, y + width)),
        left,
    ]
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    axes.add_patch(PathPatch(Path(points, codes), facecolor=colour, lw=0, alpha=OPACITY))
