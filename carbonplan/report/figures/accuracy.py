"""Predicted against measured: one panel for each quantity, a colour for each data set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from carbonplan.report.figures.palette import HATCHES, INK, MUTED, RULE, SKUS, Shade, shades
from carbonplan.report.figures.sheet import (
    AXIS_IN,
    CAPTION_IN,
    WIDTH_IN,
    add_legend,
    legend_height_in,
    short,
    style,
)
from carbonplan.report.wording import label, number

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

PANEL_IN = 4.6
LEFT_IN = 0.75
TITLE_IN = 0.25
MARGIN = 1.25  # factor around the outermost points
NEAR, FAR = 0.15, 0.45  # relative errors that the bands mark
STEPS = (1.0, 2.0, 5.0)  # marks within a power of ten
MOST_DECADES = 2.0  # on an axis that is marked at all of these steps
MARKERS = dict(zip(HATCHES, "o^sD", strict=True))  # another one where colours come again
DOT = {"linestyle": "", "markeredgewidth": 0}
DOT_POINTS, LEGEND_POINTS = 2.4, 5.0


@dataclass(frozen=True)
class Points:
    """What one quantity was measured and predicted to be, (row,).

    Attributes
    ----------
    title
        The quantity with its unit.
    measured, predicted
        In that unit.
    dataset
        Name of the data set of every row.
    """

    title: str
    measured: NDArray[np.float64]
    predicted: NDArray[np.float64]
    dataset: NDArray[np.str_]


def accuracy_figure(points: Points, shade: Mapping[str, Shade], caption: str) -> Figure:
    """One square panel with logarithmic axes; on its diagonal a prediction is right."""
    from matplotlib.figure import Figure

    with style():
        handles = _handles({name: shade[name] for name in sorted(set(points.dataset))})
        foot_in, top_in = CAPTION_IN + AXIS_IN, legend_height_in(handles) + TITLE_IN
        height_in = foot_in + PANEL_IN + top_in
        figure = Figure(figsize=(WIDTH_IN, height_in))
        axes = figure.add_axes(
            (
                LEFT_IN / WIDTH_IN,
                foot_in / height_in,
                PANEL_IN / WIDTH_IN,
                PANEL_IN / height_in,
            )
        )
        _draw_bands(axes, *_limits(points))
        _draw_points(axes, points, shade)
        axes.set_title(points.title, size=8, loc="left")
        axes.set_xlabel("Measured", loc="left")
        axes.set_ylabel("Predicted", loc="bottom")
        add_legend(figure, handles)
        place = (0.1 / WIDTH_IN, 0.08 / height_in)
        figure.text(*place, label(caption, 140), size=6.5, color=MUTED.light, va="bottom")
    return figure


def dataset_shades(datasets: Sequence[str]) -> Mapping[str, Shade]:
    """Colours of data sets, the same in every figure of theirs."""
    return shades(datasets, SKUS)


def _limits(points: Points) -> tuple[float, float]:
    """The same for both axes."""
    both = np.concatenate([points.measured, points.predicted])
    return float(both.min() / MARGIN), float(both.max() * MARGIN)


def _draw_bands(axes: Axes, low: float, high: float) -> None:
    """The diagonal and the errors around it."""
    ends = np.array([low, high])
    for error, shade in ((FAR, 0.35), (NEAR, 0.7)):
        axes.fill_between(
            ends,
            ends * (1.0 - error),
            ends * (1.0 + error),
            color=RULE.light,
            alpha=shade,
            linewidth=0,
        )
    axes.plot(ends, ends, color=INK.light, linewidth=0.6)
    axes.set(xscale="log", yscale="log", xlim=(low, high), ylim=(low, high))
    for axis in (axes.xaxis, axes.yaxis):
        _mark(axis, low, high)


def _mark(axis: Axis, low: float, high: float) -> None:
    """Marks of a logarithmic axis in plain numbers."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    steps = STEPS if np.log10(high / low) <= MOST_DECADES else STEPS[:1]
    axis.set_major_locator(LogLocator(subs=steps))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))


def _handles(shade: Mapping[str, Shade]) -> list[Artist]:
    """Handles of the legend: a mark in the colour of each data set."""
    from matplotlib.lines import Line2D

    return [
        Line2D(
            [],
            [],
            marker=MARKERS[its.hatch],
            color=its.colour,
            label=short(name),
            markersize=LEGEND_POINTS,
            **DOT,
        )
        for name, its in shade.items()
    ]


def _draw_points(axes: Axes, points: Points, shade: Mapping[str, Shade]) -> None:
    """Rasterised, because a vector of thousands of dots is a large file."""
    for name in sorted(set(points.dataset)):
        its = points.dataset == name
        axes.plot(
            points.measured[its],
            points.predicted[its],
            marker=MARKERS[shade[name].hatch],
            markersize=DOT_POINTS,
            color=shade[name].colour,
            alpha=0.6,
            rasterized=True,
            **DOT,
        )
