"""Energy and carbon of a prompt by batch: a column for each LLM, a row for each grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from carbonplan.report.figures.palette import INK, MUTED, SKUS, shades
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
from carbonplan.units import MG_PER_G

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from carbonplan.catalogue.grids import Grid
    from carbonplan.technology.prompt_carbon import PromptCarbon

PANEL_IN = 1.2
GAP_IN = 0.14
LEFT_IN = 0.9
MARGIN_IN = 0.15
TITLE_IN = 0.22
MOST_TICKS = 6
WHOLE, PART = "-", ":"


@dataclass(frozen=True)
class Panel:
    """A row of the figure: a quantity of one prompt and a part of it, (batch, replica)."""

    title: str  # with its unit
    whole: NDArray[np.float64]
    part: NDArray[np.float64]


def prompt_figure(study: PromptCarbon, on: Sequence[Grid], caption: str) -> Figure:
    """Lines over the batch: energy, of it prefill; carbon by grid, of it making."""
    from matplotlib.figure import Figure

    llms = list(dict.fromkeys(replica.llm.llm for replica in study.replicas))
    rows = _rows(study, on)
    handles = _handles(study)
    foot_in = CAPTION_IN + AXIS_IN
    top_in = legend_height_in(handles) + TITLE_IN
    height_in = foot_in + len(rows) * (PANEL_IN + GAP_IN) + top_in
    with style():
        figure = Figure(figsize=(WIDTH_IN, height_in))
        axes = figure.subplots(len(rows), len(llms), sharex=True, sharey="row", squeeze=False)
        figure.subplots_adjust(
            left=LEFT_IN / WIDTH_IN,
            right=1 - MARGIN_IN / WIDTH_IN,
            bottom=foot_in / height_in,
            top=1 - top_in / height_in,
            hspace=GAP_IN / PANEL_IN,
            wspace=0.08,
        )
        for row, line in zip(rows, axes, strict=True):
            for llm, panel in zip(llms, line, strict=True):
                _draw(panel, study, row, llm)
            line[0].set_ylabel(row.title)
        for llm, top, bottom in zip(llms, axes[0], axes[-1], strict=True):
            top.set_title(short(llm), size=8, loc="left")
            bottom.set_xlabel("Batch [prompts]", loc="left")
        add_legend(figure, handles)
        place = (0.1 / WIDTH_IN, 0.08 / height_in)
        figure.text(*place, label(caption, 140), size=6.5, color=MUTED.light, va="bottom")
    return figure


def _rows(study: PromptCarbon, on: Sequence[Grid]) -> list[Panel]:
    energy = Panel("Energy [J/prompt]", study.energy_j, study.prefill.energy_j)
    made_mg = study.embodied_g * MG_PER_G
    return [
        energy,
        *(
            Panel(
                _carbon_title(grid),
                study.total_g(grid.intensity_g_per_kwh) * MG_PER_G,
                made_mg,
            )
            for grid in on
        ),
    ]


def _carbon_title(grid: Grid) -> str:
    intensity = f"{number(grid.intensity_g_per_kwh)} g/kWh"
    return f"{short(grid.name)}\n{intensity}\n[mgCO2e/prompt]"


def _draw(panel: Axes, study: PromptCarbon, row: Panel, llm: str) -> None:
    shade = shades((replica.server.name for replica in study.replicas), SKUS)
    for k, replica in enumerate(study.replicas):
        if replica.llm.llm != llm:
            continue
        fits, colour = study.fits[:, k], shade[replica.server.name].colour
        for values, line in ((row.whole, WHOLE), (row.part, PART)):
            panel.plot(
                study.batches[fits],
                values[fits, k],
                linestyle=line,
                color=colour,
                linewidth=1.2,
                marker="o",
                markersize=1.8,
            )
    _logarithmic(panel, study.batches)


def _logarithmic(panel: Axes, batches: NDArray[np.float64]) -> None:
    from matplotlib.ticker import FuncFormatter, NullLocator

    panel.set_xscale("log", base=2)
    panel.set_yscale("log")
    every = -(-len(batches) // MOST_TICKS)
    panel.set_xticks(batches[::every], [number(batch) for batch in batches[::every]])
    panel.xaxis.set_minor_locator(NullLocator())
    panel.yaxis.set_minor_locator(NullLocator())
    panel.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
    panel.grid(visible=True)


def _handles(study: PromptCarbon) -> list[Artist]:
    from matplotlib.lines import Line2D

    shade = shades((replica.server.name for replica in study.replicas), SKUS)
    machines = [
        Line2D([], [], color=shade[name].colour, linewidth=2, label=short(name))
        for name in dict.fromkeys(replica.server.name for replica in study.replicas)
    ]
    whole, part = (
        Line2D([], [], color=INK.light, linewidth=1.2, linestyle=line, label=words)
        for line, words in ((WHOLE, "whole"), (PART, "prefill / making"))
    )
    return [*machines, whole, part]
