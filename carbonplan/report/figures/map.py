"""Servers on the map: a disc for each region, as large as its fleet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import sqrt
from typing import TYPE_CHECKING, NamedTuple

from carbonplan.report.arrays import names
from carbonplan.report.figures.land import Frame, draw_land, frame_around
from carbonplan.report.figures.numbers import Numbers
from carbonplan.report.figures.palette import INK, MUTED, PAPER, REGIONS, Shade, shades
from carbonplan.report.figures.sheet import CAPTION_IN, WIDTH_IN, empty, panel, sheet, style
from carbonplan.report.places import Place, places
from carbonplan.report.wording import count, label, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from carbonplan.plan import Plan

LEFT_IN, TOP_IN = 0.1, 0.1
MAP_IN = WIDTH_IN - LEFT_IN - 0.3  # as wide as a panel
LARGEST_IN = 0.24  # radius of the largest disc
SMALLEST_IN = 0.05
LINE_IN = 0.13
SIZES = 7.5, 6.5  # of both lines of a label [points]
LETTER = 0.57 / 72  # width of a letter by its size [inches]
OFF_MAP = 10.0  # how much worse than covered it is to be cut off
COLUMNS = (
    *("region", "latitude_deg", "longitude_deg"),
    *("Number of servers", "Mean carbon intensity [gCO2e/kWh]"),
)


class Box(NamedTuple):
    """A rectangle on the map, in inches from its lower left."""

    left: float
    bottom: float
    right: float
    top: float

    def overlap(self, other: Box) -> float:
        """Area that both cover."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.top, other.top) - max(self.bottom, other.bottom)
        return max(width, 0.0) * max(height, 0.0)

    def outside(self, width: float, height: float) -> float:
        """Area that lies off a map of this size."""
        whole = (self.right - self.left) * (self.top - self.bottom)
        return whole - self.overlap(Box(0.0, 0.0, width, height))


def fleet_map(plan: Plan) -> Figure:
    """Where servers stand; small hollow rings are regions that stay without.

    Reads ``places`` of the summary, ``servers`` and ``intensity_kgco2e_per_kwh``.
    """
    with style():
        found = places(plan)
        if not found:
            return empty(plan, "The plan does not say where its regions lie.")
        frame = frame_around(
            [place.latitude_deg for place in found], [place.longitude_deg for place in found]
        )
        height_in = MAP_IN * frame.shape
        figure = sheet(plan, CAPTION_IN + height_in + TOP_IN)
        axes = panel(figure, LEFT_IN, CAPTION_IN, height_in)
        draw_land(axes, frame)
        _draw_places(axes, frame, found, shades(names(plan.data, "region"), REGIONS))
    return figure


def fleet_map_numbers(plan: Plan) -> Numbers:
    """A row for each region on the map."""
    rows = (
        (one.region, one.latitude_deg, one.longitude_deg, one.servers, one.intensity_g_per_kwh)
        for one in places(plan)
    )
    return Numbers(COLUMNS, tuple(rows))


def _draw_places(
    axes: Axes, frame: Frame, found: Sequence[Place], colours: dict[str, Shade]
) -> None:
    """Discs and then their labels, those of larger fleets first; labels avoid each other."""
    degree_in = MAP_IN / (frame.east_deg - frame.west_deg)
    most = max(place.servers for place in found)
    discs = [_disc(frame, degree_in, place, most) for place in found]
    taken = list(discs)
    for place, disc in zip(found, discs, strict=True):
        _draw_disc(axes, place, disc, colours[place.region])
        box, side = _label_box(disc, taken, _words(place), frame)
        taken.append(box)
        _write(axes, frame, degree_in, box, _words(place), side)


def _disc(frame: Frame, degree_in: float, place: Place, most: float) -> Box:
    """The square around a disc whose area is as the number of servers."""
    part = sqrt(place.servers / most) if most else 0.0
    radius = max(part * LARGEST_IN, SMALLEST_IN)
    x = (place.longitude_deg - frame.west_deg) * degree_in
    y = (place.latitude_deg - frame.south_deg) * degree_in * frame.stretch
    return Box(x - radius, y - radius, x + radius, y + radius)


def _draw_disc(axes: Axes, place: Place, disc: Box, shade: Shade) -> None:
    points = (disc.right - disc.left) * 72
    axes.scatter(
        place.longitude_deg,
        place.latitude_deg,
        s=points**2,
        facecolor=shade.colour if place.servers else PAPER.light,
        edgecolor=PAPER.light if place.servers else MUTED.light,
        hatch=shade.hatch if place.servers else None,
        linewidth=0.8,
        zorder=3,
    )


def _words(place: Place) -> tuple[str, str]:
    """Name, and what there is to know about it."""
    facts = [count(place.servers, "server")] if place.servers else ["no servers"]
    if place.intensity_g_per_kwh is not None:
        facts.append(f"{number(place.intensity_g_per_kwh)} g/kWh")
    return label(place.region, 22), ", ".join(facts)


def _label_box(
    disc: Box, taken: Sequence[Box], words: tuple[str, str], frame: Frame
) -> tuple[Box, str]:
    """The place beside a disc where its label covers least of what is there already."""
    size = MAP_IN, MAP_IN * frame.shape

    def covered(candidate: tuple[Box, str]) -> float:
        box = candidate[0]
        area = sum(box.overlap(other) for other in taken) + OFF_MAP * box.outside(*size)
        return round(area, 6)  # of places that are free alike, the first

    return min(_candidates(disc, words), key=covered)


def _candidates(disc: Box, words: tuple[str, str]) -> Iterator[tuple[Box, str]]:
    """Beside a disc, above and below it, then beside it further up and down."""
    width = max(LETTER * size * len(text) for text, size in zip(words, SIZES, strict=True))
    height = 2 * LINE_IN
    x, y = (disc.left + disc.right) / 2, (disc.bottom + disc.top) / 2
    yield from _beside(disc, width, y - height / 2, height)
    for bottom in (disc.top + 0.03, disc.bottom - 0.03 - height):
        yield Box(x - width / 2, bottom, x + width / 2, bottom + height), "center"
    for shift in (0.8, -0.8, 1.6, -1.6, 2.4, -2.4):
        yield from _beside(disc, width, y + (shift - 0.5) * height, height)


def _beside(disc: Box, width: float, bottom: float, height: float) -> Iterator[tuple[Box, str]]:
    """To the right of a disc, and to its left."""
    right, left = disc.right + 0.04, disc.left - 0.04
    yield Box(right, bottom, right + width, bottom + height), "left"
    yield Box(left - width, bottom, left, bottom + height), "right"


def _write(
    axes: Axes, frame: Frame, degree_in: float, box: Box, words: tuple[str, str], side: str
) -> None:
    """Two lines, the upper one larger; aligned to the disc."""
    across = {"left": box.left, "right": box.right, "center": (box.left + box.right) / 2}[side]
    x = frame.west_deg + across / degree_in
    for line, (text, size) in enumerate(zip(words, SIZES, strict=True)):
        top = box.top - line * LINE_IN
        y = frame.south_deg + top / (degree_in * frame.stretch)
        axes.text(x, y, text, size=size, color=INK.light, ha=side, va="top", zorder=4)
