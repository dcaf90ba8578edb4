"""Request classes: a trace of lengths cut into a few classes of like requests.

The class in which lengths differ most is cut in two, again and again, where the sum of squares
of the square roots of input and output tokens, each relative to its mean, falls most: roots,
because the few longest requests would else take all the cuts, and logarithms would spend them
on the shortest, which are no work. Means are taken within each class, so that the mean tokens
of all requests stay what they were.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from carbonplan.catalogue.records import Evidence, RequestClass
from carbonplan.errors import InvalidInput
from carbonplan.prepare.trace import read_columns

INPUT, OUTPUT = "input_tokens", "output_tokens"
LEAST_SHARE = 0.05
SHARE_DIGITS = 8
TOKEN_DIGITS = 4


@dataclass(frozen=True)
class Lengths:
    """Lengths of requests, each with how many requests it stands for, (request,).

    Attributes
    ----------
    tokens
        Input and output tokens, (request, 2).
    weight
        Requests of this length, in any unit, (request,).
    dropped
        Share of the requests that was left out, having no input or no output [1].
    """

    tokens: NDArray[np.float64]
    weight: NDArray[np.float64]
    dropped: float


def read_lengths(path: Path) -> Lengths:
    """Lengths of a request log with columns ``input_tokens`` and ``output_tokens``."""
    columns = read_columns(path, (INPUT, OUTPUT))
    tokens = np.column_stack([columns[INPUT], columns[OUTPUT]])
    return _served(tokens, np.ones(len(tokens)))


def read_histograms(path: Path, workload: str) -> Lengths:
    """Lengths of a service whose input and output were published as two histograms.

    Nothing says which inputs go with which outputs: they are taken as independent.
    """
    low, share = "mean_tokens_in_bin", "requests_frac"
    sides = [
        read_columns(path, (low, share), {"workload": workload, "field": field})
        for field in (INPUT, OUTPUT)
    ]
    tokens = np.stack(np.meshgrid(*(side[low] for side in sides), indexing="ij"), axis=-1)
    return _served(tokens.reshape(-1, 2), np.outer(*(side[share] for side in sides)).ravel())


def request_classes(
    lengths: Lengths, service: str, count: int, *, evidence: Evidence, source: str
) -> list[RequestClass]:
    """At most ``count`` classes in order of input, then output tokens.

    A trace of few different lengths gives fewer; no class is smaller than 5 % of the requests.
    """
    if count < 1:
        raise InvalidInput("classes", [f"found {count}; expected at least 1"])
    groups = [np.arange(len(lengths.weight))]
    while len(groups) < count and (cut := _best_cut(lengths, groups)):
        at, low, high = cut
        groups[at : at + 1] = [low, high]
    shares = np.array([lengths.weight[group].sum() for group in groups])
    shares = _rounded_shares(shares / shares.sum())
    rows = sorted(
        (*np.average(lengths.tokens[group], axis=0, weights=lengths.weight[group]), share)
        for group, share in zip(groups, shares, strict=True)
    )
    return [
        RequestClass(
            service=service,
            request_class=f"{input_tokens:.0f}in-{output_tokens:.0f}out",
            input_tokens=round(input_tokens, TOKEN_DIGITS),
            output_tokens=round(output_tokens, TOKEN_DIGITS),
            share=share,
            evidence=evidence,
            source=source,
        )
        for input_tokens, output_tokens, share in rows
    ]


@dataclass(frozen=True)
class ClassErrors:
    """What is lost when classes stand for requests: relative errors of means [1].

    Work grows with tokens, attention with their squares and products.
    """

    input_tokens: float
    output_tokens: float
    input_squared: float
    output_squared: float
    input_times_output: float


def class_errors(lengths: Lengths, rows: Sequence[RequestClass]) -> ClassErrors:
    """Errors of the classes of a log, over its requests."""
    tokens = np.array([[row.input_tokens, row.output_tokens] for row in rows])
    found = _moments(tokens, np.array([row.share for row in rows]))
    true = _moments(lengths.tokens, lengths.weight)
    return ClassErrors(*(found / true - 1).tolist())


def _moments(tokens: NDArray[np.float64], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    inputs, outputs = tokens.T
    each = np.stack([inputs, outputs, inputs**2, outputs**2, inputs * outputs])
    return each @ (weight / weight.sum())


def write_classes(rows: Iterable[RequestClass], path: Path) -> None:
    """Table of classes as ``data/requests/classes.csv`` holds it."""
    path.write_text(classes_text(rows), encoding="utf-8", newline="")


def classes_text(rows: Iterable[RequestClass]) -> str:
    """The same table as text."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(RequestClass.model_fields)
    for row in rows:
        writer.writerow(
            [
                row.service,
                row.request_class,
                f"{row.input_tokens:.{TOKEN_DIGITS}f}",
                f"{row.output_tokens:.{TOKEN_DIGITS}f}",
                f"{row.share:.{SHARE_DIGITS}f}",
                row.evidence,
                row.source,
            ]
        )
    return file.getvalue()


def _served(tokens: NDArray[np.float64], weight: NDArray[np.float64]) -> Lengths:
    """Lengths with an input and an output; a request without either is no load."""
    kept = (tokens > 0).all(axis=1) & (weight > 0)
    if not kept.any():
        raise InvalidInput("classes", ["no request has both input and output tokens"])
    dropped = float(weight[~kept].sum() / weight.sum())
    return Lengths(tokens[kept], weight[kept], dropped)


def _best_cut(
    lengths: Lengths, groups: Sequence[NDArray[np.int64]]
) -> tuple[int, NDArray[np.int64], NDArray[np.int64]] | None:
    """The cut of one group along one axis that makes the groups most alike within."""
    cuts = [
        (gain, at, low, high)
        for at, group in enumerate(groups)
        for axis in (0, 1)
        for gain, low, high in _cut(lengths, group, axis)
    ]
    if not cuts:
        return None
    _, at, low, high = max(cuts, key=lambda cut: cut[0])
    return at, low, high


def _cut(
    lengths: Lengths, group: NDArray[np.int64], axis: int
) -> list[tuple[float, NDArray[np.int64], NDArray[np.int64]]]:
    r"""The best cut along an axis: its gain, and the two halves; none if none is allowed.

    With :math:`W` and :math:`S` the sums of weights and of weighted roots of a half, the sum of
    squares falls by :math:`S_1^2 / W_1 + S_2^2 / W_2 - S^2 / W`, over both axes.
    """
    order = group[np.argsort(lengths.tokens[group, axis], kind="stable")]
    weight = lengths.weight[order]
    weights = np.cumsum(weight)
    sums = np.cumsum(weight[:, None] * _roots(lengths)[order], axis=0)
    least = LEAST_SHARE * lengths.weight.sum()
    rises = np.diff(lengths.tokens[order, axis]) > 0
    after = np.flatnonzero(
        rises & (weights[:-1] >= least) & (weights[-1] - weights[:-1] >= least)
    )
    if not after.size:
        return []
    low = (sums[after] ** 2).sum(axis=1) / weights[after]
    high = ((sums[-1] - sums[after]) ** 2).sum(axis=1) / (weights[-1] - weights[after])
    gain = low + high - (sums[-1] ** 2).sum() / weights[-1]
    best = int(np.argmax(gain))
    at = after[best] + 1
    return [(float(gain[best]), order[:at], order[at:])]


def _roots(lengths: Lengths) -> NDArray[np.float64]:
    """Square roots of tokens relative to their mean, (request, 2)."""
    return np.sqrt(lengths.tokens / np.average(lengths.tokens, axis=0, weights=lengths.weight))


def _rounded_shares(shares: NDArray[np.float64]) -> list[float]:
    """Shares of a few digits that sum to 1; the largest takes what rounding leaves."""
    rounded = np.round(shares, SHARE_DIGITS)
    rounded[np.argmax(rounded)] += 1 - rounded.sum()
    return [round(float(share), SHARE_DIGITS) for share in rounded]
