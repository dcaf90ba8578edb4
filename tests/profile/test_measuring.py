import pytest

from carbonplan.errors import EnvironmentFailed
from carbonplan.profile.measuring import measure
from carbonplan.profile.plan import planned_runs
from tests.profile.fake_device import LARGE, SMALL, FakeDevice

RUNS = planned_runs([1, 4], [256, 1024], [128])


def measured(device, cards=(SMALL,), runs=RUNS, **options):
    return measure(device, "h100-sxm", cards, runs, say=device.said.append, **options)


def test_a_run_gives_its_median_time_and_its_mean_power():
    found = measured(FakeDevice(), window_s=2.0)
    values = {(r.quantity, r.batch, r.input_tokens): r.value for r in found.rows}
    assert values["prefill_s", 1, 128] == pytest.approx(1.28e-3)
    assert values["step_s", 4, 1024] == pytest.approx(4e-3)
    assert values["step_power_w", 4, 1024] == values["prefill_power_w", 1, 128] == 302.0
    assert len(found.rows) == 2 * len(RUNS)
    assert found.left_out == 0
    one = found.rows[0]
    assert (one.accelerator, one.llm, one.precision, one.clock_fraction) == (
        "h100-sxm",
        "llama-3.2-1b",
        "bf16",
        1.0,
    )


def test_every_llm_is_measured_at_every_clock():
    device = FakeDevice()
    found = measured(device, (SMALL, LARGE), clocks=(1.0, 0.6))
    assert len(found.rows) == 2 * 2 * 2 * len(RUNS)
    assert [one for one in device.said if "clock" not in one] == [
        "load llama-3.2-1b bf16",
        "load llama-3.1-8b bf16",
        "lock 0.6",
        "load llama-3.2-1b bf16",
        "load llama-3.1-8b bf16",
        "unlock",
    ]


def test_what_does_not_fit_is_left_out_and_counted():
    found = measured(FakeDevice(full_at=4))
    assert found.left_out == 2
    assert {one.batch for one in found.rows} == {1}


def test_an_llm_beyond_the_memory_is_not_even_built():
    device = FakeDevice(memory_gb=8.0)
    found = measured(device, (LARGE, SMALL))
    assert found.left_out == len(RUNS)
    assert "load llama-3.1-8b bf16" not in device.said


@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt])
def test_a_clock_is_let_go_whatever_happens(failure):
    device = FakeDevice()

    def fail(_run, _window_s):
        raise failure

    device.sample = fail
    with pytest.raises(failure):
        measured(device, clocks=(0.6,))
    assert device.said[-1] == "unlock"


def test_a_clock_that_may_not_be_locked_ends_it_in_words():
    device = FakeDevice(refuses_clocks=EnvironmentFailed("no permission"))
    with pytest.raises(EnvironmentFailed, match="no permission"):
        measured(device, clocks=(0.6,))
    assert not any(one.startswith("load") for one in device.said)
