"""A small plan with its inputs, solved once, and traces to replay on it."""

from __future__ import annotations

import functools

import numpy as np

from carbonplan import pipeline
from carbonplan.catalogue.inputs import Inputs
from carbonplan.cli.loading import load
from carbonplan.plan import Plan
from carbonplan.replay.traffic import Trace

SMALL = (
    *("fleet.skus=[h100-sxm-8]", "fleet.clock_fractions=[0.8]"),
    *("fleet.tensor_parallel=[1]", "fleet.precisions=[fp8]"),
)


@functools.cache
def one_hour(*overrides: str) -> tuple[Inputs, Plan]:
    """The shipped scenario of one hour with one engine at one clock."""
    prepared = pipeline.prepare(load("one-hour", (*SMALL, *overrides)), pipeline.Options())
    return prepared.inputs, prepared.plan(prepared.solution())


def poisson_trace(count: int = 4000, rps: float = 5.0, seed: int = 0) -> Trace:
    """Requests at random, with lengths of many sizes."""
    draw = np.random.default_rng(seed)
    prompt = np.exp(draw.normal(6.7, 0.8, count)).astype(np.int64) + 1
    output = np.exp(draw.normal(5.0, 0.6, count)).astype(np.int64) + 1
    time_s = np.cumsum(draw.exponential(1.0 / rps, count))
    none = np.zeros(count, dtype=np.int64)
    return Trace(time_s, np.minimum(prompt, 6000), output, none, ("",), "random")


def alike_trace(prompt: int, output: int, count: int = 500, rps: float = 5.0) -> Trace:
    """The same request again and again, at even distances."""
    alike = np.ones(count, dtype=np.int64)
    time_s = np.arange(count) / rps
    return Trace(time_s, alike * prompt, alike * output, 0 * alike, ("",), "alike")
