"""The sheet of a comparison's figures: its caption, its panels, what its tones mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from carbonplan.report.figures.palette import MUTED, SKUS
from carbonplan.report.figures.sheet import AXIS_IN, CAPTION_IN, WIDTH_IN, legend_height_in
from carbonplan.report.wording import label

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

POINT, DOMINATED = SKUS[0].light, MUTED.light


def tones(some_dominated: bool) -> list[Artist]:
    """Handles of the legend for cases on the front and those that are dominated."""
    from matplotlib.patches import Patch

    handles = [Patch(facecolor=POINT, linewidth=0, label="on the front")]
    if some_dominated:
        handles.append(Patch(facecolor=DOMINATED, linewidth=0, label="dominated"))
    return handles


def case_sheet(caption: str, room_in: float, handles: Sequence[Artist]) -> Figure:
    """An empty figure with room for one row of panels."""
    from matplotlib.figure import Figure

    height_in = CAPTION_IN + AXIS_IN + room_in + legend_height_in(handles)
    figure = Figure(figsize=(WIDTH_IN, height_in))
    place = (0.1 / WIDTH_IN, 0.08 / height_in)
    figure.text(*place, label(caption, 140), size=6.5, color=MUTED.light, va="bottom")
    return figure


def case_panel(figure: Figure, left_in: float, width_in: float, room_in: float) -> Axes:
    """Axes of a given width and height above the foot of the sheet."""
    height_in = figure.get_figheight()
    return figure.add_axes(
        (
            left_in / WIDTH_IN,
            (CAPTION_IN + AXIS_IN) / height_in,
            width_in / WIDTH_IN,
            room_in / height_in,
        )
    )
