"""Engines that compute prompts apart or whole, and that let requests in rarely: by hand."""

from __future__ import annotations

import pytest

from tests.replay.regions import Like, requests_of
from tests.replay.test_engine import outcomes

PROMPTS = Like(slots=4, per_prompt_s=0.5, alone_s=0.0)  # a step lasts a second


def test_sequences_wait_while_prompts_are_computed_apart():
    requests = requests_of([0.0, 1.5], prompt=[2, 6], output=[4, 2])
    found = outcomes(requests, PROMPTS, chunk_tokens=4, prompts_apart=True)
    # a prompt until 1 s, a step until 2 s, the other prompt until 4 and 5 s, two steps of both
    assert found.first_s.tolist() == [1.0, 5.0]
    assert found.done_s.tolist() == [7.0, 6.0]
    assert found.longest_gap_s.tolist() == [4.0, 1.0]


def test_a_prompt_that_is_not_cut_waits_for_an_iteration_that_holds_it():
    requests = requests_of([0.0, 0.0, 0.0], prompt=[3, 2, 2], output=1)
    found = outcomes(requests, PROMPTS, chunk_tokens=4, prompts_whole=True)
    assert found.first_s.tolist() == [1.5, 3.5, 3.5]


def test_a_prompt_longer_than_an_iteration_has_one_of_its_own():
    requests = requests_of([0.0, 0.0], prompt=[2, 9], output=1)
    found = outcomes(requests, PROMPTS, chunk_tokens=4, prompts_whole=True)
    assert found.first_s.tolist() == [1.0, 5.5]


def test_requests_are_looked_for_every_so_many_steps():
    requests = requests_of([0.0, 1.5, 6.5], output=[9, 1, 1])
    found = outcomes(requests, Like(slots=4), looks_every=3)
    # after the prompt until 1 s, after steps until 4 and, because of a prompt, 5 s, until 8 s
    assert found.first_s.tolist() == [1.0, 5.0, 9.0]


def test_a_replica_at_rest_takes_a_request_at_once():
    found = outcomes(requests_of([0.0, 3.5], output=[2, 1]), Like(), looks_every=9)
    assert found.first_s.tolist() == [1.0, 4.5]


@pytest.mark.parametrize(("holds_tokens", "first_s"), [(1, 3.0), (7, 4.0), (99, 6.0)])
def test_requests_wait_for_others_to_join_with_them(holds_tokens, first_s):
    requests = requests_of([0.0, 1.5, 2.5], prompt=3, output=[9, 1, 1])
    found = outcomes(requests, Like(slots=4), holds_steps=3, holds_tokens=holds_tokens)
    # one waits from 2 s; with the other there are 6 tokens and a sequence
    assert found.first_s[1] == first_s
    assert found.first_s[2] == max(first_s, 4.0)
