"""CSV tables to records: every cell is checked, every problem of a file is told at once.

Names stay text ("NA" is Namibia), a column is found by its name and never by its position, and
an empty cell is missing: ``None`` where the record allows it, its default where it has one, a
problem otherwise.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticUndefined

from carbonplan.catalogue.shipped import shown
from carbonplan.catalogue.text import read_text
from carbonplan.errors import InvalidInput, nearest

LIMIT_BYTES = 200_000_000
PROBLEMS_TOLD = 20
FOUND_CHARACTERS = 40

Record = TypeVar("Record", bound=BaseModel)


@dataclass(frozen=True)
class Row:
    """Cells of one line by column, blanks around them removed."""

    line: int
    cells: Mapping[str, str]


def read_table(path: Path, record_type: type[Record]) -> tuple[Record, ...]:
    """Records of a CSV file, in its order.

    Raises
    ------
    InvalidInput
        With a line for each problem: where, what was found, what was expected.
    """
    return tuple(record for _, record in _numbered(path, record_type))


def read_keyed(path: Path, record_type: type[Record]) -> dict[str, Record]:
    """Records by the text of their first field, which may not repeat."""
    key = next(iter(record_type.model_fields))
    first_line: dict[str, int] = {}
    records: dict[str, Record] = {}
    problems = []
    for line, record in _numbered(path, record_type):
        name = getattr(record, key)
        if name in records:
            problems.append(
                f'line {line}, {key}: "{name}" stands on line {first_line[name]} too'
            )
        first_line.setdefault(name, line)
        records[name] = record
    refuse(path, problems)
    return records


def read_rows(
    path: Path, columns: Sequence[str], optional: Sequence[str] = ()
) -> Iterator[Row]:
    """Rows of a CSV file whose header holds these columns, in any order.

    Parameters
    ----------
    columns
        Names that the header must hold.
    optional
        Names that it may hold; any other name is refused.
    """
    lines = _split(path, read_text(path, LIMIT_BYTES))
    _, header = next(lines, (0, []))
    refuse(path, _header_problems(header, columns, optional))
    problems = []
    rows = []
    for line, fields in lines:
        if len(fields) == len(header):
            cells = zip(header, (field.strip() for field in fields), strict=True)
            rows.append(Row(line, dict(cells)))
        else:
            problems.append(
                f"line {line}: {len(fields)} fields found, {len(header)} expected"
                f"{_why_fields_differ(fields, header)}"
            )
    if not rows and not problems:
        problems = ["no rows below the header"]
    refuse(path, problems)
    return iter(rows)


def refuse(path: Path, problems: Sequence[str]) -> None:
    """Raise if there are problems; past the first twenty, only their number is told."""
    if not problems:
        return
    told = list(problems[:PROBLEMS_TOLD])
    if len(problems) > PROBLEMS_TOLD:
        told.append(f"and {len(problems) - PROBLEMS_TOLD} more like these")
    raise InvalidInput(shown(path), told)


def _numbered(path: Path, record_type: type[Record]) -> list[tuple[int, Record]]:
    fields = record_type.model_fields
    required = [name for name, field in fields.items() if field.is_required()]
    optional = [name for name, field in fields.items() if not field.is_required()]
    problems: list[str] = []
    records = []
    for row in read_rows(path, required, optional):
        try:
            records.append((row.line, record_type.model_validate(_values(row, record_type))))
        except ValidationError as error:
            problems.extend(_cell_problems(row, error, record_type))
    refuse(path, problems)
    return records


def _values(row: Row, record_type: type[Record]) -> dict[str, str | None]:
    """Cells as pydantic takes them: an empty one is left out, or ``None`` without a default."""
    return {
        name: cell or None
        for name, cell in row.cells.items()
        if cell or record_type.model_fields[name].default is PydanticUndefined
    }


def _split(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    """Line number and fields of every line that is not blank."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise InvalidInput(
                shown(path), [f"line {line}: {_csv_fault(str(error))}"]
            ) from None
        if any(field.strip() for field in fields) or len(fields) > 1:
            yield line, fields


def _csv_fault(fault: str) -> str:
    if "unexpected end of data" in fault:
        return "a quote is opened here and never closed"
    if "field larger than" in fault:
        return "a field of more than 131072 characters, or a quote that is never closed"
    return f"not a line of a CSV file: {fault}"


def _header_problems(
    header: Sequence[str], columns: Sequence[str], optional: Sequence[str]
) -> list[str]:
    if not header:
        return [f"is empty; expected a header with {', '.join(columns)}"]
    if len(header) == 1 and len(columns) > 1:
        for separator, word in ((";", "semicolons"), ("\t", "tabs")):
            if separator in header[0]:
                return [f"line 1: columns are separated by {word}; expected commas"]
    known = [*columns, *optional]
    absent = [name for name in known if name not in header]
    unknown = [name for name in header if name not in known]
    return [
        *(f'line 1: column "{name}" stands twice' for name in _repeated(header)),
        *(f"line 1: {_unknown_column(name, absent, known)}" for name in unknown),
        *(f'line 1: column "{name}" is missing' for name in columns if name in absent),
    ]


def _unknown_column(name: str, absent: Sequence[str], known: Sequence[str]) -> str:
    if not name.strip():
        return "a column without a name"
    if name.strip() in known:
        return f'column "{name}" has blanks around its name'
    return f'unknown column "{shortened(name)}"{nearest(name, absent or known)}'


def _repeated(names: Sequence[str]) -> list[str]:
    return sorted({name for name in names if name.strip() and names.count(name) > 1})


def _why_fields_differ(fields: Sequence[str], header: Sequence[str]) -> str:
    if len(fields) > len(header) and any(field.strip().isdigit() for field in fields):
        return "; a number has a decimal point and no thousands separator"
    return ""


def _cell_problems(
    row: Row, error: ValidationError, record_type: type[Record]
) -> Iterator[str]:
    label = _label(row, record_type)
    for fault in error.errors(include_url=False):
        column = str(fault["loc"][0])
        found = row.cells.get(column, "")
        said = f'found "{shortened(found)}"' if found else "is empty"
        yield f"line {row.line}{label}, {column}: {said}; expected {expected(fault)}"


def _label(row: Row, record_type: type[Record]) -> str:
    """Name of the row in parentheses, where its first field is a name."""
    first, field = next(iter(record_type.model_fields.items()))
    name = row.cells.get(first, "")
    return f" ({shortened(name)})" if field.annotation is str and name else ""


def expected(fault: ErrorDetails) -> str:
    """What a field takes, in words, from what pydantic found wrong with its value."""
    context = fault.get("ctx", {})
    match fault["type"]:
        case "greater_than":
            return f"a number above {context['gt']:g}"
        case "greater_than_equal":
            return f"a number of at least {context['ge']:g}"
        case "less_than":
            return f"a number below {context['lt']:g}"
        case "less_than_equal":
            return f"a number of at most {context['le']:g}"
        case "float_type" | "float_parsing":
            return "a number with a decimal point"
        case "int_type" | "int_parsing" | "int_from_float" | "int_parsing_size":
            return "a whole number"
        case "finite_number":
            return "a finite number"
        case "literal_error":
            return f"one of {context['expected']}{nearest_choice(fault)}"
        case "string_type":
            return "text"
        case "model_type":
            return "a mapping of names to values"
        case _:
            return fault["msg"]


def nearest_choice(fault: ErrorDetails) -> str:
    """The allowed word most like the one found."""
    choices = fault["ctx"]["expected"].replace(" or ", ", ").replace("'", "").split(", ")
    return nearest(str(fault["input"]), choices)


def shortened(found: str) -> str:
    """What was found, short enough for one line, control characters made visible."""
    visible = "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in found)
    if len(visible) <= FOUND_CHARACTERS:
        return visible
    return f"{visible[:FOUND_CHARACTERS]}…"
