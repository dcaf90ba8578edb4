"""Orders in which waiting requests are taken: one worker, three requests, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carbonplan.replay.arrays import EDF, FCFS, LLF, SRTF, Outcomes, Requests
from carbonplan.replay.engine import run
from tests.replay.regions import Like, all_open, kinds_of, one_way, requests_of, rules_of

# Each token takes a second, the first included. One request is at work when two others come.
THREE = requests_of(
    [0.0, 1.0, 2.0],
    output=[6, 4, 2],
    deadline_s=[30.0, 11.0, 11.0],
)


def outcomes(requests: Requests, like: Like | None = None, **rules: object) -> Outcomes:
    kinds = kinds_of([like or Like()])
    return run(requests, kinds, all_open(kinds), one_way(kinds), rules_of(**rules), 1)


@pytest.mark.parametrize(
    ("order", "done_s"),
    [
        (FCFS, [6.0, 10.0, 12.0]),
        (SRTF, [6.0, 12.0, 8.0]),
        (EDF, [6.0, 10.0, 12.0]),
        (LLF, [6.0, 10.0, 12.0]),  # deadlines less tokens: 24, 7, 9
    ],
)
def test_who_is_next(order, done_s):
    found = outcomes(THREE, order=order)
    assert found.done_s.tolist() == done_s
    assert found.preemptions.sum() == 0


def test_laxity_is_not_the_deadline():
    requests = THREE._replace(deadline_s=np.array([30.0, 12.0, 11.0]))
    assert outcomes(requests, order=EDF).done_s.tolist() == [6.0, 12.0, 8.0]
    # less their tokens deadlines are 8 and 9: the longer one has less time to lose
    assert outcomes(requests, order=LLF).done_s.tolist() == [6.0, 10.0, 12.0]


@pytest.mark.parametrize(
    ("order", "done_s", "preemptions"),
    [
        (FCFS, [6.0, 10.0, 12.0], [0, 0, 0]),
        # the first has 5 tokens to go when one of 4 comes, this has 3 when one of 2 comes
        (SRTF, [12.0, 7.0, 4.0], [1, 1, 0]),
        (EDF, [12.0, 5.0, 7.0], [1, 0, 0]),
        # less their tokens: 25 and 7 at 1 s; the second has 10 at 4 s, the third 9; at 5 s
        # both have 10, and the second's number is lower
        (LLF, [12.0, 6.0, 7.0], [1, 1, 1]),
    ],
)
def test_who_takes_the_place_of_whom(order, done_s, preemptions):
    found = outcomes(THREE, order=order, preempts=True, keeps_cache=True)
    assert found.done_s.tolist() == done_s
    assert found.preemptions.tolist() == preemptions


def test_a_lost_cache_is_computed_again_with_the_tokens_that_were_made():
    like = Like(per_prompt_s=0.5, alone_s=0.0)
    requests = requests_of([0.0, 3.0], prompt=[4, 2], output=[3, 1], deadline_s=[9.0, 5.0])
    found = outcomes(requests, like, order=EDF, preempts=True)
    # prompt 2 s, a token 1 s, the other's prompt 1 s, 4 + 2 tokens again 3 s: the third token
    assert found.first_s.tolist() == [2.0, 4.0]
    assert found.done_s.tolist() == [7.0, 4.0]
    assert found.longest_gap_s.tolist() == [4.0, 0.0]
    found = outcomes(requests, like, order=EDF, preempts=True, keeps_cache=True)
    assert found.done_s.tolist() == [5.0, 4.0]


def test_a_prompt_in_chunks_is_kept_or_begun_again():
    like = Like(per_prompt_s=0.5, alone_s=0.0)
    requests = requests_of([0.0, 0.5], prompt=[5, 2], output=1, deadline_s=[9.0, 5.0])
    rules = {"order": EDF, "preempts": True, "chunk_tokens": 2}
    # 2 tokens, the other's 2, then 5 in three iterations, the last as a sequence's token
    assert outcomes(requests, like, **rules).done_s.tolist() == [5.0, 2.0]
    assert outcomes(requests, like, **rules, keeps_cache=True).done_s.tolist() == [4.0, 2.0]


def test_priority_comes_before_the_order():
    requests = THREE._replace(priority=np.array([0, 1, 0]))
    assert outcomes(requests).done_s.tolist() == [6.0, 12.0, 8.0]
    urgent = THREE._replace(priority=np.array([2, 1, 0]))
    found = outcomes(urgent, preempts=True, keeps_cache=True)
    assert found.done_s.tolist() == [12.0, 7.0, 4.0]
    assert outcomes(urgent).done_s.tolist() == [6.0, 12.0, 8.0]


def test_lengths_are_what_the_scheduler_believes():
    requests = THREE._replace(expected=np.array([6.0, 1.0, 2.0]))
    assert outcomes(requests, order=SRTF).done_s.tolist() == [6.0, 10.0, 12.0]


def test_nobody_is_put_back_in_vain():
    like = Like(slots=3, room=20)
    # the third needs 15 tokens; the second, which comes after it, holds too few until the
    # first is done
    requests = requests_of(
        [0.0, 0.0, 1.0], prompt=[10, 2, 14], output=[3, 9, 1], deadline_s=[5.0, 99.0, 9.0]
    )
    found = outcomes(requests, like, order=EDF, preempts=True)
    assert found.done_s.tolist() == [3.0, 10.0, 4.0]
    assert found.preemptions.tolist() == [0, 1, 0]


def test_several_take_the_places_of_several_at_once():
    like = Like(slots=2)
    requests = requests_of(
        [0.0, 0.0, 1.0, 1.0], output=[5, 5, 2, 2], deadline_s=[50.0, 50.0, 9.0, 9.0]
    )
    found = outcomes(requests, like, order=EDF, preempts=True, keeps_cache=True)
    assert found.done_s.tolist() == [7.0, 7.0, 3.0, 3.0]


JOBS = st.lists(
    st.tuples(st.integers(0, 12), st.integers(1, 5), st.integers(0, 9)), min_size=1, max_size=7
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(jobs=JOBS)
@pytest.mark.parametrize("order", [EDF, LLF])
def test_deadlines_are_met_whenever_a_schedule_exists(order, jobs):
    release, tokens, slack = np.array(sorted(jobs)).T
    deadline = release + tokens + slack
    requests = requests_of(release, output=tokens, deadline_s=deadline)
    found = outcomes(requests, order=order, preempts=True, keeps_cache=True)
    is_met = bool((found.done_s <= deadline).all())
    assert is_met == has_schedule(release, tokens, deadline)


def has_schedule(release: np.ndarray, tokens: np.ndarray, deadline: np.ndarray) -> bool:
    """Whether no interval holds more work than time: one worker, free to preempt."""
    return all(
        tokens[(release >= start) & (deadline <= end)].sum() <= end - start
        for start in release
        for end in deadline
        if end > start
    )
