"""Micro-batches over stages: who is launched when, counted by hand."""

import numpy as np
import pytest

from carbonplan.technology.calibrate.micro_batches import (
    MICRO_BATCHES,
    QUEUED_LAUNCHES,
    overlapped_share,
    stage_launches,
)


def launched_one_by_one(count: int, stages: int, launches: int) -> float:
    """The same by following a thread launch by launch, every launch as long as another."""
    done = np.zeros((stages, count * launches + 1))
    thread = 0.0
    for batch in range(count):
        for stage in range(stages):
            if stage == 0 and batch >= MICRO_BATCHES:
                thread = max(thread, done[-1, int(batch + 1 - MICRO_BATCHES) * launches])
            before = done[stage - 1, (batch + 1) * launches] if stage else 0.0
            for launch in range(batch * launches, (batch + 1) * launches):
                waited = launch - int(QUEUED_LAUNCHES)
                thread = max(thread, done[stage, waited + 1] if waited >= 0 else 0.0)
                start = max(done[stage, launch], before, thread)
                done[stage, launch + 1] = start + 1.0
    return done[-1, -1] / (count * stages * launches)


@pytest.mark.parametrize(
    ("layers", "narrow", "launches"), [(8.0, False, 8 * 47), (20.0, True, 20 * 54)]
)
def test_weights_that_are_widened_first_take_one_launch_more(layers, narrow, launches):
    assert stage_launches(layers, np.array(narrow)) == launches


@pytest.mark.parametrize(
    ("count", "stages", "launches", "share"),
    [
        (1, 4, 300, 1.0),  # one alone goes from stage to stage
        (8, 1, 300, 1.0),
        (8, 4, 300, 11 / 32),  # all fit the queues: 8 + 4 - 1 turns of 32
        (8, 2, 512, 9 / 16),
        (5, 8, 200, 16 / 40),  # four in work, the fifth starts when the first is done
        (3, 4, 2048, (4 + 2 * 3.5) / 12),  # half of one fits a queue: each is 3.5 turns later
        (16, 4, 1024, (4 + 7 * 4 + 1) / 64),  # pairs, one every 4 turns
    ],
)
def test_turns_by_hand(count, stages, launches, share):
    assert overlapped_share(*np.array([count, stages, launches])) == pytest.approx(share)


@pytest.mark.parametrize("stages", [2, 4, 6])
@pytest.mark.parametrize("launches", [280, 430, 700, 1060, 1500])
def test_turns_are_those_of_a_thread_that_is_followed(stages, launches):
    turns = overlapped_share(*np.array([9.0, stages, launches]))
    assert turns == pytest.approx(launched_one_by_one(9, stages, launches), rel=0.02)


def test_longer_prompts_never_take_less_and_more_launches_never_less():
    count = np.linspace(1.0, 20.0, 400)
    for stages in (1.0, 2.0, 4.0, 8.0):
        for launches in (200.0, 500.0, 1000.0, 3000.0):
            assert (np.diff(count * overlapped_share(count, stages, launches)) >= 0).all()
