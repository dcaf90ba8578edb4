"""A map to draw on: a frame around places, in which a degree is as wide as it is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.catalogue.coastlines import coastlines
from carbonplan.report.figures.palette import RULE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MARGIN = 0.22  # of the extent of the places, on every side
LEAST_MARGIN_DEG = 6.0
LEAST_SPAN_DEG = 36.0  # from south to north
SOUTH_DEG, NORTH_DEG = -60.0, 84.0
OPACITY = 0.7  # of land: what is written on it stays readable
SHAPE = 0.46  # height of the frame by its width, on paper


@dataclass(frozen=True)
class Frame:
    """What part of the Earth is shown, equirectangular and true to scale in its middle."""

    west_deg: float
    east_deg: float
    south_deg: float
    north_deg: float

    @property
    def stretch(self) -> float:
        """How much longer a degree of latitude is drawn than one of longitude."""
        return 1 / np.cos(np.radians((self.south_deg + self.north_deg) / 2))

    @property
    def shape(self) -> float:
        """Height by width on paper."""
        height_deg = (self.north_deg - self.south_deg) * self.stretch
        return height_deg / (self.east_deg - self.west_deg)


def frame_around(latitudes_deg: Sequence[float], longitudes_deg: Sequence[float]) -> Frame:
    """The frame of places, with room around them; wide enough to tell where they are."""
    south, north = min(latitudes_deg), max(latitudes_deg)
    west, east = min(longitudes_deg), max(longitudes_deg)
    middle = (south + north) / 2
    height = max((1 + 2 * MARGIN) * (north - south), LEAST_SPAN_DEG)
    stretch = 1 / np.cos(np.radians(np.clip(middle, SOUTH_DEG, NORTH_DEG - 10)))
    width = max((1 + 2 * MARGIN) * (east - west), east - west + 2 * LEAST_MARGIN_DEG)
    width = min(max(width, height * stretch / SHAPE), 360.0)
    height = max(height, min(SHAPE * width / stretch, NORTH_DEG - SOUTH_DEG))
    south = float(np.clip(middle - height / 2, SOUTH_DEG, max(NORTH_DEG - height, SOUTH_DEG)))
    west = (west + east - width) / 2
    return Frame(west, west + width, south, min(south + height, NORTH_DEG))


def draw_land(axes: Axes, frame: Frame) -> None:
    """Land in the colour of rules; beyond the date line the Earth goes on."""
    axes.set_xlim(frame.west_deg, frame.east_deg)
    axes.set_ylim(frame.south_deg, frame.north_deg)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.spines["bottom"].set_visible(False)
    for turn_deg in (-360.0, 0.0, 360.0):
        for outline in coastlines():
            longitudes = outline[:, 1] + turn_deg
            if _touches(frame, outline[:, 0], longitudes):
                axes.fill(
                    longitudes,
                    outline[:, 0],
                    facecolor=RULE.light,
                    alpha=OPACITY,
                    linewidth=0,
                    zorder=1,
                )


def _touches(frame: Frame, latitudes: np.ndarray, longitudes: np.ndarray) -> bool:
    return bool(
        longitudes.max() > frame.west_deg
        and longitudes.min() < frame.east_deg
        and latitudes.max() > frame.south_deg
        and latitudes.min() < frame.north_deg
    )
