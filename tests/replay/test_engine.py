"""The event loop on cases that are worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from carbonplan.replay.arrays import (
    CLOSE,
    DECODE,
    DONE,
    OPEN,
    PREFILL,
    REFUSED,
    SET_CLOCK,
    SHORTEST,
    SHORTEST_ANYWHERE,
    WAITING,
    Controls,
    Outcomes,
    Requests,
    Routes,
)
from carbonplan.replay.engine import run
from tests.replay.regions import Like, all_open, kinds_of, one_way, requests_of, rules_of


def outcomes(
    requests: Requests,
    *likes: Like,
    controls: Controls | None = None,
    routes: Routes | None = None,
    minutes: int = 1,
    **rules: object,
) -> Outcomes:
    kinds = kinds_of(likes)
    controls = controls or all_open(kinds)
    return run(requests, kinds, controls, routes or one_way(kinds), rules_of(**rules), minutes)


def controls(*rows: tuple[float, int, int, float]) -> Controls:
    """Time, replica, action, clock."""
    time_s, replica, action, clock = zip(*rows, strict=True)
    return Controls(np.array(time_s), np.array(replica), np.array(action), np.array(clock))


def test_three_requests_one_after_another():
    found = outcomes(requests_of([0.0, 0.5, 0.5], output=[2, 1, 3]), Like())
    assert found.first_s.tolist() == [1.0, 3.0, 4.0]
    assert found.done_s.tolist() == [2.0, 3.0, 6.0]
    assert found.begun_s.tolist() == [0.0, 2.0, 3.0]
    assert found.state.tolist() == [DONE] * 3


def test_a_batch_is_joined_at_the_end_of_an_iteration():
    like = Like(slots=2, per_prompt_s=0.25)
    found = outcomes(requests_of([0.0, 1.5], prompt=[4, 8], output=[4, 2]), like)
    # 1: prompt alone, 1 + 4 x 0.25 = 2 s; 2: a token and the other's prompt, 1 + 2 = 3 s; 3, 4
    assert found.first_s.tolist() == [2.0, 5.0]
    assert found.done_s.tolist() == [7.0, 6.0]
    assert found.longest_gap_s.tolist() == [3.0, 1.0]


def test_who_comes_at_the_end_of_an_iteration_joins_the_next():
    found = outcomes(requests_of([0.0, 3.0], output=[5, 1]), Like(slots=2))
    assert found.first_s.tolist() == [1.0, 4.0]


def test_who_come_together_begin_together():
    found = outcomes(requests_of([2.0, 2.0, 2.0]), Like(slots=3, admission_s=0.5))
    assert found.first_s.tolist() == [4.5] * 3


def test_prompts_in_chunks_share_iterations_with_sequences():
    like = Like(slots=2, per_prompt_s=0.5, alone_s=0.0)
    requests = requests_of([0.0, 1.0], prompt=[2, 7], output=[5, 1])
    found = outcomes(requests, like, chunk_tokens=4)
    # 2 of a prompt: 1 s; then a token beside 3 of 7: 2.5 s, 3: 2.5 s, the last as a sequence
    assert found.first_s.tolist() == [1.0, 7.0]
    assert found.done_s.tolist() == [8.0, 7.0]


def test_chunks_go_to_prompts_in_the_order_in_which_they_joined():
    like = Like(slots=3, per_prompt_s=1.0, alone_s=0.0)
    requests = requests_of([0.0, 0.0, 0.0], prompt=[2, 3, 3], output=1)
    found = outcomes(requests, like, chunk_tokens=4)
    # 2 of the first and 2 of the second; 3 of the third beside the last token of the second,
    # which counts as a sequence
    assert found.done_s.tolist() == [4.0, 8.0, 8.0]


def test_memory_that_runs_out_puts_the_last_back():
    like = Like(slots=2, room=10)
    found = outcomes(requests_of([0.0, 0.0], prompt=3, output=4), like)
    # both hold 4, then 5, and would hold 6 each in the third iteration
    assert found.preemptions.tolist() == [0, 1]
    assert found.done_s.tolist() == [4.0, 6.0]
    assert found.longest_gap_s.tolist() == [1.0, 3.0]


def test_what_never_fits_is_refused():
    found = outcomes(requests_of([0.0, 0.0], prompt=[8, 3], output=[3, 3]), Like(room=10))
    assert found.state.tolist() == [REFUSED, DONE]
    assert found.done_s[1] == 3.0


def test_a_cache_travels_from_prefill_to_decode():
    prefill = Like(role=PREFILL, per_prompt_s=0.125, alone_s=0.5, moved_s=0.25)
    decode = Like(role=DECODE, slots=2)
    requests = requests_of([0.0, 0.0], prompt=[4, 8], output=[3, 2])
    found = outcomes(requests, prefill, decode)
    # prompts end at 1 and 2.5 s, caches arrive at 2 and 4.5 s; the second joins at 5 s
    assert found.first_s.tolist() == [3.0, 6.0]
    assert found.done_s.tolist() == [5.0, 7.0]
    assert found.replica.tolist() == [1, 1]


def test_a_replica_that_closes_finishes_and_hands_over():
    like = Like(replicas=2)
    requests = requests_of([0.0, 1.0], output=[4, 2])
    rows = ((0.0, 0, OPEN, 1.0), (2.0, 1, OPEN, 1.0), (2.0, 0, CLOSE, 1.0))
    found = outcomes(requests, like, controls=controls(*rows))
    assert found.replica.tolist() == [0, 1]
    assert found.done_s.tolist() == [4.0, 4.0]


def test_who_finds_nobody_open_goes_to_the_first_that_opens():
    like = Like(replicas=3)
    rows = ((0.0, 0, OPEN, 1.0), (1.0, 0, CLOSE, 1.0), (5.0, 2, OPEN, 1.0))
    found = outcomes(requests_of([2.0, 3.0]), like, controls=controls(*rows))
    assert found.replica.tolist() == [2, 2]
    assert found.done_s.tolist() == [6.0, 7.0]


def test_who_never_finds_anybody_waits():
    rows = ((0.0, 0, OPEN, 1.0), (1.0, 0, CLOSE, 1.0))
    found = outcomes(requests_of([2.0]), Like(), controls=controls(*rows))
    assert found.state.tolist() == [WAITING]


def test_a_closing_replica_takes_back_whom_it_puts_back():
    like = Like(slots=2, room=10)
    rows = ((0.0, 0, OPEN, 1.0), (0.5, 0, CLOSE, 1.0))
    requests = requests_of([0.0, 0.0], prompt=3, output=4)
    found = outcomes(requests, like, controls=controls(*rows))
    assert found.done_s.tolist() == [4.0, 6.0]


def test_a_clock_that_is_set_counts_from_the_next_iteration():
    like = Like(clocks=(0.5, 1.0), slowdown=3.0)
    rows = ((0.0, 0, OPEN, 1.0), (1.5, 0, SET_CLOCK, 0.75))
    found = outcomes(requests_of([0.0], output=4), like, controls=controls(*rows))
    assert found.done_s.tolist() == [6.0]  # 1 + 1 + 2 + 2
    assert found.clock_s.tolist() == [1 + 1 + 4 * 0.75]


def test_setting_the_clock_of_a_replica_at_rest_wakes_nobody():
    like = Like(clocks=(0.5, 1.0), slowdown=3.0)
    rows = ((0.0, 0, OPEN, 1.0), (9.0, 0, SET_CLOCK, 0.5))
    found = outcomes(requests_of([0.0, 10.0], output=3), like, controls=controls(*rows))
    assert found.done_s.tolist() == [3.0, 19.0]
    assert found.busy_s.tolist() == [12.0]


def test_clocks_follow_the_load():
    like = Like(clocks=(0.5, 1.0), slowdown=2.0)
    requests = requests_of([0.0], output=6, tpot_s=1.4)
    found = outcomes(requests, like, adapts=True, lower_by=0.25, raise_by=1.3, control_s=1.0)
    # at risk from a mean of 0.8 x 1.4 s: 2 s, 1.85 s, 1.67 s and 1.5025 s before the last four
    lengths = [1.5, 2.0, 1.7, 1.31, 1.0, 1.0]
    assert found.done_s[0] == pytest.approx(sum(lengths), rel=1e-12)
    clocks = [0.75, 0.5, 0.65, 0.845, 1.0, 1.0]
    assert found.clock_s[0] == pytest.approx(np.dot(lengths, clocks), rel=1e-12)


def test_clocks_rise_while_first_tokens_are_late():
    like = Like(clocks=(0.5, 1.0), slowdown=2.0)
    requests = requests_of([0.0, 0.0], output=4, ttft_s=4.0)
    found = outcomes(requests, like, adapts=True, lower_by=0.5, raise_by=2.0, control_s=1.0)
    # nobody is late at 0 s: 2 s; at 2 s not beyond 3.2 s: 2 s; then the second waits 4 s
    assert found.done_s[0] == 2.0 + 2.0 + 1.0 + 1.0


def test_clocks_are_looked_at_no_more_often_than_asked():
    like = Like(clocks=(0.5, 1.0), slowdown=2.0)
    found = outcomes(requests_of([0.0], output=6), like, adapts=True, control_s=3.9)
    # 0.9 from the start: 1.2 s each, until 4.8 s; 0.8 then: 1.4 s
    assert found.done_s[0] == pytest.approx(4 * 1.2 + 2 * 1.4)


def test_planned_shares_decide_the_kind_and_its_replicas_take_turns():
    likes = Like(replicas=2), Like(replicas=2)
    kinds = kinds_of(likes)
    routes = one_way(kinds)._replace(
        shares=np.array([[[0.25, 1.0]]]), serves=np.ones((1, 2), dtype=np.bool_)
    )
    draws = [0.2, 0.3, 0.9, 0.24, 0.5]
    found = outcomes(requests_of([0.0] * 5, draw=draws), *likes, routes=routes)
    assert found.replica.tolist() == [0, 2, 3, 1, 2]


def test_the_shortest_queue():
    requests = requests_of([0.0, 0.1, 0.2, 0.3], output=[1, 3, 3, 1])
    found = outcomes(requests, Like(replicas=2), routing=SHORTEST)
    assert found.replica.tolist() == [0, 1, 0, 1]
    likes = Like(slots=1), Like(slots=3)
    routes = one_way(kinds_of(likes))._replace(serves=np.ones((1, 2), dtype=np.bool_))
    found = outcomes(requests, *likes, routes=routes, routing=SHORTEST_ANYWHERE)
    assert found.replica.tolist() == [0, 1, 1, 1]


def test_caches_stay_with_replicas_of_their_model():
    prefill, decode = Like(role=PREFILL), Like(role=DECODE)
    likes = prefill, prefill, decode, decode
    hands_to = np.zeros((4, 4), dtype=np.bool_)
    hands_to[0, 2] = hands_to[1, 3] = True
    routes = Routes(
        np.array([[[1.0, 1, 1, 1]], [[0.0, 1, 1, 1]]]),
        np.array([[True, False, False, False], [False, True, False, False]]),
        np.array([[[0.0, 0, 1, 1]]] * 2),
        1e9,
        hands_to,
    )
    rows = (*((0.0, n, OPEN, 1.0) for n in (0, 1, 3)), (7.0, 2, OPEN, 1.0))
    requests = requests_of([0.0, 0.0], group=[0, 1])
    found = outcomes(requests, *likes, routes=routes, controls=controls(*rows))
    assert found.replica.tolist() == [2, 3]
    assert found.done_s.tolist() == [8.0, 2.0]


def test_decode_replicas_take_the_classes_that_they_are_planned_for():
    """Of the first class a third goes to the second kind, of the second all to the third."""
    likes = Like(role=PREFILL, slots=9), *[Like(role=DECODE, slots=9)] * 2
    routes = Routes(
        np.ones((2, 1, 3)),
        np.array([[True, False, False]] * 2),
        np.array([[[0.0, 1, 2]], [[0.0, 0, 5]]]),
        1e9,
    )
    draws = [0.3 / 65536, 0.4 / 65536]  # the lower digits count
    requests = requests_of([0.0] * 4, group=[0, 0, 1, 1], draw=draws * 2)
    found = outcomes(requests, *likes, routes=routes)
    assert found.replica.tolist() == [1, 2, 2, 2]
    rows = ((0.0, 0, OPEN, 1.0), (0.0, 1, OPEN, 1.0), (9.0, 2, OPEN, 1.0))
    found = outcomes(requests, *likes, routes=routes, controls=controls(*rows))
    assert found.replica.tolist() == [1, 1, 2, 2]  # who may not stand in is waited for
    assert found.first_s.tolist() == [2.0, 2.0, 10.0, 10.0]


def test_energy_of_a_steady_load_is_that_of_the_formula():
    like = Like(slots=8, fixed_s=0.02, per_sequence_s=0.001, per_context_s=1e-6, alone_s=0.05)
    like = Like(**{**like.__dict__, "kw": 2.5, "kj_per_prompt_token": 0.003})
    found = outcomes(requests_of([0.0] * 8, prompt=100, output=400), like, minutes=3)
    made = np.arange(1, 400)
    decode_s = (0.02 + 0.001 * 8 + 1e-6 * 8 * (100 + made)).sum()
    expected_kj = 2.5 * decode_s + 0.003 * 800
    assert found.energy_kj.sum() == pytest.approx(expected_kj, rel=1e-12)
    assert found.busy_s[0] == pytest.approx(0.05 + decode_s, rel=1e-12)


def test_energy_is_booked_in_the_minute_in_which_an_iteration_begins():
    found = outcomes(requests_of([0.0], output=100), Like(), minutes=2)
    assert found.energy_kj[:, 0].tolist() == [59.0, 40.0]  # the prompt's energy is nothing


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"release_s": [1.0, 0.0]}, "order of time"),
        ({"release_s": [np.nan]}, "order of time"),
        ({"release_s": [0.0, 0.0], "group": [0, 1]}, "no group"),
    ],
)
def test_what_would_lead_astray_is_refused(columns, message):
    with pytest.raises(ValueError, match=message):
        outcomes(requests_of(**columns), Like())


def test_controls_and_tables_must_fit():
    with pytest.raises(ValueError, match="no replica"):
        outcomes(requests_of([0.0]), Like(), controls=controls((0.0, 1, OPEN, 1.0)))
    with pytest.raises(ValueError, match="table of times"):
        outcomes(requests_of([0.0]), Like(alone_s=np.nan))
    kinds = kinds_of([Like(slots=3)])
    short = kinds._replace(decode_s=kinds.decode_s[:, :, :3])
    with pytest.raises(ValueError, match="larger than the tables"):
        run(requests_of([0.0]), short, all_open(kinds), one_way(kinds), rules_of(), 1)


def test_nothing_comes_and_nothing_happens():
    found = outcomes(requests_of([]), Like())
    assert found.state.size == 0
    assert found.energy_kj.sum() == 0
