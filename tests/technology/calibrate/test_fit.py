import numpy as np
import pytest

from carbonplan.technology.calibrate.fit import Parameter, Task, fit, positions
from carbonplan.technology.calibration import Coefficients

ROWS = 40


def task(noise: float, names: tuple[str, ...]) -> Task:
    """Times that fall with the compute efficiency; two architectures of 0.5 and 0.7."""
    work = np.linspace(1, 5, ROWS)
    architecture = np.array(["old", "new"] * (ROWS // 2))
    truth = np.where(architecture == "old", 0.5, 0.7)
    wobble = np.exp(noise * np.sin(np.arange(ROWS) * 7.0))
    parameters = [Parameter("compute_efficiency", "gpu", 0.6, 0.1, 1.0, "1")]
    parameters += [
        Parameter("compute_efficiency", name, 0.6, 0.1, 1.0, "1", drawn=True) for name in names
    ]
    engine = np.full(ROWS, "engine")
    fixed = {name: np.ones(ROWS) for name in Coefficients.__dataclass_fields__}
    del fixed["compute_efficiency"]
    return Task(
        tuple(parameters),
        {
            "compute_efficiency": positions(
                parameters, "compute_efficiency", architecture, engine
            )
        },
        fixed,
        work / truth * wobble,
        np.arange(ROWS).astype(str),
        lambda coefficients: work / coefficients.compute_efficiency,
    )


def test_fit_finds_what_made_the_rows():
    pooled, old, new = fit(task(0.0, ("old", "new")))
    assert (old.value, new.value) == pytest.approx((0.5, 0.7), rel=0.02)
    assert 0.5 < pooled.value < 0.7
    assert (old.rows, new.rows, pooled.rows) == (ROWS // 2, ROWS // 2, ROWS)


def test_pooled_value_serves_rows_without_an_architecture():
    (pooled,) = fit(task(0.0, ()))
    assert 0.5 < pooled.value < 0.7
    assert pooled.median_abs_error == pytest.approx(0.18, abs=0.03)


def test_band_is_the_error_of_the_rows():
    _, old, _ = fit(task(0.1, ("old", "new")))
    assert old.low == pytest.approx(old.value / (1 + old.median_abs_error))
    assert old.high == pytest.approx(old.value * (1 + old.median_abs_error))


def test_fit_is_deterministic():
    assert fit(task(0.1, ("old", "new"))) == fit(task(0.1, ("old", "new")))


def test_groups_weigh_the_same_however_many_rows():
    weights = Task(
        (),
        {},
        {},
        np.ones(5),
        np.array(["a", "a", "a", "a", "b"]),
        lambda _: np.ones(5),
    ).weights()
    assert weights == pytest.approx([0.5, 0.5, 0.5, 0.5, 1.0])


def test_engine_comes_before_architecture():
    parameters = [
        Parameter("step_overhead_ms", family, 1, 0, 2, "ms")
        for family in ("gpu", "hopper", "old-engine")
    ]
    found = positions(
        parameters,
        "step_overhead_ms",
        np.array(["hopper", "hopper", "ampere"]),
        np.array(["new-engine", "old-engine", "new-engine"]),
    )
    assert found.tolist() == [1, 2, 0]
