"""The files of a report, as they lie in the folder of a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carbonplan.report.figures import drawings
from carbonplan.report.html import html

if TYPE_CHECKING:
    from carbonplan.plan import Plan


def files(plan: Plan) -> dict[str, bytes]:
    """The page and every figure, by path in the folder; each figure is drawn once."""
    drawn = drawings(plan)
    written = {f"figures/{name}.svg": svg for name, svg in drawn.items()}
    written["report.html"] = html(plan, drawn)
    return {path: content.encode("utf-8") for path, content in written.items()}
