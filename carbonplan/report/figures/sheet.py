"""The sheet that every figure is drawn on: size, type, axes, legend, caption, file formats."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from carbonplan.report.figures.palette import INK, MUTED, PAPER, RULE, Shade
from carbonplan.report.identity import identity
from carbonplan.report.wording import label, number

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from carbonplan.plan import Plan

WIDTH_IN = 6.6
RIGHT_IN = 0.3
CAPTION_IN = 0.28  # at the foot
AXIS_IN = 0.45  # tick labels and axis label below a panel
LEGEND_ROW_IN = 0.19
CHARACTER_IN = 0.068  # width of one, on average
LONGEST_LABEL = 26  # characters
PNG_DPI = 200

STYLE = {
    "axes.axisbelow": True,
    "axes.edgecolor": MUTED.light,
    "axes.facecolor": "none",
    "axes.labelcolor": INK.light,
    "axes.labelsize": 8,
    "axes.linewidth": 0.6,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.facecolor": PAPER.light,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # comes with matplotlib: the same everywhere
    "font.size": 8,
    "grid.color": RULE.light,
    "grid.linewidth": 0.6,
    "hatch.linewidth": 0.5,
    "legend.borderaxespad": 0,
    "legend.borderpad": 0,
    "legend.columnspacing": 1.2,
    "legend.frameon": False,
    "legend.handleheight": 0.9,
    "legend.handlelength": 1.1,
    "legend.handletextpad": 0.5,
    "legend.labelcolor": INK.light,
    "svg.fonttype": "none",
    "svg.hashsalt": "carbonplan",
    "text.color": INK.light,
    "text.parse_math": False,
    "xtick.color": MUTED.light,
    "xtick.labelcolor": INK.light,
    "xtick.major.size": 2.5,
    "xtick.major.width": 0.6,
    "ytick.color": MUTED.light,
    "ytick.labelcolor": INK.light,
    "ytick.major.size": 0,
}


@contextmanager
def style() -> Iterator[None]:
    """Settings under which figures are drawn and saved; a name without glyphs is no fault."""
    import matplotlib

    with matplotlib.rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        yield


def sheet(plan: Plan, height_in: float) -> Figure:
    """An empty figure with the scenario and the plan's fingerprint at its foot."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_IN, height_in))
    caption = identity(plan, 48)
    figure.text(
        0.1 / WIDTH_IN, 0.08 / height_in, caption, size=6.5, color=MUTED.light, va="bottom"
    )
    return figure


def panel(
    figure: Figure, left_in: float, bottom_in: float, height_in: float, **options: object
) -> Axes:
    """Axes from ``left_in`` to the right margin, with thin rules behind what they show."""
    height = figure.get_figheight()
    width_in = WIDTH_IN - left_in - RIGHT_IN
    rectangle = (
        left_in / WIDTH_IN,
        bottom_in / height,
        width_in / WIDTH_IN,
        height_in / height,
    )
    return figure.add_axes(rectangle, **options)


def short(name: str) -> str:
    """A name as it fits beside an axis."""
    return label(name, LONGEST_LABEL)


def left_margin_in(names: Sequence[str]) -> float:
    """Room for the longest of the names beside an axis."""
    return 0.25 + CHARACTER_IN * max((len(short(name)) for name in names), default=0)


def swatches(shades: Mapping[str, Shade], names: Sequence[str]) -> list[Artist]:
    """Handles of a legend: a patch in the shade of each name."""
    from matplotlib.patches import Patch

    return [
        Patch(
            facecolor=shades[name].colour,
            hatch=shades[name].hatch,
            edgecolor=PAPER.light,
            linewidth=0,
            label=short(name),
        )
        for name in names
    ]


def legend_columns(handles: Sequence[Artist]) -> int:
    """How many entries stand side by side."""
    longest = max((len(str(handle.get_label())) for handle in handles), default=0)
    fitting = int((WIDTH_IN - 0.4) / (CHARACTER_IN * (longest + 5)))
    return max(1, min(fitting, len(handles)))


def legend_height_in(handles: Sequence[Artist]) -> float:
    """Room that the legend needs at the top."""
    rows = -(-len(handles) // legend_columns(handles)) if handles else 0
    return 0.2 + LEGEND_ROW_IN * rows


def add_legend(figure: Figure, handles: Sequence[Artist]) -> None:
    """The legend, at the top left of the sheet."""
    top = 1 - 0.1 / figure.get_figheight()
    figure.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(0.1 / WIDTH_IN, top),
        ncols=legend_columns(handles),
    )


def plain_numbers(axis: object, *, whole: bool = False) -> None:
    """Tick labels as the report words its numbers; of counts only whole ones."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    steps = [1, 2, 5, 10] if whole else [1, 2, 2.5, 5, 10]
    axis.set_major_locator(MaxNLocator(5, steps=steps, integer=whole, min_n_ticks=1))
    axis.set_major_formatter(FuncFormatter(lambda value, _: number(round(value, 10), 4)))


def empty(plan: Plan, words: str) -> Figure:
    """A sheet that says why there is nothing to see."""
    figure = sheet(plan, 1.0)
    figure.text(0.5, 0.6, words, ha="center", color=MUTED.light)
    return figure


def svg(figure: Figure) -> str:
    """The figure as SVG; the same figure gives the same bytes."""
    buffer = io.StringIO()
    with style():
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def png(figure: Figure) -> bytes:
    """The figure as PNG."""
    buffer = io.BytesIO()
    with style():
        figure.savefig(buffer, format="png", dpi=PNG_DPI, metadata={"Software": None})
    return buffer.getvalue()
