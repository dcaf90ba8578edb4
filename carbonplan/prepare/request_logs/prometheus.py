"""Metrics of serving engines: vLLM's histograms and counters, as scraped or as queried.

A scrape of ``/metrics`` tells how many requests of each length there have been since the server
started. An answer of ``query_range`` in JSON tells what its counters came to over time: what
they rose by between two samples arrived between them, and a counter that falls was restarted. A
series without a metric name is a rate in requests/s, as ``sum(rate(...))`` gives it.

Requests of one bucket are as long as its bounds say and no better: all buckets are entered at
the same fraction of their width, at which the mean is that of the metric's own sum.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from carbonplan.catalogue.cells import told
from carbonplan.catalogue.shipped import shown
from carbonplan.catalogue.tables import refuse, shortened
from carbonplan.catalogue.text import read_text
from carbonplan.errors import InvalidInput
from carbonplan.prepare.request_logs.counting import Batch
from carbonplan.prepare.request_logs.csv_rows import independent
from carbonplan.units import SECONDS_PER_HOUR

LIMIT_BYTES = 200_000_000
REASON_CHARACTERS = 120
PROMPT, GENERATION = "vllm:request_prompt_tokens", "vllm:request_generation_tokens"
SUCCESS = "vllm:request_success_total"
WORKLOAD_LABEL = "model_name"
SAMPLE = re.compile(r"([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?\s*")
LABEL = re.compile(r'\s*([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"\s*(?:,|$)')


@dataclass(frozen=True)
class Sample:
    """Values of one series: name, labels, and what it came to, (time,)."""

    metric: str
    labels: Mapping[str, str]
    time_s: NDArray[np.float64]
    values: NDArray[np.float64]

    @property
    def workload(self) -> str:
        """The LLM that is served, where the series says."""
        return self.labels.get(WORKLOAD_LABEL, "")

    @property
    def risen(self) -> NDArray[np.float64]:
        """What a counter rose by up to each time after the first; restarted, its value."""
        steps = np.diff(self.values)
        return np.where(steps < 0, self.values[1:], steps)


def scraped_batches(path: Path) -> Iterator[Batch]:
    """Lengths of the requests that a scrape of ``/metrics`` counts."""
    samples, problems = [], []
    for number, line in enumerate(read_text(path, LIMIT_BYTES).splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        sample = _scraped(line)
        if sample is None:
            problems.append(
                f'line {number}: found "{shortened(line)}"; expected name{{labels}} value'
            )
        elif sample.metric.startswith((PROMPT, GENERATION)):
            samples.append(sample)
    refuse(path, told(problems))
    yield from _lengths(path, samples)


def queried_batches(path: Path) -> Iterator[Batch]:
    """Lengths and arrivals that answers of ``query_range`` hold."""
    samples = _queried(path)
    histograms = [one for one in samples if one.metric.startswith((PROMPT, GENERATION))]
    arrivals = [one for one in samples if one.metric in (SUCCESS, "")]
    if not histograms and not arrivals:
        found = ", ".join(sorted({shortened(one.metric) for one in samples})) or "none"
        refuse(
            path,
            [
                f"metrics found: {found}; expected {SUCCESS}, {PROMPT}_bucket, "
                f"{GENERATION}_bucket, or a rate without a name"
            ],
        )
    if histograms:
        yield from _lengths(path, histograms)
    for sample in arrivals:
        yield _arrivals(path, sample)


def _scraped(line: str) -> Sample | None:
    match = SAMPLE.fullmatch(line)
    if match is None:
        return None
    labels = _labels(match[2] or "")
    try:
        value = float(match[3])
    except ValueError:
        return None
    if labels is None or "_" in match[3]:
        return None
    return Sample(match[1], labels, np.zeros(2), np.array([0.0, value]))


def _labels(text: str) -> dict[str, str] | None:
    labels, at = {}, 0
    while at < len(text):
        match = LABEL.match(text, at)
        if match is None:
            return None
        labels[match[1]] = re.sub(r"\\(.)", r"\1", match[2])
        at = match.end()
    return labels


def _queried(path: Path) -> list[Sample]:
    """Series of an answer in the shape that Prometheus gives it."""
    try:
        document = json.loads(read_text(path, LIMIT_BYTES))
        status = document["status"]
        kind = document["data"]["resultType"]
        if status != "success" or kind != "matrix":
            refuse(
                path,
                [
                    f"status {shortened(str(status))}, resultType {shortened(str(kind))}; "
                    "expected success and matrix, as query_range answers"
                ],
            )
        return [_series(one) for one in document["data"]["result"]]
    except json.JSONDecodeError as error:
        reason = f"line {error.lineno}: is no JSON: {error.msg}"
    except RecursionError:
        reason = "is nested too deeply"
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        reason = f"is no answer of query_range: {str(error)[:REASON_CHARACTERS]}"
    raise InvalidInput(shown(path), [reason])


def _series(found: Mapping) -> Sample:
    labels = {str(name): str(value) for name, value in found["metric"].items()}
    pairs = [(float(time), float(value)) for time, value in found["values"]]
    values = np.array(pairs, dtype=float).reshape(-1, 2)
    if not np.isfinite(values).all():
        raise ValueError("a sample that is no finite number")
    if (np.diff(values[:, 0]) <= 0).any():
        raise ValueError("samples that are not in order of time")
    return Sample(labels.pop("__name__", ""), labels, values[:, 0], values[:, 1])


def _arrivals(path: Path, sample: Sample) -> Batch:
    """Requests between each two samples of a counter or a rate."""
    covered_s = np.diff(sample.time_s)
    if not covered_s.size or covered_s.max() > SECONDS_PER_HOUR:
        most = f"{covered_s.max():g} s apart" if covered_s.size else "only one"
        refuse(path, [f"samples {most}; expected two or more, an hour apart at most"])
    requests = sample.risen if sample.metric else sample.values[:-1] * covered_s
    if (requests < 0).any():
        refuse(path, ["a negative rate; expected 0 or more"])
    return Batch(sample.workload, sample.time_s[:-1], None, requests, covered_s)


def _lengths(path: Path, samples: Sequence[Sample]) -> Iterator[Batch]:
    """Lengths by workload; both histograms must be there."""
    by_workload: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        by_workload[sample.workload].append(sample)
    problems = [
        f'{metric}_bucket is missing for {WORKLOAD_LABEL} "{shortened(name)}"'
        for name, mine in by_workload.items()
        for metric in (PROMPT, GENERATION)
        if not any(one.metric == f"{metric}_bucket" for one in mine)
    ]
    if not by_workload:
        problems = [f"{metric}_bucket is missing" for metric in (PROMPT, GENERATION)]
    refuse(path, problems)
    for name, mine in by_workload.items():
        yield independent(name, *(_bins(path, mine, metric) for metric in (PROMPT, GENERATION)))


def _bins(path: Path, samples: Sequence[Sample], metric: str) -> NDArray[np.float64]:
    """Tokens and requests of each bucket of a histogram, (bucket, 2)."""
    upto: dict[float, float] = defaultdict(float)
    for one in samples:
        if one.metric == f"{metric}_bucket" and "le" in one.labels:
            upto[_bound(path, one.labels["le"])] += float(one.risen.sum())
    bounds = np.array(sorted(upto))
    requests = np.maximum(np.diff([0.0, *(upto[bound] for bound in bounds)]), 0.0)
    low = np.concatenate([[0.0], bounds[:-1]])
    high = np.where(np.isinf(bounds), 2 * low, bounds)
    told_tokens = sum(one.risen.sum() for one in samples if one.metric == f"{metric}_sum")
    width = float((requests * (high - low)).sum())
    middle = 0.5
    if told_tokens > 0 and width > 0:
        middle = float(np.clip((told_tokens - (requests * low).sum()) / width, 0.01, 1.0))
    tokens = np.maximum(low + middle * (high - low), 1.0)
    return np.column_stack([tokens, requests])[requests > 0]


def _bound(path: Path, text: str) -> float:
    try:
        bound = float(text)
    except ValueError:
        bound = float("nan")
    if not bound > 0:
        refuse(path, [f'bucket "{shortened(text)}"; expected le to be a number above 0'])
    return bound
