"""The plan as a workbook: numbers are numbers, text is text and never a formula."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple

from carbonplan.errors import MissingDependency
from carbonplan.plan.variables import VARIABLES
from carbonplan.report.baselines import baseline_impacts, baseline_title, listed_baselines
from carbonplan.report.impacts import impact_names, impact_title
from carbonplan.report.wording import count, is_number, label, visible

if TYPE_CHECKING:
    import pandas as pd

    from carbonplan.plan import Plan

HOW_TO_HAVE = 'a workbook needs XlsxWriter: pip install "carbonplan[xlsx]"'
TABLES = ("impacts", "servers", "replicas", "hourly", "energy", "attribution")
SOURCE_COLUMNS = ("key", "title", "publisher", "year", "licence", "url")
MOST_ROWS = 1_000_000  # of a sheet; a spreadsheet holds 1,048,576
LONGEST_TEXT = 2000  # characters of a cell
WIDEST = 48  # characters of a column
ROWS_MEASURED = 200  # by which a column is made wide enough
CREATED = datetime(2000, 1, 1)  # the same plan gives the same bytes

Row = Sequence[object]


class Sheet(NamedTuple):
    """A table under a name."""

    name: str
    header: Sequence[str]
    rows: Sequence[Row]


def workbook(plan: Plan) -> bytes:
    """The plan as an Excel workbook.

    Raises
    ------
    MissingDependency
        XlsxWriter is not installed.
    """
    xlsxwriter = _xlsxwriter()
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        book.set_properties({"title": visible(plan.scenario_name), "created": CREATED})
        head = book.add_format({"bold": True, "bottom": 1})
        for sheet in sheets(plan):
            _write(book.add_worksheet(sheet.name), sheet, head)
    return buffer.getvalue()


def sheets(plan: Plan) -> Iterator[Sheet]:
    """What the workbook holds, sheet by sheet."""
    yield Sheet("summary", ("what", "value", "unit"), tuple(_summary_rows(plan)))
    tables = plan.tables() if set(plan.data.variables) >= set(VARIABLES) else {}
    for name in TABLES:
        if name in tables:
            yield Sheet(name, *_cells(tables[name]))
    yield Sheet("baselines", *_baselines(plan))
    yield Sheet("sources", SOURCE_COLUMNS, tuple(_source_rows(plan)))


def _summary_rows(plan: Plan) -> Iterator[Row]:
    """The plan, its totals and its proof."""
    summary = plan.summary
    objective = summary.get("objective")
    stated = objective if isinstance(objective, Mapping) else {}
    unit = stated.get("unit") or ""
    yield "Scenario", plan.scenario_name, ""
    for key in ("description", "fingerprint", "status"):
        yield key.capitalize(), summary.get(key), ""
    yield "Objective minimised", stated.get("impact"), ""
    yield "Value of the plan", stated.get("value"), unit
    yield "Best possible (bound)", summary.get("bound"), unit
    yield "Gap between them", summary.get("gap"), "1"
    for name in impact_names(plan):
        yield impact_title(name), plan.impacts[name].value, plan.impacts[name].unit


def _baselines(plan: Plan) -> tuple[Row, tuple[Row, ...]]:
    """A row for each baseline, its impacts in the units of the plan's."""
    names = impact_names(plan)
    header = ("baseline", "status", *(f"{n} [{plan.impacts[n].unit}]" for n in names))
    rows = (
        (
            baseline_title(one),
            one.get("status"),
            *(baseline_impacts(one).get(name) for name in names),
        )
        for one in listed_baselines(plan)
    )
    return header, tuple(rows)


def _source_rows(plan: Plan) -> Iterator[Row]:
    found = plan.summary.get("sources")
    for source in found if isinstance(found, list | tuple) else ():
        if isinstance(source, Mapping):
            yield tuple(source.get(column) for column in SOURCE_COLUMNS)


def _cells(table: pd.DataFrame) -> tuple[Row, tuple[Row, ...]]:
    """Header and rows of a table; of one too long, the first and how many are left out."""
    rows = tuple(table.head(MOST_ROWS).itertuples(index=False, name=None))
    left_out = len(table) - len(rows)
    note = ((f"and {count(left_out, 'row')} more in the tables of the plan",),)
    return tuple(map(str, table.columns)), rows + (note if left_out else ())


def _write(page: object, sheet: Sheet, head: object) -> None:
    """Header in the first row, which stays in sight, and the rows below it."""
    for column, title in enumerate(sheet.header):
        page.write_string(0, column, label(title, WIDEST), head)
        page.set_column(column, column, _width(sheet, column))
    for line, row in enumerate(sheet.rows, start=1):
        for column, cell in enumerate(row):
            _write_cell(page, line, column, cell)
    page.freeze_panes(1, 0)
    if sheet.rows:
        page.autofilter(0, 0, len(sheet.rows), len(sheet.header) - 1)


def _write_cell(page: object, line: int, column: int, cell: object) -> None:
    """A finite number as a number, no number as nothing, anything else as inert text."""
    if is_number(cell):
        page.write_number(line, column, cell)
    elif cell is not None and not isinstance(cell, float):
        page.write_string(line, column, label(cell, LONGEST_TEXT))


def _width(sheet: Sheet, column: int) -> int:
    """Room for what the first rows of a column hold."""
    shown = (row[column] for row in sheet.rows[:ROWS_MEASURED] if column < len(row))
    lengths = (
        10 if is_number(cell) else len(visible(cell)) for cell in shown if cell is not None
    )
    return min(max((len(sheet.header[column]), *lengths)) + 2, WIDEST)


def _xlsxwriter() -> ModuleType:
    try:
        import xlsxwriter
    except ImportError as error:
        raise MissingDependency(HOW_TO_HAVE) from error
    return xlsxwriter
