"""The report as one HTML file that needs nothing else: no network, no script.

Every text passes through jinja2's autoescape; only the drawings, which matplotlib has escaped,
are put in as they are. Colours are CSS variables, so that figures follow a dark page too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from carbonplan.report.figures import drawings as draw_all
from carbonplan.report.figures.inline import inline_svg
from carbonplan.report.figures.palette import COLOURS
from carbonplan.report.identity import identity
from carbonplan.report.sections import sections
from carbonplan.report.wording import label

if TYPE_CHECKING:
    from jinja2 import Environment

    from carbonplan.plan import Plan

TEMPLATE = "report.html.j2"


def html(plan: Plan, drawings: Mapping[str, str] | None = None, *, themed: bool = True) -> str:
    """The report on a plan as a self-contained page.

    Parameters
    ----------
    drawings
        SVG of each figure by name, where they are drawn already; drawn here otherwise.
    themed
        Whether figures follow the page to a dark scheme; paper has none.
    """
    from markupsafe import Markup

    drawn = draw_all(plan) if drawings is None else drawings
    page = environment().get_template(TEMPLATE)
    return page.render(
        scenario=label(plan.scenario_name),
        identity=identity(plan),
        sections=sections(plan),
        drawings={
            name: Markup(inline_svg(svg, name, themed=themed)) for name, svg in drawn.items()
        },
        colours=COLOURS,
    )


def environment() -> Environment:
    """Where templates come from; every text that they show is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("carbonplan.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.tests["block"] = lambda block, kind: type(block).__name__ == kind
    return made
