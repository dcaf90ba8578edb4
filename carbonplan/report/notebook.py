"""A plan as a notebook shows it: the answer, its proof, the fleet and where carbon goes.

A notebook strips style sheets and may strip drawings: the figure is an image of its own.
"""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

from carbonplan.report.attribution import is_attributed
from carbonplan.report.document import Table
from carbonplan.report.figures import figures, svg
from carbonplan.report.html import environment
from carbonplan.report.identity import identity
from carbonplan.report.impacts import impact_names, impact_quantity, impact_title
from carbonplan.report.sections.answer import emission, purchase
from carbonplan.report.sections.certainty import proof, verification
from carbonplan.report.sections.fleet import fleet

if TYPE_CHECKING:
    from carbonplan.plan import Plan

TEMPLATE = "notebook.html.j2"
FIGURES = {  # by whether the plan says to whom its impacts are owed
    True: ("flow", "Carbon from operation and making, by region, to whom it is owed"),
    False: ("fleet", "Servers by region and SKU"),
}
HOW_TO_SEE_MORE = (
    "More: carbonplan.report.text(plan) and html(plan), figures and numbers by name in "
    "carbonplan.report.figures, plan.tables() and the arrays in plan.data."
)


def notebook_html(plan: Plan) -> str:
    """The plan in short, as HTML."""
    figure, words = FIGURES[is_attributed(plan.data)]
    tables = [block for block in fleet(plan).blocks if isinstance(block, Table)]
    return (
        environment()
        .get_template(TEMPLATE)
        .render(
            title=identity(plan),
            lead=purchase(plan),
            sentences=(emission(plan), proof(plan), verification(plan)),
            tables=(_impacts(plan), *tables[:1]),
            image=_image(plan, figure),
            words=words,
            more=HOW_TO_SEE_MORE,
        )
    )


def _impacts(plan: Plan) -> Table:
    names = impact_names(plan)
    rows = tuple((impact_title(name), impact_quantity(plan, name)) for name in names)
    return Table("Impacts over the horizon", ("Impact", "Amount"), rows)


def _image(plan: Plan, figure: str) -> str:
    """The address of the figure, which holds it whole."""
    drawn = svg(figures[figure](plan)).encode("utf-8")
    return f"data:image/svg+xml;base64,{b64encode(drawn).decode('ascii')}"
