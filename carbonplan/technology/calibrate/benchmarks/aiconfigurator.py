"""Tables of AIConfigurator: its results for aggregated serving, and its measured sample.

Results (``pareto.csv``, ``best_config_topn.csv``) are what AIConfigurator predicts from its own
kernel measurements; ``silicon_sample.csv`` holds measured runs. Both have a row for each
configuration, under different names for the same columns. Its power is left out: it is zero
where a kernel was measured without.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence

from carbonplan.catalogue.measurements import Measurement
from carbonplan.technology.calibrate.benchmarks.given import Given, Imported, card_of
from carbonplan.technology.calibrate.benchmarks.serving import UNDER_LOAD
from carbonplan.technology.calibrate.names import resolve_accelerator
from carbonplan.units import MS_PER_S

NAMES: Mapping[str, tuple[str, ...]] = {  # ours: as the tables call it
    "accelerator": ("system", "gpu"),
    "llm": ("model", "model_path", "model_id"),
    "precision": ("precision", "gemm", "gemm_quant_mode"),
    "tensor_parallel": ("tp", "tp_size", "tensor_parallel"),
    "pipeline_parallel": ("pp", "pp_size", "pipeline_parallel"),
    "input_tokens": ("isl", "input_tokens"),
    "output_tokens": ("osl", "output_tokens"),
    "batch": ("concurrency", "bs", "batch_size"),
    "ttft_ms": ("ttft", "silicon_ttft_ms", "ttft_ms"),
    "tpot_ms": ("tpot", "silicon_tpot_ms", "tpot_ms"),
    "attention_dp": ("dp", "attention_dp_size", "attention_dp"),
    "mode": ("mode",),
}
FROM_OPTIONS = ("accelerator", "llm", "precision", "tensor_parallel")
REQUIRED = ("input_tokens", "output_tokens", "batch", "ttft_ms", "tpot_ms")
PRECISIONS = (  # beginnings of the names of quantisation modes
    *(("bf", "bf16"), ("float16", "fp16"), ("fp16", "fp16"), ("fp8", "fp8")),
    *(("int8", "int8"), ("int4", "int4"), ("nvfp4", "fp4"), ("mxfp4", "fp4"), ("fp4", "fp4")),
)
LEAST_RUNNING = 0.7  # of the requests in the system; below, the queue is what was measured
LARGEST_TENSOR_PARALLEL = 8  # beyond, the tables count ranks of attention data parallelism


def is_aiconfigurator(header: Sequence[str]) -> bool:
    """Whether a header is one of AIConfigurator's."""
    return any(name in header for name in ("(p)tp", *NAMES["tpot_ms"]))


def read_rows(text: str, given: Given, source: str) -> tuple[Imported, list[str]]:
    """Rows of a table that the models can predict, and what is wrong with it."""
    reader = csv.DictReader(io.StringIO(text, newline=""))
    header = [name.strip() for name in reader.fieldnames or ()]
    found = {name: [one for one in known if one in header] for name, known in NAMES.items()}
    problems = _header_problems(header, found, given)
    if problems:
        return Imported(()), problems
    left_out: Counter[str] = Counter()
    rows: list[Measurement] = []
    for line, cells in enumerate(reader, start=2):
        row = {name: _first(cells, columns) for name, columns in found.items()}
        try:
            reason, measured = _measured(row, given, source)
        except ValueError as error:
            problems.append(f"line {line}: {error}")
            continue
        rows += measured
        left_out.update([reason] if reason else [])
    notes = tuple(f"{count} rows left out: {why}" for why, count in left_out.most_common())
    return Imported(tuple(rows), notes), problems


def _header_problems(
    header: Sequence[str], found: Mapping[str, Sequence[str]], given: Given
) -> list[str]:
    if "(p)tp" in header:
        return [
            "describes separate pools for prefill and decode; expected the table of "
            "aggregated serving"
        ]
    return [
        *(
            f"line 1: no column {' or '.join(NAMES[name])}"
            for name in REQUIRED
            if not found[name]
        ),
        *given.absent([name for name in FROM_OPTIONS if found[name]]),
    ]


def _first(cells: Mapping[str, str], columns: Sequence[str]) -> str:
    """The first cell that says something."""
    said = ((cells.get(column) or "").strip() for column in columns)
    return next((cell for cell in said if cell), "")


def _measured(
    row: Mapping[str, str], given: Given, source: str
) -> tuple[str, list[Measurement]]:
    """Why a row is left out, or its measurements; ValueError where a cell is wrong."""
    if row["mode"] not in ("", "agg"):
        return "prefill and decode in separate pools", []
    if (_number(row, "attention_dp") or 1.0) > 1.0:
        return "attention data parallelism", []
    place = _place(row)
    place = {**given.known(), **{name: value for name, value in place.items() if value}}
    for name in FROM_OPTIONS:
        if name not in place:
            return _unknown(name, row[name]), []
    if place["tensor_parallel"] > LARGEST_TENSOR_PARALLEL:
        return "tensor parallelism beyond a server", []
    return _times(row, place, source)


def _place(row: Mapping[str, str]) -> dict[str, object]:
    """Where a row says that it ran; what it leaves out is empty."""
    tensor_parallel = _number(row, "tensor_parallel")
    return {
        "accelerator": resolve_accelerator(row["accelerator"]),
        "llm": card_of(row["llm"]),
        "precision": _precision(row["precision"]),
        "tensor_parallel": tensor_parallel and int(tensor_parallel),
        "pipeline_parallel": int(_number(row, "pipeline_parallel") or 1),
    }


def _unknown(name: str, found: str) -> str:
    if not found:
        return f"{NAMES[name][0]} is empty; --{name.replace('_', '-')} says it"
    return f'{name} "{found}" is not in the catalogue'


def _times(
    row: Mapping[str, str], place: Mapping[str, object], source: str
) -> tuple[str, list[Measurement]]:
    """Time per output token of the sequences that run, and that of a prompt where few wait."""
    inputs, outputs, system = (
        _needed(row, name) for name in ("input_tokens", "output_tokens", "batch")
    )
    ttft_s, tpot_s = (_needed(row, name) / MS_PER_S for name in ("ttft_ms", "tpot_ms"))
    decoding_s = outputs * tpot_s
    running = system * decoding_s / (decoding_s + ttft_s)
    if system > UNDER_LOAD and running < LEAST_RUNNING * system:
        return "most requests wait in a queue", []
    run = {
        **place,
        "batch": max(running, 1.0),
        "input_tokens": inputs,
        "output_tokens": outputs,
        "source": source,
    }
    measured = [Measurement(**run, quantity="tpot_s", value=tpot_s)]
    if system <= UNDER_LOAD:
        measured.append(Measurement(**run, quantity="ttft_s", value=ttft_s))
    return "", measured


def _precision(mode: str) -> str | None:
    """Precision of a quantisation mode such as ``fp8_block``."""
    if not mode:
        return None
    for beginning, precision in PRECISIONS:
        if mode.lower().startswith(beginning):
            return precision
    raise ValueError(f'precision: found "{mode}"; expected one such as fp8, bfloat16, nvfp4')


def _needed(row: Mapping[str, str], name: str) -> float:
    number = _number(row, name)
    if number is None or not number > 0:
        raise ValueError(f'{NAMES[name][0]}: found "{row[name]}"; expected a number above 0')
    return number


def _number(row: Mapping[str, str], name: str) -> float | None:
    if not row[name]:
        return None
    try:
        number = float(row[name])
    except ValueError:
        number = float("nan")
    if not 0 <= number < float("inf"):
        raise ValueError(f'{NAMES[name][0]}: found "{row[name]}"; expected a number')
    return number
