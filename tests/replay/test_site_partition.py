"""Replicas divided among classes by length."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from carbonplan.replay.partition import apportioned, divided
from carbonplan.replay.samples import Running

TOKENS = np.array([4000.0, 100.0, 900.0])
BUSY = np.array([[1.0, 2.0], [5.0, 3.0], [2.0, 1.0]])
RUNNING = Running(
    engine="llm@sku:tp1:fp8",
    planned=np.array([16.0, 12.0]),
    sampled=np.array([8.0, 6.0]),
    part=np.array([0.5, 0.5]),
    load_rps=10.0 * BUSY,
    busy=BUSY,
    planned_kw=BUSY,
)


def test_each_group_gets_replicas_by_its_work():
    parts = list(divided(RUNNING, TOKENS, whole=False))
    assert [one.sampled.tolist() for one in parts] == [[5, 3], [2, 1], [1, 2]]
    assert [np.flatnonzero(one.busy.sum(axis=1)).tolist() for one in parts] == [[1], [2], [0]]


def test_nothing_is_lost():
    parts = list(divided(RUNNING, TOKENS, whole=False))
    for name in ("planned", "sampled", "load_rps", "busy", "planned_kw"):
        total = sum(getattr(one, name) for one in parts)
        assert total == pytest.approx(getattr(RUNNING, name))


def test_no_more_groups_than_replicas():
    few = replace(RUNNING, sampled=np.array([8.0, 2.0]))
    parts = list(divided(few, TOKENS, whole=False))
    assert [np.flatnonzero(one.busy.sum(axis=1)).tolist() for one in parts] == [[1], [0, 2]]
    assert list(divided(RUNNING, TOKENS, whole=True)) == [RUNNING]


def test_one_each_then_to_whom_most_are_missing():
    assert apportioned(5, np.array([0.0, 9.0, 1.0])).tolist() == [1, 3, 1]
    assert apportioned(0, np.array([1.0, 1.0])).tolist() == [0, 0]
    assert apportioned(4, np.zeros(2)).tolist() == [2, 2]
