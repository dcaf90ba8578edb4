from math import exp, factorial, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonplan.technology.latency import (
    wait_of_waiting_s,
    wait_percentile_s,
    wait_probability,
)

LOAD = st.floats(min_value=0.01, max_value=0.98)


def erlang_c(servers: int, load: float) -> float:
    """Exact probability that all servers of M/M/m are busy."""
    offered = servers * load
    full = offered**servers / factorial(servers) / (1 - load)
    return full / (sum(offered**n / factorial(n) for n in range(servers)) + full)


def mean_wait_s(load, service_s, variation, servers=1.0):
    """Of all requests, those included that do not wait."""
    of_waiting_s = wait_of_waiting_s(load, service_s, variation, servers)
    return wait_probability(load, servers) * of_waiting_s


@given(LOAD)
def test_one_exponential_server_is_exact(load):
    """M/M/1: P(wait) = ρ, W = ρ S / (1 − ρ), P(W > t) = ρ exp(−(1 − ρ) t / S)."""
    service_s = 2.0
    assert wait_probability(load) == pytest.approx(load)
    assert mean_wait_s(load, service_s, 1.0) == pytest.approx(load * service_s / (1 - load))
    of_waiting = wait_of_waiting_s(load, service_s, 1.0)
    at = wait_percentile_s(load, of_waiting, 0.999)
    assert at == pytest.approx(max(0.0, service_s / (1 - load) * log(load / 0.001)))
    if at > 0:
        assert load * exp(-(1 - load) * float(at) / service_s) == pytest.approx(0.001)


@given(LOAD)
def test_one_fixed_server_has_the_exact_mean(load):
    """M/D/1: W = ρ S / (2 (1 − ρ)), half of M/M/1."""
    assert mean_wait_s(load, 3.0, 0.0) == pytest.approx(load * 3.0 / (2 * (1 - load)))


@pytest.mark.parametrize("servers", [2, 5, 20, 60])
@pytest.mark.parametrize("load", [0.5, 0.7, 0.9])
def test_several_servers_are_near_erlang(servers, load):
    exact = erlang_c(servers, load)
    assert wait_probability(load, servers) == pytest.approx(exact, abs=0.06)


def test_more_servers_wait_less():
    waits = mean_wait_s(0.8, 1.0, 1.0, np.array([1, 2, 8, 64]))
    assert np.all(np.diff(waits) < 0)


def test_nobody_waits_at_a_low_percentile():
    assert wait_percentile_s(0.3, 1.0, 0.5) == 0


def test_full_load_is_finite_and_long():
    assert 1e6 < mean_wait_s(1.0, 1.0, 1.0) < np.inf
