"""One colour per region and per SKU, the same in every figure and in the page around them.

Names are sorted; the n-th gets the n-th colour of its palette, and beyond the palette's end the
colours come again with a pattern. Colours of a palette differ by at least 22 (CIE 1976 ΔE) from
one another, also as seen with protanopia, deuteranopia or tritanopia (simulated as in
``machado-2009``, severity 1), and stand out from the page by a contrast of at least 3 to 1; so
do those that replace them on a dark page.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Colour:
    """A colour on a light page and on a dark one, and the CSS variable that holds it."""

    variable: str
    light: str
    dark: str


@dataclass(frozen=True)
class Shade:
    """How what belongs to a name is drawn: colour, hatch of areas, dashes of lines."""

    colour: str
    hatch: str = ""
    line: str = "-"


PAPER = Colour("--paper", "#fffefb", "#15191e")
INK = Colour("--ink", "#1e252d", "#e4e7ea")
MUTED = Colour("--muted", "#5b6670", "#a3adb7")
RULE = Colour("--rule", "#d5d9dc", "#363e47")


def _palette(name: str, light: str, dark: str) -> tuple[Colour, ...]:
    pairs = zip(light.split(), dark.split(), strict=True)
    return tuple(Colour(f"--{name}-{i}", *pair) for i, pair in enumerate(pairs, start=1))


REGIONS = _palette(
    "region",
    "#005557 #da756b #52327f #a5941e #539eaf #86420c #807ad2 #45240f",
    "#93e8e3 #c57c6f #c8b4ff #eeeb79 #43a2af #fcbd93 #8686ed #e97c48",
)
SKUS = _palette(
    "sku",
    "#1d9ed4 #7d410a #2f6b62 #c58629 #5a3f90 #988d5c #16361c #481748",
    "#a5d8fd #c77436 #6cfbda #febf57 #ad92f4 #f2eba4 #679c76 #ac78a5",
)
COLOURS = (PAPER, INK, MUTED, RULE, *REGIONS, *SKUS)

HATCHES = ("", "////", "\\\\\\\\", "||||")  # lines: dots make large files
LINES = ("-", "--", ":", "-.")
NOBODY = Shade(MUTED.light)


def shades(names: Iterable[str], palette: tuple[Colour, ...]) -> dict[str, Shade]:
    """Shade of each name; sorted, so that their order does not matter."""
    return {
        name: Shade(
            palette[position % len(palette)].light,
            HATCHES[position // len(palette) % len(HATCHES)],
            LINES[position // len(palette) % len(LINES)],
        )
        for position, name in enumerate(sorted(set(names)))
    }
