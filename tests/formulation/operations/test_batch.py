"""batch_work_is_carried, batch_work_meets_deadline: work waits for the best hour in time."""

import pytest

from tests.answers import optimum, plain, row, without
from tests.tiny import NIGHT, ONE, tiny

ALONE = {"online": (), "routes": (), "serving": ((NIGHT, ONE, "clean"),), "start_costs": False}


def test_batch_work_is_carried_row():
    m = plain(tiny(serving=((NIGHT, ONE, "clean"),), routes=(), online=()))
    assert row(m.batch_work_is_carried[NIGHT, 0]) == pytest.approx(
        {
            f"Backlog_krequests[{NIGHT},0]": 1,
            f"Backlog_krequests[{NIGHT},1]": -1,
            f"Load_rps[{NIGHT},{ONE},clean,0]": 3.6,
            "lower": 36,
            "upper": 36,
        }
    )


def test_batch_work_meets_deadline_row():
    m = plain(tiny())
    assert row(m.batch_work_meets_deadline[NIGHT, 0]) == {
        f"Backlog_krequests[{NIGHT},0]": 1,
        "upper": 36,
    }


def test_work_waits_for_the_cleaner_hour():
    """36,000 requests come in the first hour; the second is half as dirty."""
    answer = optimum(tiny(**ALONE))
    assert answer.decision("Load_rps", NIGHT, ONE, "clean") == pytest.approx([0, 10])
    assert answer.decision("Backlog_krequests", NIGHT) == pytest.approx([36, 0])


def test_a_deadline_of_one_slot_leaves_no_choice():
    """10 requests/s × 0.1 kJ × 1.1 × (0.1 - 0.05) and 2 replicas × 0.1 kW and 0.49 kW alike."""
    at_once = optimum(tiny({"backlog_limit_krequests": [[0.0, 0.0], [0.0, 0.0]]}, **ALONE))
    assert at_once.decision("Load_rps", NIGHT, ONE, "clean") == pytest.approx([10, 0])
    dearer = at_once.total - optimum(tiny(**ALONE)).total
    assert dearer == pytest.approx((1.0 + 0.2 + 0.49) * 1.1 * 0.05)


def test_work_is_not_done_before_it_comes():
    """A closed horizon whose first hour is clean: the work comes in the second."""
    closed = {
        "previous": [-1, 0],
        "arrivals_rps": [[0.0, 0.0], [0.0, 10.0]],
        "backlog_limit_krequests": [[0.0, 0.0], [0.0, 0.0]],
        "intensity_kgco2e_per_kwh": [[0.01, 0.5], [0.5, 0.5]],
    }
    answer = optimum(tiny(closed, **ALONE))
    assert answer.decision("Load_rps", NIGHT, ONE, "clean") == pytest.approx([0, 10])


def test_without_it_no_work_is_done():
    assert without(tiny(**ALONE), "batch_work_is_carried") == pytest.approx(0, abs=1e-9)


def test_without_a_deadline_work_waits_for_the_cleaner_hour():
    """Nothing may wait after the first hour; left out, the work waits as if it might."""
    at_once = tiny({"backlog_limit_krequests": [[0.0, 0.0], [0.0, 36.0]]}, **ALONE)
    assert optimum(at_once).decision("Load_rps", NIGHT, ONE, "clean") == pytest.approx([10, 0])
    assert without(at_once, "batch_work_meets_deadline") == pytest.approx(
        optimum(tiny(**ALONE)).total
    )
