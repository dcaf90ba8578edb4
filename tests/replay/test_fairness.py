"""Fairness by service received while waiting, and Jain's index: worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from carbonplan.replay.fairness import (
    NOBODY_SERVED,
    PER_OUTPUT_TOKEN,
    Served,
    Service,
    Waiting,
    clients_in_turn,
    jain_index,
    service_gap,
)


def served(*rows: tuple[int, float, float, float, int]) -> Served:
    """Client, arrival, first token, last token, tokens."""
    return Served(*(np.array(column) for column in zip(*rows, strict=True)))


def test_one_client_waits_for_another():
    found = service_gap(served((0, 0.0, 1.0, 3.0, 3), (1, 0.0, 4.0, 4.0, 1)))
    # both wait until 3 s: one receives 3 tokens, the other none; in the mean 2 tokens
    assert found.largest_gap == 6.0
    assert found.mean_service == 4.0
    assert found.fairness == 0.0


def test_clients_that_are_served_together():
    found = service_gap(
        served((0, 0.0, 1.0, 5.0, 5), (1, 0.0, 2.0, 5.0, 4), (1, 9.0, 9.5, 12.5, 7))
    )
    assert found.largest_gap == 2.0
    assert found.mean_service == 16.0
    assert found.fairness == pytest.approx(1 - 2 / 16)


def test_an_epoch_ends_when_a_client_comes_or_goes():
    # 0 to 2 s: one alone; 2 to 5 s: both, 3 tokens against 2; then the second alone
    found = service_gap(served((0, 0.0, 0.0, 5.0, 6), (1, 2.0, 4.0, 8.0, 5)))
    assert found.largest_gap == pytest.approx(PER_OUTPUT_TOKEN * (3 - 2))


def test_the_gap_is_the_largest_on_the_way():
    # at 4 s one has 4 tokens and the other none; at 8 s both have 4
    found = service_gap(
        served((0, 0.0, 1.0, 4.0, 4), (0, 3.0, 9.0, 9.0, 1), (1, 0.0, 5.0, 8.0, 4))
    )
    assert found.largest_gap == 8.0


def test_requests_of_a_client_that_overlap_are_one_wait():
    found = service_gap(
        served((0, 0.0, 1.0, 2.0, 2), (0, 1.0, 3.0, 4.0, 2), (1, 0.0, 1.0, 4.0, 4))
    )
    assert found.largest_gap == 0.0
    assert found.fairness == 1.0


def test_a_client_alone_has_no_gap():
    assert service_gap(served((0, 0.0, 1.0, 2.0, 5))).fairness == 1.0
    assert service_gap(NOBODY_SERVED).fairness == 1.0


def random_rows(draw: np.random.Generator, count: int = 60) -> Served:
    """Requests of three clients in turn."""
    arrived_s = np.sort(draw.uniform(0.0, 30.0, count))
    first_s = arrived_s + draw.uniform(0.1, 3.0, count)
    tokens = draw.integers(2, 20, count)
    done_s = first_s + tokens * draw.uniform(0.05, 0.3, count)
    return Served(clients_in_turn(count, 3), arrived_s, first_s, done_s, tokens)


def test_against_the_definition_in_small_steps():
    rows = random_rows(np.random.default_rng(5))
    found = service_gap(rows)
    assert found.largest_gap == pytest.approx(largest_gap_in_steps(rows), abs=PER_OUTPUT_TOKEN)


@pytest.mark.parametrize("seed", range(20))
def test_parts_change_nothing(seed):
    """Told in parts of time, those who wait beside those who are done."""
    draw = np.random.default_rng(seed)
    rows = random_rows(draw)
    service, told = Service(3), np.zeros(len(rows.client), dtype=bool)
    for now in [*np.sort(draw.uniform(0.0, 40.0, 4)).tolist(), np.inf]:
        is_done = (rows.done_s < now) & ~told
        told |= is_done
        waits = (rows.arrived_s < now) & ~told
        waiting = Waiting(rows.client[waits], rows.arrived_s[waits])
        oldest_s = waiting.arrived_s.min(initial=now)
        service.add(Served(*(column[is_done] for column in rows)), waiting, oldest_s)
    assert service.gap == pytest.approx(service_gap(rows))
    assert not len(service.kept.client)


def test_who_waits_for_long_holds_nothing_up():
    """It is backlogged all the time; its tokens before what was looked at count after it."""
    service = Service(2)
    slow = Waiting(np.array([0]), np.array([0.0]))
    service.add(served((1, 0.0, 1.0, 5.0, 5)), slow, 6.0)
    assert service.until_s == 5.0
    assert service.largest_gap == 10.0
    service.add(served((0, 0.0, 2.0, 9.0, 5)), Waiting(*(np.array([]),) * 2), np.inf)
    # from 5 s on it is alone, and nobody is ahead of it
    assert service.gap.largest_gap == 10.0
    assert service.tokens.tolist() == [5.0, 5.0]


def largest_gap_in_steps(rows: Served) -> float:
    """Walk through time and compare what backlogged clients have received so far."""
    largest, waiting, since = 0.0, set(), np.zeros(3)
    for now in np.arange(0.0, rows.done_s.max() + 1.0, 1e-3):
        is_open = (rows.arrived_s <= now) & (now < rows.done_s)
        part = np.clip((now - rows.first_s) / (rows.done_s - rows.first_s), 0.0, 1.0)
        made = np.where(now >= rows.first_s, 1 + (rows.tokens - 1) * part, 0.0)
        service = np.bincount(rows.client, made, 3) * PER_OUTPUT_TOKEN
        if waiting:
            received = (service - since)[list(waiting)]
            largest = max(largest, received.max() - received.min())
        present = set(rows.client[is_open])
        if present != waiting:
            waiting, since = present, service
    return largest


def test_clients_take_turns():
    assert clients_in_turn(6).tolist() == [0, 1, 2, 3, 0, 1]
    assert clients_in_turn(3, 4, 6).tolist() == [2, 3, 0]


@pytest.mark.parametrize(
    ("received", "index"),
    [([3, 3, 3], 1.0), ([0, 0, 5], 1 / 3), ([1, 2, 3], 36 / 42), ([0], 1)],
)
def test_jain(received, index):
    assert jain_index(np.array(received, dtype=float)) == pytest.approx(index)
