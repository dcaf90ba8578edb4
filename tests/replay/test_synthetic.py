"""Synthetic arrivals: their moments are those of what they were fitted to."""

from __future__ import annotations

import numpy as np
import pytest

from carbonplan.errors import UsageError
from carbonplan.replay.synthetic import (
    NAMES,
    Gamma,
    MarkovModulated,
    Poisson,
    fitted,
    fitted_modulated,
    synthetic,
)
from carbonplan.replay.traces import read_trace
from carbonplan.replay.traffic import Trace

SECONDS = 20_000.0
LENGTHS = Trace(
    np.arange(3.0),
    np.array([10, 20, 30]),
    np.array([1, 2, 3]),
    np.array([0, 1, 1]),
    ("a", "b"),
    "t",
)
BURSTY = MarkovModulated((2.0, 20.0), (0.1, 0.3))


def made(process, seed=0, seconds=SECONDS):
    return synthetic(LENGTHS, process, seconds, seed)


def dispersion(trace, window_s):
    windows = int(trace.time_s[-1] / window_s)
    counts = np.histogram(trace.time_s, window_s * np.arange(windows + 1))[0]
    return counts.var() / counts.mean()


def of_theory(process, window_s):
    (low, high), (rise, fall) = process.rates_rps, process.leaving_per_s
    change, x = rise + fall, (rise + fall) * window_s
    variance = (high - low) ** 2 * rise * fall / change**2
    return 1 + 2 * variance / (process.rate_rps * change) * (1 - (1 - np.exp(-x)) / x)


def test_poisson_requests_are_independent():
    trace = made(Poisson(5.0))
    assert fitted(trace, "poisson").rate_rps == pytest.approx(5.0, rel=0.01)
    assert dispersion(trace, 10.0) == pytest.approx(1.0, abs=0.08)
    assert fitted(trace, "gamma").variation == pytest.approx(1.0, rel=0.02)


@pytest.mark.parametrize("variation", [0.25, 1.0, 2.0, 4.0])
def test_gamma_is_found_again(variation):
    found = fitted(made(Gamma(5.0, variation)), "gamma")
    assert found.rate_rps == pytest.approx(5.0, rel=0.05)
    assert found.variation == pytest.approx(variation, rel=0.05)


def test_without_variation_distances_are_even():
    trace = made(Gamma(4.0, 0.0), seconds=10.0)
    np.testing.assert_allclose(trace.time_s, np.arange(40) / 4.0)
    assert fitted(made(Gamma(4.0, 0.0)), "gamma").variation == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_modulated_rates_are_found_again(seed):
    found = fitted_modulated(made(BURSTY, seed), 1.0, 20.0)
    assert found.rate_rps == pytest.approx(BURSTY.rate_rps, rel=0.05)
    assert found.rates_rps == pytest.approx(BURSTY.rates_rps, rel=0.1)
    assert found.leaving_per_s == pytest.approx(BURSTY.leaving_per_s, rel=0.2)


def test_modulated_counts_disperse_as_theory_says():
    trace = made(BURSTY)
    for window_s in (0.5, 5.0, 50.0):
        expected = of_theory(BURSTY, window_s)
        assert dispersion(trace, window_s) == pytest.approx(expected, rel=0.1)


def test_moments_of_the_fit_are_those_of_the_trace():
    trace = made(BURSTY, seed=9)
    found = fitted_modulated(trace, 2.0, 30.0)
    for window_s in (2.0, 30.0):
        assert of_theory(found, window_s) == pytest.approx(dispersion(trace, window_s), rel=0.1)


def test_what_is_no_burstier_than_poisson_has_nearly_one_rate():
    found = fitted(made(Gamma(5.0, 0.3)), "mmpp")
    assert found.rate_rps == pytest.approx(5.0, rel=0.02)
    assert dispersion(made(found), 10.0) == pytest.approx(1.0, abs=0.1)


def test_a_rate_is_never_negative():
    on_and_off = MarkovModulated((0.0, 50.0), (0.02, 0.5))
    found = fitted(made(on_and_off, seed=4), "mmpp")
    assert found.rates_rps[0] >= 0.0
    assert found.rate_rps == pytest.approx(on_and_off.rate_rps, rel=0.1)


@pytest.mark.parametrize("process", [Poisson(5.0), Gamma(5.0, 2.0), BURSTY])
def test_the_same_seed_gives_the_same_requests(process):
    one, same, other = made(process, 1), made(process, 1), made(process, 2)
    np.testing.assert_array_equal(one.time_s, same.time_s)
    np.testing.assert_array_equal(one.prompt, same.prompt)
    assert len(one.time_s) != len(other.time_s) or (one.time_s != other.time_s).any()
    assert one.time_s[0] == 0.0
    assert (np.diff(one.time_s) >= 0).all()


def test_lengths_and_workloads_stay_together():
    trace = made(Poisson(5.0))
    assert set(zip(trace.prompt, trace.output, trace.workload, strict=True)) == {
        (10, 1, "a"),
        (20, 2, "b"),
        (30, 3, "b"),
    }
    assert trace.source == "Poisson arrivals with lengths of t"


def test_faults_are_said():
    with pytest.raises(UsageError, match=r'"gama": expected poisson, gamma, mmpp.*"gamma"'):
        fitted(LENGTHS, "gama")
    with pytest.raises(UsageError, match="3 requests; expected 100 or more for mmpp"):
        fitted(LENGTHS, "mmpp")
    with pytest.raises(UsageError, match="no request comes in 1 s"):
        made(Poisson(1e-6), seconds=1.0)


@pytest.mark.parametrize("name", ["azure_llm_2023_conv", "azure_llm_2023_code"])
def test_azure_moments(shared_data, name):
    trace = read_trace(shared_data / "traces" / f"{name}.csv.gz")
    rate_rps = len(trace.time_s) / trace.seconds
    for process in NAMES:
        assert fitted(trace, process).rate_rps == pytest.approx(rate_rps, rel=1e-9)
    found = fitted(trace, "mmpp")
    short_s, long_s = 10.0 / rate_rps, trace.seconds / 100.0
    for window_s in (short_s, long_s):
        assert of_theory(found, window_s) == pytest.approx(dispersion(trace, window_s), rel=0.2)
