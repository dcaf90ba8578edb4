from dataclasses import replace

import numpy as np
import pytest

from carbonplan.technology.calibrate.fit import MOST_ROWS, fit, make_task, spreads
from carbonplan.technology.calibrate.levels import CHOICES, Choice
from carbonplan.technology.coefficients import MOST, NAMES, Coefficients
from carbonplan.technology.subjects import Subjects

ROWS = 40
CHOICE = {"step_overhead_ms": Choice(1.0, 1.0, "ms", {"architecture": 0.5}, {"size": 0.5})}


def subjects(architecture=None, size=0.0) -> Subjects:
    old_and_new = np.array(["old", "new"] * (ROWS // 2))
    names = {"kind": np.full(ROWS, "gpu"), "architecture": old_and_new}
    if architecture is not None:
        names["architecture"] = architecture
    return Subjects(names, np.arange(ROWS), {"size": np.broadcast_to(size, ROWS)})


def neutral() -> Coefficients:
    return Coefficients(*(np.ones(ROWS) for _ in NAMES))


def task(truth, some: Subjects, noise=0.0, groups=None, choices=CHOICE):
    """Times of a work of 1 to 5 that grow with the step overhead."""
    work = np.linspace(1, 5, ROWS)
    wobble = np.exp(noise * np.sin(np.arange(ROWS) * 7.0))
    groups = np.arange(ROWS).astype(str) if groups is None else groups
    return make_task(
        choices,
        some,
        neutral(),
        work * truth * wobble,
        groups,
        lambda coefficients: work * coefficients.step_overhead_ms,
        noise=0.25,
    )


def everywhere(one) -> np.ndarray:
    return np.ones(len(one.measured), dtype=bool)


def test_fit_finds_what_made_the_rows():
    some = subjects()
    truth = np.where(some.names["architecture"] == "old", 0.5, 0.7)
    one = task(truth, some)
    found = fit(one, everywhere(one))
    fitted = one.coefficients(found.theta).step_overhead_ms
    assert fitted == pytest.approx(truth, rel=0.01)


def test_an_exponent_is_found():
    size = np.linspace(-2, 2, ROWS)
    one = task(0.6 * np.exp(0.3 * size), subjects(size=size))
    found = fit(one, everywhere(one))
    at = [p.name for p in one.parameters].index("size")
    assert found.theta[at] == pytest.approx(0.3, abs=0.01)


def test_few_measurements_move_a_factor_little():
    architecture = np.array(["old"] * (ROWS - 1) + ["rare"])
    truth = np.where(architecture == "rare", 2.0, 1.0)
    one = task(truth, subjects(architecture))
    fitted = one.coefficients(fit(one, everywhere(one)).theta).step_overhead_ms
    assert 1.05 < fitted[-1] / fitted[0] < 1.95


def test_rows_of_one_group_count_together():
    architecture = np.full(ROWS, "old")
    truth = np.where(np.arange(ROWS) < 30, 1.0, 1.3)
    apart = task(truth, subjects(architecture))
    together = task(truth, subjects(architecture), groups=np.where(truth > 1, "b", "a"))
    assert together.weights.sum() == pytest.approx(ROWS)  # neither has more than counts
    many = np.repeat("a", 10 * int(MOST_ROWS))
    assert (np.sqrt(MOST_ROWS / len(many))) < 1.0
    fitted = [one.coefficients(fit(one, everywhere(one)).theta) for one in (apart, together)]
    assert fitted[0].step_overhead_ms[0] == pytest.approx(fitted[1].step_overhead_ms[0])


def test_large_errors_do_not_rule():
    truth = np.ones(ROWS)
    truth[:4] = 20.0
    one = task(truth, subjects(np.full(ROWS, "old")))
    assert one.coefficients(fit(one, everywhere(one)).theta).step_overhead_ms[0] < 1.2


def test_left_out_rows_do_not_count():
    some = subjects()
    truth = np.where(some.names["architecture"] == "old", 0.5, 5.0)
    one = task(truth, some)
    old = some.names["architecture"] == "old"
    found = fit(one, old)
    at = [(p.level, p.name) for p in one.parameters].index(("architecture", "new"))
    assert found.theta[at] == pytest.approx(0.0, abs=1e-6)


def test_same_rows_give_the_same_bits():
    one = task(np.full(ROWS, 0.7), subjects(), noise=0.1)
    first, second = (fit(one, everywhere(one)).theta for _ in range(2))
    assert np.array_equal(first, second)


def test_what_is_known_is_multiplied_and_not_fitted():
    choices = {"step_overhead_ms": Choice(None, 0.0, "ms", {"architecture": 0.5})}
    one = task(np.full(ROWS, 3.0), subjects(np.full(ROWS, "old")), choices=choices)
    assert [parameter.level for parameter in one.parameters] == ["architecture"]
    known = replace(one, known={"step_overhead_ms": np.full(ROWS, 3.0)})
    assert fit(known, everywhere(known)).theta == pytest.approx(0.0, abs=1e-3)


def test_more_rows_leave_less_spread():
    one = task(np.ones(ROWS), subjects())
    whole = spreads(one, fit(one, everywhere(one)), everywhere(one))
    few = everywhere(one)
    few[5:] = False
    assert (whole <= spreads(one, fit(one, few), few) + 1e-12).all()


def test_choices_are_plausible_coefficients():
    for name, choice in CHOICES.items():
        assert name in NAMES
        if choice.expected is not None:
            assert 0 < choice.expected < MOST.get(name, np.inf)
            assert choice.spread > 0


def test_a_factor_that_no_row_asks_for_is_none():
    choices = {"step_overhead_ms": Choice(None, 0.0, "ms", {"unfused": 0.5})}
    none = subjects()
    none = replace(none, names={**none.names, "unfused": np.full(len(none.names["kind"]), "")})
    assert task(np.full(ROWS, 3.0), none, choices=choices).parameters == ()
