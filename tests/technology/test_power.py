from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carbonplan.catalogue.hardware import servers, sku_names
from carbonplan.technology.bands import calibration_at
from carbonplan.technology.figures import ReplicaFigures
from carbonplan.technology.performance import PhaseTime, decode_step, prefill, prompt_work
from carbonplan.technology.power import above_idle_kw, busy_power_w, limited
from tests.technology.example_records import LLAMA_70B
from tests.technology.example_replicas import (
    CALIBRATION,
    ENGINES,
    VARIETY,
    VLLM_2025,
    figures,
    plain,
)

PARTS = [field.name for field in fields(PhaseTime)][1:]
NONE = {  # no part draws anything, until one is given a share
    **dict.fromkeys(
        (
            *("compute_power_share", "prompt_power_share", "memory_power_share"),
            *("cache_power_share", "stall_power_share", "link_power_share"),
            *("sequence_power_share", "active_power_share", "memory_core_share"),
        ),
        0.0,
    ),
    "voltage_knee_mhz": 0.5 * 1980,
    "voltage_floor": 0.8,
}
CLOCK = st.floats(min_value=0.1, max_value=1.0)


def phase(**parts: float) -> PhaseTime:
    """A second with some of its parts."""
    return PhaseTime(np.ones(1), *(np.array([parts.get(name, 0.0)]) for name in PARTS))


def drawing(clock: float = 1.0, **shares: float) -> ReplicaFigures:
    """An H100, 110 W to 700 W, whose named parts draw."""
    return plain({"clock_fraction": clock}, **{**NONE, **shares})


def drawn(watts: np.ndarray) -> float:
    """Above idle, over limit minus idle."""
    return (watts[0] - 110) / 590


def asked(watts: np.ndarray) -> float:
    """What was asked for at boost, before the limit cut it."""
    return drawn(watts) / (1 - drawn(watts) ** 6) ** (1 / 6)


def at_clocks(load: PhaseTime, clocks: tuple[float, ...], **shares: float) -> list[float]:
    """What is drawn at each clock."""
    return [drawn(busy_power_w(load, drawing(clock, **shares))) for clock in clocks]


def test_nothing_busy_draws_idle_power():
    assert busy_power_w(phase(compute_s=1.0), drawing()) == pytest.approx([110])


@pytest.mark.parametrize(
    ("part", "share"),
    [
        ("compute_s", "compute_power_share"),
        ("prompt_s", "prompt_power_share"),
        ("memory_s", "memory_power_share"),
        ("cache_s", "cache_power_share"),
        ("link_s", "link_power_share"),
        ("sampling_s", "sequence_power_share"),
    ],
)
def test_each_part_draws_its_share_of_the_time_that_it_is_busy(part, share):
    watts = busy_power_w(phase(**{part: 0.5}), drawing(**{share: 0.6}))
    assert asked(watts) == pytest.approx(0.5 * 0.6)


def test_being_awake_draws_whatever_is_done():
    assert asked(busy_power_w(phase(), drawing(active_power_share=0.2))) == pytest.approx(0.2)


@pytest.mark.parametrize(("stalled", "busy_s"), [(0.0, 0.3), (0.5, 0.4), (3.0, 0.5)])
def test_what_experts_take_longer_in_prompts_draws_a_part_and_never_more(stalled, busy_s):
    waiting = phase(prompt_s=0.5, stalled_prompt_s=0.2)
    shares = {"prompt_power_share": 0.6, "stall_power_share": stalled}
    watts = busy_power_w(waiting, drawing(**shares))
    assert asked(watts) == pytest.approx(busy_s * 0.6)


def test_waiting_for_experts_draws_a_part_of_what_working_does():
    shares = {"compute_power_share": 0.6, "memory_power_share": 0.4, "stall_power_share": 0.5}
    stalled = phase(compute_s=0.2, stalled_compute_s=0.1, memory_s=0.3, stalled_memory_s=0.4)
    watts = busy_power_w(stalled, drawing(**shares))
    assert asked(watts) == pytest.approx(0.6 * (0.2 + 0.5 * 0.1) + 0.4 * (0.3 + 0.5 * 0.4))


def test_a_lower_clock_lowers_what_follows_the_core():
    """At 0.75 of boost the voltage is 0.9: 0.75 · 0.9² = 0.6075 of the power."""
    for part, share in (
        ("sampling_s", "sequence_power_share"),
        ("link_s", "link_power_share"),
        ("compute_s", "compute_power_share"),
    ):
        full, low = at_clocks(phase(**{part: 1.0}), (1.0, 0.75), **{share: 0.5})
        assert low == pytest.approx(0.6075 * full)


def test_matrix_units_feel_a_clock_below_the_sustained_one_only():
    """At 0.75 of boost they always run; at half of it, 0.5 · 0.8² of 0.6075."""
    shares = {"compute_power_share": 0.2, "sustained_clock": 0.75}
    full, *lower = at_clocks(phase(compute_s=1.0), (1.0, 0.8, 0.5), **shares)
    assert lower == pytest.approx([full, 0.32 / 0.6075 * full], rel=1e-4)


def test_memory_follows_the_clock_in_part():
    shares = {"memory_power_share": 0.2, "memory_core_share": 0.4}
    full, low = at_clocks(phase(memory_s=1.0), (1.0, 0.75), **shares)
    assert low == pytest.approx((1 - 0.4 * (1 - 0.6075)) * full, rel=1e-4)


def test_memory_that_is_slower_for_its_path_draws_for_what_it_reads():
    """Half the knee: the path runs at 0.6 of it, 0.6 to the power of -2 longer."""
    shares = {"memory_power_share": 0.5, "memory_clock_knee_mhz": 0.5 * 1980}
    watts = busy_power_w(phase(memory_s=1.0), drawing(0.25, **shares))
    assert asked(watts) == pytest.approx(0.5 * 0.36)


def test_the_limit_holds_and_is_felt_near_it_only():
    assert limited(np.array([0.0, 0.3])) == pytest.approx([0.0, 0.3], rel=1e-3)
    assert limited(np.array([1.0])) == pytest.approx(2 ** (-1 / 6))
    assert limited(np.array([20.0])) == pytest.approx(1.0, rel=1e-6)
    assert (np.diff(limited(np.linspace(0, 3, 100))) > 0).all()


def test_a_load_at_its_limit_draws_less_at_a_lower_clock():
    """At half of the clock the voltage is 0.8: 0.5 · 0.8² of what was drawn at boost."""
    for share in (0.5, 1.3, 5.0):
        full, half = at_clocks(phase(prompt_s=1.0), (1.0, 0.5), prompt_power_share=share)
        assert full == pytest.approx(limited(np.array(share)))
        assert half == pytest.approx(0.32 * full)


def test_the_limit_holds_down_to_the_sustained_clock():
    shares = {"prompt_power_share": 1.3, "sustained_clock": 0.75}
    full, *lower = at_clocks(phase(prompt_s=1.0), (1.0, 0.75, 0.5), **shares)
    cut = 1.3 - full
    assert lower == pytest.approx([full, 1.3 * 0.32 / 0.6075 - 0.32 * cut])


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(VARIETY),
    st.sampled_from([*ENGINES, "unheard-of"]),
    st.integers(1, 1000),
    st.integers(1, 30_000),
    CLOCK,
    CLOCK,
)
def test_power_stays_between_idle_and_limit_and_rises_with_the_clock(
    change, engine, batch, tokens, one, other
):
    part = figures(
        *({**change, "clock_fraction": clock} for clock in sorted([one, other])),
        calibration=replace(CALIBRATION, engine=engine),
    )
    for load in (decode_step(batch, tokens, part), prefill(tokens, part)):
        low, high = busy_power_w(load, part)
        assert part.hardware.idle_w[0] < low <= high * (1 + 1e-12)
        assert high <= part.hardware.limit_w[0]


@pytest.mark.parametrize("stance", ["central", "pessimistic", "optimistic"])
def test_no_server_of_the_catalogue_is_slower_or_thriftier_at_a_higher_clock(stance):
    """CPUs among them, at both ends of every band."""
    calibration = calibration_at(CALIBRATION, stance)
    machines = [
        {"server": one, "precision": precision}
        for one in servers(sku_names())
        for precision in ("bf16", "fp8", "int4")
    ]
    parts = [
        figures(*({**one, "clock_fraction": f} for one in machines), calibration=calibration)
        for f in np.linspace(0.1, 1.0, 19)
    ]
    for load in (lambda part: decode_step(16, 1000, part), lambda part: prefill(1000, part)):
        times_s = [load(part).total_s for part in parts]
        watts = [busy_power_w(load(part), part) for part in parts]
        assert (np.diff(times_s, axis=0) <= 1e-12).all()
        assert (np.diff(watts, axis=0) >= -1e-9).all()


def test_prompts_draw_more_than_steps_and_near_the_limit():
    part = figures({})
    step, prompt = (
        busy_power_w(load, part)[0]
        for load in (decode_step(8, 400, part), prompt_work(4000, part))
    )
    assert step < prompt
    assert 0.7 * 700 < prompt <= 700


def test_decode_draws_more_as_the_batch_grows():
    part = figures({})
    watts = [busy_power_w(decode_step(n, 400, part), part)[0] for n in (1, 8, 32, 128)]
    assert np.all(np.diff(watts) > 0)


def test_published_power_of_an_h100():
    """ML.ENERGY v3: 486 W for Llama-3.1-8B at a batch of 8, 669 W at 128."""
    part = figures({}, calibration=VLLM_2025)
    watts = [busy_power_w(decode_step(n, 280, part), part)[0] for n in (8, 128)]
    assert watts == pytest.approx([486, 669], rel=0.15)


def test_a_clock_above_the_sustained_one_changes_no_prompt():
    one, other = (
        prompt_work(2000, plain({"clock_fraction": clock}, sustained_clock=0.7)).total_s
        for clock in (0.8, 1.0)
    )
    assert one == pytest.approx(other)


def test_replica_above_idle_includes_its_share_of_the_host():
    part = figures({"llm": LLAMA_70B, "tensor_parallel": 4})
    step = decode_step(16, 400, part)
    expected = 4 * (busy_power_w(step, part) - 110 + 400 / 8) / 1000
    assert above_idle_kw(step, part) == pytest.approx(expected)
