"""A comparison as one document, as tables, and as the files of its folder."""

from __future__ import annotations

import csv
import io
import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from carbonplan.plan.tabulate import guarded_text
from carbonplan.plan.totals import UNITS
from carbonplan.report.wording import label

if TYPE_CHECKING:
    from carbonplan.compare.records import CaseResult, Comparison, Difference, Standing

SCHEMA_VERSION = 1
TEMPLATE = "comparison.html.j2"
FIGURES = "figures"

Row = Mapping[str, object]


def document(comparison: Comparison) -> dict[str, object]:
    """The comparison as plain JSON values; nothing in it depends on when it was made."""
    differences = {one.case: one for one in comparison.differences}
    standings = {one.case: one for one in comparison.standings}
    return {
        "schema_version": SCHEMA_VERSION,
        "axes": list(comparison.axes),
        "given": list(comparison.given),
        "impacts": list(comparison.impacts),
        "units": dict(UNITS),
        "reference": comparison.reference,
        "exit_code": comparison.exit_code,
        "cases": [
            _case(case, differences.get(case.name), standings.get(case.name))
            for case in comparison.cases
        ],
        "winners": [asdict(one) for one in comparison.winners],
        "price_steps": [asdict(one) for one in comparison.price_steps],
        "crossings": [asdict(one) for one in comparison.crossings],
    }


def _case(
    case: CaseResult, difference: Difference | None, standing: Standing | None
) -> dict[str, object]:
    found = asdict(case)
    return {
        **found,
        "reference": None if difference is None else difference.reference,
        "to_reference": None if difference is None else asdict(difference)["by_impact"],
        "breakeven_usd_per_tonne": (
            None
            if difference is None or difference.carbon_price is None
            else asdict(difference.carbon_price)
        ),
        "dominated_by": None if standing is None else standing.dominated_by,
        "dominated_is_proven": standing is not None and standing.proven,
    }


def case_rows(comparison: Comparison) -> Iterator[Row]:
    """A row for each case, with or without a plan."""
    standings = {one.case: one for one in comparison.standings}
    impacts = list(dict.fromkeys(name for case in comparison.cases for name in case.impacts))
    for case in comparison.cases:
        standing = standings.get(case.name)
        yield {
            "case": case.name,
            **{axis: case.labels.get(axis, "") for axis in comparison.axes},
            "status": case.status,
            "exit_code": case.exit_code,
            "objective": case.objective or "",
            "value": case.value,
            "bound": case.bound,
            "gap": case.gap,
            **{
                f"{name} [{UNITS.get(name, '1')}]": (
                    case.impacts[name].value if name in case.impacts else None
                )
                for name in impacts
            },
            "dominated_by": (standing and standing.dominated_by) or "",
            "dominated_is_proven": bool(standing and standing.proven),
            "message": case.message or "",
        }


def part_rows(comparison: Comparison) -> Iterator[Row]:
    """A row for each impact of each case in each region, and on each SKU."""
    for case in comparison.cases:
        for impact, total in case.impacts.items():
            for part, values in (("region", total.by_region), ("sku", total.by_sku)):
                for name, value in values.items():
                    yield {
                        "case": case.name,
                        "impact": impact,
                        "unit": total.unit,
                        "part": part,
                        "name": name,
                        "value": value,
                    }


def server_rows(comparison: Comparison) -> Iterator[Row]:
    """A row for each SKU in each region of each case."""
    for case in comparison.cases:
        for one in case.servers:
            yield {"case": case.name, **asdict(one)}


def csv_text(rows: Sequence[Row]) -> str:
    """Rows as CSV: numbers at full precision, text that is no formula to a spreadsheet."""
    buffer = io.StringIO()
    if rows:
        writer = csv.writer(buffer, lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
        writer.writerow([guarded_text(str(name)) for name in rows[0]])
        writer.writerows([_cell(value) for value in row.values()] for row in rows)
    return buffer.getvalue()


def _cell(value: object) -> object:
    return guarded_text(value) if isinstance(value, str) else value


def files(comparison: Comparison, title: str, drawn: Mapping[str, str]) -> dict[str, bytes]:
    """The tables and the page that lie beside the folder of the cases, by name.

    Parameters
    ----------
    drawn
        SVG of each figure by name.
    """
    written = {
        "comparison.csv": csv_text(list(case_rows(comparison))),
        "impacts.csv": csv_text(list(part_rows(comparison))),
        "servers.csv": csv_text(list(server_rows(comparison))),
        "comparison.html": html(comparison, title, drawn),
        "comparison.json": json.dumps(document(comparison), indent=2, allow_nan=False) + "\n",
    }
    return {name: _bytes(content) for name, content in written.items()}


def figure_files(drawn: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
    """The files of the folder of figures."""
    for name, svg in drawn.items():
        yield f"{name}.svg", _bytes(svg)


def _bytes(content: str) -> bytes:
    return content.encode("utf-8", "backslashreplace")


def drawings(comparison: Comparison, title: str) -> dict[str, str]:
    """Every figure as SVG, by name; one that cannot be drawn is logged and left out."""
    from carbonplan.report.figures.comparison import figures
    from carbonplan.report.figures.sheet import svg

    drawn = {}
    for name, draw in figures(comparison, title).items():
        try:
            drawn[name] = svg(draw())
        except Exception:  # a comparison is worth more than its pictures
            logging.getLogger(__name__).warning("figure %s is left out", name, exc_info=True)
    return drawn


def html(comparison: Comparison, title: str, drawn: Mapping[str, str]) -> str:
    """The comparison as a self-contained page."""
    from markupsafe import Markup

    from carbonplan.report.figures.inline import inline_svg
    from carbonplan.report.figures.palette import COLOURS
    from carbonplan.report.html import environment
    from carbonplan.report.sections.comparison import sections

    page = environment().get_template(TEMPLATE)
    return page.render(
        title=label(title),
        identity=f"{label(title)} · {len(comparison.cases)} cases",
        sections=sections(comparison, tuple(drawn)),
        drawings={name: Markup(inline_svg(svg, name)) for name, svg in drawn.items()},
        colours=COLOURS,
    )


def text(comparison: Comparison, width: int = 80) -> str:
    """The comparison for a terminal."""
    from carbonplan.report.sections.comparison import sections
    from carbonplan.report.text import section_text

    found = [section_text(section, width) for section in sections(comparison)]
    return "\n".join(part for part in found if part.strip().count("\n"))
