"""The files of a report, as they lie in the folder of a plan, and its figures by themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from carbonplan.report.figures import drawings, figures, numbers, numbers_csv, png, svg
from carbonplan.report.html import html

if TYPE_CHECKING:
    from carbonplan.plan import Plan

FIGURE_FORMATS = ("svg", "png", "csv")


def files(plan: Plan) -> dict[str, bytes]:
    """The page and every figure, by path in the folder; each figure is drawn once."""
    drawn = drawings(plan)
    written = {f"figures/{name}.svg": svg for name, svg in drawn.items()}
    written["report.html"] = html(plan, drawn)
    return {path: content.encode("utf-8") for path, content in written.items()}


def figure_files(
    plan: Plan, formats: Collection[str] = FIGURE_FORMATS
) -> Iterator[tuple[str, bytes]]:
    """Every figure in each format, by the name of its file; as CSV, the numbers drawn."""
    for name, draw in figures.items():
        if "csv" in formats:
            yield f"{name}.csv", numbers_csv(numbers[name](plan)).encode("utf-8")
        if not {"svg", "png"} & set(formats):
            continue
        figure = draw(plan)
        if "svg" in formats:
            yield f"{name}.svg", svg(figure).encode("utf-8")
        if "png" in formats:
            yield f"{name}.png", png(figure)
