"""Rows of request logs, rates and histograms in CSV, block by block."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from carbonplan.catalogue.cells import parsed_numbers, told
from carbonplan.catalogue.shipped import shown
from carbonplan.catalogue.tables import refuse
from carbonplan.errors import InvalidInput
from carbonplan.prepare.request_logs.blocks import Block, read_blocks
from carbonplan.prepare.request_logs.counting import Batch
from carbonplan.prepare.request_logs.layouts import (
    BIN_SHARE,
    BIN_TOKENS,
    FIELD,
    INPUT,
    OUTPUT,
    RATE,
    Clock,
    Layout,
    layout_of,
    time_column,
)
from carbonplan.prepare.request_logs.times import instants_s
from carbonplan.units import SECONDS_PER_HOUR

MOST_PROBLEMS = 50


@dataclass(frozen=True)
class Rows:
    """Rows of a block that hold as many fields as the header."""

    lines: Sequence[int]
    cells: Sequence[tuple[str, ...]]  # one tuple for each column of the header
    header: Sequence[str]

    def column(self, name: str) -> Sequence[str]:
        """Cells of one column, blanks around them removed."""
        return [cell.strip() for cell in self.cells[self.header.index(name)]]

    def numbers(self, names: Sequence[str]) -> tuple[NDArray[np.float64], list[str]]:
        """Finite numbers (row, column), and a line for each cell that is none."""
        if not self.lines:
            return np.empty((0, len(names))), []
        rows = list(zip(*(self.column(name) for name in names), strict=True))
        return parsed_numbers(_Places(self.lines), names, rows)


class _Places(Sequence[str]):
    """Names of lines, made only where a message needs them."""

    def __init__(self, lines: Sequence[int]) -> None:
        self.lines = lines

    def __len__(self) -> int:
        return len(self.lines)

    def __getitem__(self, row: int) -> str:
        return f"line {self.lines[row]}"


def csv_batches(
    path: Path, wanted: str | None, renamed: Mapping[str, str]
) -> tuple[Layout, Clock | None, Iterator[Batch]]:
    """Layout of a file, what its times count from, and its requests."""
    blocks = read_blocks(path)
    first = next(blocks, None)
    if first is None:
        raise InvalidInput(shown(path), ["is empty; expected a header"])
    header = tuple(cell.strip() for cell in next(csv.reader(first.lines[:1]), ()))
    layout = layout_of(path, header, wanted, renamed)
    when = time_column(layout, header)
    rest = Block(first.first_line + 1, first.lines[1:])

    def all_rows() -> Iterator[tuple[Rows, list[str]]]:
        yield _split(rest, header)
        for block in blocks:
            yield _split(block, header)

    read = _histograms if FIELD in layout.columns else _requests
    return layout, when[1].clock if when else None, read(path, layout, all_rows())


def _split(block: Block, header: Sequence[str]) -> tuple[Rows, list[str]]:
    """Rows of a block, and a line for each that has other fields than the header."""
    wrong: list[str] = []
    fields: list[list[str]] = []
    lines: Sequence[int] = ()
    reader = csv.reader(block.lines, strict=True)
    try:
        fields = list(reader)
        lines = range(block.first_line, block.first_line + len(fields))
        if len(fields) < len(block.lines):  # a quoted cell goes over lines
            lines, fields = _numbered(block)
    except csv.Error as error:
        wrong.append(f"{block.place(reader.line_num - 1)}: {error}")
    if any(len(row) != len(header) for row in fields):
        wrong += [
            f"line {line}: {len(row)} fields found, {len(header)} expected"
            for line, row in zip(lines, fields, strict=True)
            if row and len(row) != len(header)
        ]
        kept = [i for i, row in enumerate(fields) if len(row) == len(header)]
        lines, fields = [lines[i] for i in kept], [fields[i] for i in kept]
    cells = list(zip(*fields, strict=True)) or [()] * len(header)
    return Rows(lines, cells, header), wrong


def _numbered(block: Block) -> tuple[list[int], list[list[str]]]:
    """Fields of every row, and the line that each ends on."""
    reader = csv.reader(block.lines, strict=True)
    found = [(block.first_line + reader.line_num - 1, row) for row in reader]
    return [line for line, _ in found], [row for _, row in found]


def _requests(
    path: Path, layout: Layout, parts: Iterator[tuple[Rows, list[str]]]
) -> Iterator[Batch]:
    """Requests of every block, once no problem has been found before it."""
    problems: list[str] = []
    number = 0
    rates: list[Batch] = []
    for rows, wrong in parts:
        number += len(rows.lines)
        batches, found = _of_block(rows, layout)
        problems += [*told(wrong), *found]
        if len(problems) > MOST_PROBLEMS:
            break
        if not problems and RATE in layout.columns:
            rates += batches
        elif not problems:
            yield from batches
    refuse(path, problems or ([] if number else ["no rows below the header"]))
    yield from _with_windows(path, rates)


def _of_block(rows: Rows, layout: Layout) -> tuple[list[Batch], list[str]]:
    names = list(layout.columns.values())
    numbers, problems = rows.numbers(names)
    time_s, wrong_times = _times_s(rows, layout)
    problems += wrong_times
    if not problems and (numbers < 0).any():
        row, column = np.argwhere(numbers < 0)[0]
        problems = [
            f"line {rows.lines[row]}, {names[column]}: found {numbers[row, column]:g}; "
            "expected 0 or more"
        ]
    if problems:
        return [], problems
    return list(_by_workload(rows, layout, time_s, numbers)), []


def _by_workload(
    rows: Rows,
    layout: Layout,
    time_s: NDArray[np.float64] | None,
    numbers: NDArray[np.float64],
) -> Iterator[Batch]:
    for name, at in _workloads(rows, layout):
        mine, when = numbers[at], None if time_s is None else time_s[at]
        if INPUT in layout.columns:
            yield Batch(name, when, mine, np.ones(len(mine)))
        else:
            yield Batch(name, when, None, mine[:, 0])


def _workloads(rows: Rows, layout: Layout) -> Iterator[tuple[str, NDArray[np.int64]]]:
    """Workloads of a block in order of their names, and the rows of each."""
    if layout.workload not in rows.header:
        yield "", np.arange(len(rows.lines))
        return
    names, of_row = np.unique(np.array(rows.column(layout.workload)), return_inverse=True)
    for i, name in enumerate(names.tolist()):
        yield name, np.flatnonzero(of_row == i)


def _times_s(rows: Rows, layout: Layout) -> tuple[NDArray[np.float64] | None, list[str]]:
    """Seconds since 1970 or since the log began; None where the log does not say."""
    when = time_column(layout, rows.header)
    if when is None:
        return None, []
    name, time = when
    if time.per_s is None:
        seconds, problems = instants_s(
            _Places(rows.lines).__getitem__,
            rows.column(name),
            zone_required=time.zone_required,
        )
        return seconds, told(problems)
    numbers, problems = rows.numbers([name])
    if not problems and (numbers < 0).any():
        row = int(np.argmax(numbers[:, 0] < 0))
        problems = [
            f"line {rows.lines[row]}, {name}: found {numbers[row, 0]:g}; expected time since "
            "the log began"
        ]
    return (None if problems else numbers[:, 0] / time.per_s), problems


def _with_windows(path: Path, rates: Sequence[Batch]) -> Iterator[Batch]:
    """Rates as requests of their windows; a rate of zero tells nothing of its window."""
    for name in dict.fromkeys(batch.workload for batch in rates):
        mine = [batch for batch in rates if batch.workload == name]
        time_s = np.concatenate([batch.time_s for batch in mine])
        rps = np.concatenate([batch.requests for batch in mine])
        steps = np.diff(np.unique(time_s))
        if not steps.size or len(np.unique(time_s)) < len(time_s):
            refuse(path, [f'workload "{name}": expected windows, each once, at least two'])
        window_s = float(steps.min())
        if window_s > SECONDS_PER_HOUR:
            refuse(path, [f"windows of {window_s:g} s; expected an hour at most"])
        known = rps > 0
        covered = np.full(int(known.sum()), window_s)
        yield Batch(name, time_s[known], None, rps[known] * window_s, covered)


def _histograms(
    path: Path, layout: Layout, parts: Iterator[tuple[Rows, list[str]]]
) -> Iterator[Batch]:
    """Every input length with every output length: histograms do not say which go together."""
    sides: dict[str, dict[str, list[NDArray[np.float64]]]] = {}
    problems: list[str] = []
    for rows, wrong in parts:
        numbers, found = rows.numbers([BIN_TOKENS, BIN_SHARE])
        problems += [*told(wrong), *found]
        if problems:
            continue
        fields = np.array(rows.column(FIELD))
        for name, at in _workloads(rows, layout):
            for side in (INPUT, OUTPUT):
                mine = at[fields[at] == side]
                sides.setdefault(name, {}).setdefault(side, []).append(numbers[mine])
    refuse(path, problems)
    for name, by_field in sides.items():
        inputs, outputs = (np.concatenate(by_field[side]) for side in (INPUT, OUTPUT))
        if len(inputs) and len(outputs):  # of others, nothing tells the length of a request
            yield independent(name, inputs, outputs)


def independent(
    workload: str, inputs: NDArray[np.float64], outputs: NDArray[np.float64]
) -> Batch:
    """Lengths of two histograms, taken as independent.

    Parameters
    ----------
    inputs, outputs
        Tokens and requests of each bin, (bin, 2).
    """
    tokens = np.stack(np.meshgrid(inputs[:, 0], outputs[:, 0], indexing="ij"), axis=-1)
    total = inputs[:, 1].sum() or 1.0
    share = outputs[:, 1] / (outputs[:, 1].sum() or 1.0)
    requests = total * np.outer(inputs[:, 1] / total, share)
    return Batch(workload, None, tokens.reshape(-1, 2), requests.ravel())
