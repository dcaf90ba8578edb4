r"""A run of requests against a server, as its client saw it, and what it measures.

By Little's law a rate of :math:`\lambda` requests per second that each take
:math:`(n_{out} - 1)\,t_{tpot}` to be decoded keeps

.. math:: B = \lambda\,(n_{out} - 1)\,t_{tpot}

sequences running: this is the batch of the time per output token, whatever the client's limit
on concurrency. With the time to first token, :math:`\lambda\,(t_{ttft} + (n_{out} - 1)\,
t_{tpot})` requests are in the system; where these are few, hardly anybody waits, and the time
to first token is that of a prompt.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from carbonplan.catalogue.measurements import Measurement

UNDER_LOAD = 4.0  # requests in the system up to which hardly anybody waits


@dataclass(frozen=True)
class ServingRun:
    """Means over the requests of one run."""

    where: str  # in the file
    model: str | None
    requests_per_s: float
    input_tokens: float
    output_tokens: float
    ttft_s: float
    tpot_s: float | None  # None: nobody asked for more than one token

    @property
    def decoding_s(self) -> float:
        return (self.output_tokens - 1.0) * (self.tpot_s or 0.0)

    @property
    def batch(self) -> float:
        return max(self.requests_per_s * self.decoding_s, 1.0)

    @property
    def in_system(self) -> float:
        return self.requests_per_s * (self.ttft_s + self.decoding_s)

    @property
    def ttft_counts(self) -> bool:
        """Whether the time to first token is that of a prompt and not of a queue."""
        return self.in_system <= UNDER_LOAD

    def measurements(self, place: Mapping[str, object], source: str) -> Iterator[Measurement]:
        """Rows of the run on what ``place`` names: accelerator, LLM, precision, parallelism."""
        run = {
            **place,
            "batch": self.batch,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "source": source,
        }
        if self.tpot_s is not None:
            yield Measurement(**run, quantity="tpot_s", value=self.tpot_s)
        if self.ttft_counts:
            yield Measurement(**run, quantity="ttft_s", value=self.ttft_s)


class Numbers:
    """Numbers of a nested mapping by path; every one that is wrong becomes a problem."""

    def __init__(self, document: Mapping[str, object], where: str) -> None:
        self.document = document
        self.where = where
        self.problems: list[str] = []

    def positive(self, *path: str, least: float = 0.0) -> float:
        """The number at a path, above ``least``; NaN and a problem where there is none."""
        found: object = self.document
        for key in path:
            found = found.get(key) if isinstance(found, Mapping) else None
        number = isinstance(found, (int, float)) and not isinstance(found, bool)
        if number and math.isfinite(found) and found > least:
            return float(found)
        said = "is missing" if found is None else f'found "{str(found)[:40]}"'
        name = ".".join(path)
        self.problems.append(f"{self.where}{name}: {said}; expected a number above {least:g}")
        return math.nan
