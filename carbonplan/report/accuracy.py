"""Errors of the models as tables and as a page, and the figures beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from carbonplan.catalogue.writing import write_whole
from carbonplan.report.figures.accuracy import Points, accuracy_figure, dataset_shades
from carbonplan.report.figures.sheet import svg
from carbonplan.technology.calibrate.accuracy import GOAL, GOALS, ErrorRow, Line, Part
from carbonplan.technology.calibrate.kernels import shipped_kernels

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from carbonplan.technology.calibrate.accuracy import Judgement

Row = Mapping[str, object]
PERCENT = 100.0
HEADING = "## Against the goals\n"
FIGURES = "figures"  # folder beside the page
PARTS_SHOWN: Mapping[Part, str] = {
    "all": "data set",
    "accelerator": "accelerator",
    "llm": "LLM",
}
REFERENCES: tuple[Line, ...] = ("roofline", "neighbour")
QUANTITIES = {
    "step_s": "Decode step [s]",
    "tpot_s": "Time per output token under load [s]",
    "layer_s": "Step through one layer [s]",
    "prefill_s": "Prefill without queueing [s]",
    "ttft_s": "Time to first token, hardly any load [s]",
    "ttft_load_s": "Time to first token under load [s]",
    "output_tokens_per_s": "Output tokens of an instance [1/s]",
    "served_tokens_per_s": "Output tokens of a system within limits [1/s]",
    "total_tokens_per_s": "Tokens of an instance, prompts included [1/s]",
    "power_w": "Power of one accelerator under load [W]",
    "prefill_power_w": "Power of one accelerator in prefill [W]",
    "step_power_w": "Power of one accelerator in decode [W]",
    "idle_power_w": "Power of one accelerator without work [W]",
    "parked_power_w": "Power of one accelerator without an engine [W]",
    "system_power_w": "Power of a system at the wall [W]",
    "energy_per_output_token_j": "Energy per output token [J]",
    "relative_time": "Time over that at full clock and limit [1]",
    "relative_power": "Power over that at full clock and limit [1]",
}


def best_line(rows: Iterable[ErrorRow]) -> Line:
    """Cross-validated errors where there are any: they tell what a new pair may expect."""
    return "crossvalidated" if any(row.line == "crossvalidated" for row in rows) else "model"


def table_rows(rows: Sequence[ErrorRow], part: Part) -> list[Row]:
    """One row for each data set and quantity, in percent, its lines side by side."""
    main = best_line(rows)
    by_key: dict[tuple[str, ...], dict[Line, ErrorRow]] = {}
    for row in rows:
        if row.part == part:
            by_key.setdefault((row.dataset, row.quantity, row.name), {})[row.line] = row
    return [
        {
            "dataset": dataset,
            "quantity": quantity,
            **({} if part == "all" else {part: name}),
            **_columns(lines[main], quantity),
            **_others(lines, main),
        }
        for (dataset, quantity, name), lines in sorted(by_key.items())
        if main in lines
    ]


def _columns(row: ErrorRow, quantity: str) -> Row:
    goal = GOAL.get(quantity)
    return {
        "rows": row.rows,
        "median_%": _percent(row.median),
        "p90_%": _percent(row.p90),
        "signed_%": _percent(row.signed),
        "goal_%": f"{_percent(goal.median):g}/{_percent(goal.p90):g}" if goal else "none",
    }


def _others(lines: Mapping[Line, ErrorRow], main: Line) -> Row:
    """Median and 90th percentile of the lines beside."""
    beside = ("model", *REFERENCES) if main == "crossvalidated" else REFERENCES
    names = {"model": "in_sample"}
    return {
        f"{names.get(line, line)}_{what}_%": (
            _percent(getattr(lines[line], what)) if line in lines else None
        )
        for line in beside
        for what in ("median", "p90")
    }


def figures(judgement: Judgement, caption: str) -> dict[str, Figure]:
    """Predicted against measured by quantity, cross-validated where that was done."""
    line = "crossvalidated" if "crossvalidated" in judgement.lines else "model"
    rows = judgement.rows.dropna(subset=[line])
    shade = dataset_shades(rows["dataset"].unique())
    return {
        quantity: accuracy_figure(_points(some, quantity, line), shade, caption)
        for quantity, some in rows.groupby("quantity")
    }


def _points(rows: pd.DataFrame, quantity: str, line: Line) -> Points:
    return Points(
        QUANTITIES.get(quantity, quantity),
        rows["value"].to_numpy(float),
        rows[line].to_numpy(float),
        rows["dataset"].to_numpy(str),
    )


def figure_files(judgement: Judgement, caption: str) -> dict[str, str]:
    """The figures as SVG by the name of their file."""
    return {
        f"accuracy-{quantity.replace('_', '-')}.svg": svg(figure)
        for quantity, figure in figures(judgement, caption).items()
    }


def rewrite(page: Path, rows: Sequence[ErrorRow]) -> None:
    """Put the errors into a page, below its heading of them, with the figures beside it."""
    prose = page.read_text(encoding="utf-8").partition(HEADING)[0]
    pictures = sorted(path.name for path in (page.parent / FIGURES).glob("accuracy-*.svg"))
    write_whole(page, f"{prose}{HEADING}\n{_errors_and_figures(rows, pictures)}")


def _errors_and_figures(rows: Sequence[ErrorRow], pictures: Iterable[str]) -> str:
    """Goals, then errors by data set, accelerator and LLM, kernels, figures."""
    parts = [markdown(_goal_rows(rows))]
    for part, words in PARTS_SHOWN.items():
        parts += [f"\n## By {words}\n", markdown(table_rows(rows, part))]
    parts += ["\n## Kernels\n", markdown(_kernel_rows())]
    parts += ["\n## Predicted against measured\n"]
    parts += [f"![{name.removesuffix('.svg')}]({FIGURES}/{name})\n" for name in pictures]
    return "\n".join(parts)


def _kernel_rows() -> Iterator[Row]:
    """What kernels reach of the data sheet, in percent."""
    for row in shipped_kernels():
        yield {
            "accelerator": row.accelerator,
            "kernel": row.kernel,
            "format": row.number_format,
            "bound": row.bound,
            "rows": row.rows,
            "reached_%": _percent(row.reached),
            "p10_%": _percent(row.low),
            "p90_%": _percent(row.high),
            "power_%": None if row.power is None else _percent(row.power),
        }


def _goal_rows(rows: Sequence[ErrorRow]) -> Iterator[Row]:
    """How many data sets keep each goal and beat each line, and the worst of them."""
    whole = [row for row in rows if row.part == "all"]
    main = best_line(rows)
    for goal in GOALS:
        its = [row for row in whole if row.line == main and row.quantity in goal.quantities]
        if its:
            worst = max(its, key=lambda row: row.median)
            yield {
                "quantity": goal.words,
                "median, at most": f"{_percent(goal.median):g} %",
                "90th percentile, at most": f"{_percent(goal.p90):g} %",
                "tables": len(its),
                "keep the median": sum(row.median <= goal.median for row in its),
                "keep the percentile": sum(row.p90 <= goal.p90 for row in its),
                **{f"beat the {line}": _beaten(its, whole, line) for line in REFERENCES},
                "worst median": f"{_percent(worst.median):g} % ({worst.dataset})",
            }


def _beaten(its: Sequence[ErrorRow], whole: Sequence[ErrorRow], line: Line) -> str:
    """In how many tables the median is below that of a line, of those that have the line."""
    reference = {(row.dataset, row.quantity): row.median for row in whole if row.line == line}
    pairs = [(row.median, reference.get((row.dataset, row.quantity))) for row in its]
    known = [(ours, theirs) for ours, theirs in pairs if theirs is not None]
    return f"{sum(ours < theirs for ours, theirs in known)} of {len(known)}"


def markdown(rows: Iterable[Row]) -> str:
    """A table in Markdown, numbers to the right."""
    rows = list(rows)
    if not rows:
        return "none\n"
    names = list(rows[0])
    right = [
        all(row[name] is None or isinstance(row[name], (int, float)) for row in rows)
        for name in names
    ]
    lines = [
        names,
        ["---:" if numeric else "---" for numeric in right],
        *([_cell(row[name]) for name in names] for row in rows),
    ]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _percent(fraction: float) -> float:
    """Of an error, to a tenth of a percent below ten percent and to a percent above."""
    percent = PERCENT * fraction
    return round(percent, 1) if abs(percent) < 10 else float(round(percent))
