"""FREESH's pool layer: windows worked out by hand, and the published optima."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from carbonplan.cli.main import main
from carbonplan.errors import InvalidInput
from carbonplan.reproduce.freesh import Question, reproduce, totals
from carbonplan.reproduce.freesh.data import Installed, Optimum, Profile, Study, read_study
from carbonplan.reproduce.freesh.page import Run, page, questions

STEPS = range(6)
SECONDS = 300
FOLDER = "oracles/freesh"


def mode(name: str, gpus: int, rps: float, watts: float, **changes: object) -> Profile:
    """A mode of the only class of partition a."""
    values = {
        "partition": "a",
        "request_class": "S",
        "mode": name,
        "gpu": "A100",
        "gpus_per_replica": gpus,
        "max_throughput_rps": rps,
        "replica_power_w": watts,
        "latency_s": 5.0,
        "tbt_ms": 50.0,
        "ttft_ms": 100.0,
        "latency_limit_s": 10.0,
        "tbt_limit_ms": 150.0,
        "ttft_limit_ms": 300.0,
    }
    return Profile(**values | changes)


def study(*profiles: Profile, factor: float = 500.0, gpus: int = 8) -> Study:
    """One site with A100s, one class that asks for 20 requests/s at its peak."""
    rows = profiles or (mode("x2", 2, 6.0, 500.0), mode("x4", 4, 12.0, 1200.0))
    demand = {
        (row.partition, row.request_class, step): 20.0 if step == 3 else 4.0
        for row in rows
        for step in STEPS
    }
    return Study(
        profiles=rows,
        installed=(Installed(site="here", gpu="A100", installed=gpus),),
        demand_rps=demand,
        emission_factor={("here", step): factor for step in STEPS},
        published={},
    )


ALPHA = Question(("a",), headroom=1.1, demand_divisor=2.0)


def test_two_small_modes_carry_the_peak_with_head_room():
    """11 requests/s at the peak: two of 6 at 500 W beat one of 12 at 1200 W, in every step."""
    (answer,) = reproduce(study(), ALPHA, [0], processes=1)
    assert answer.status == "optimal"
    assert answer.violations == ()
    assert answer.objective == pytest.approx(500.0 * 2 * 500.0 * 6 * SECONDS, rel=1e-9)
    assert answer.energy_j == pytest.approx(2 * 500.0 * 6 * SECONDS, rel=1e-9)


def test_more_head_room_never_costs_less():
    """With 1.3 the peak is 13 requests/s: three small modes, 1500 W."""
    (answer,) = reproduce(study(), replace(ALPHA, headroom=1.3), [0], processes=1)
    assert answer.objective == pytest.approx(500.0 * 1500.0 * 6 * SECONDS, rel=1e-9)


@pytest.mark.parametrize(
    "slow",
    [{"ttft_ms": 301.0}, {"tbt_ms": 151.0}, {"latency_s": 11.0}, {"max_throughput_rps": 0.0}],
)
def test_a_mode_beyond_its_limits_does_not_serve(slow):
    profiles = mode("x2", 2, 6.0, 500.0, **slow), mode("x4", 4, 12.0, 1200.0)
    (answer,) = reproduce(study(*profiles), ALPHA, [0], processes=1)
    assert answer.objective == pytest.approx(500.0 * 1200.0 * 6 * SECONDS, rel=1e-9)


def test_too_few_gpus_leave_no_plan():
    (answer,) = reproduce(study(gpus=3), ALPHA, [0], processes=1)
    assert (answer.status, answer.objective) == ("infeasible", None)


def test_where_emissions_are_negative_every_gpu_earns():
    """Eight GPUs: two modes of four, 2400 W, rather than four of two, 2000 W."""
    (answer,) = reproduce(study(factor=-500.0), ALPHA, [0], processes=1)
    assert answer.objective == pytest.approx(-500.0 * 2400.0 * 6 * SECONDS, rel=1e-9)


def test_the_better_partition_is_chosen():
    other = mode("x2", 2, 12.0, 600.0, partition="b")
    both = study(mode("x2", 2, 6.0, 500.0), other)
    (answer,) = reproduce(both, replace(ALPHA, partitions=("a", "b")), [0], processes=1)
    assert answer.partition == "b"
    assert answer.violations == ()
    assert answer.objective == pytest.approx(500.0 * 600.0 * 6 * SECONDS, rel=1e-9)


def test_a_wrong_optimum_does_not_agree():
    given = replace(study(), published={0: Optimum(window=0, status="optimal", objective=1.0)})
    (answer,) = reproduce(given, ALPHA, [0], processes=1)
    assert answer.agrees is False
    assert totals([answer]).agreeing == 0


def test_published_windows_are_met(shared_data):
    """Two optima, one of them with GPUs that earn, and a window without a plan."""
    given = read_study(shared_data / FOLDER)
    answers = reproduce(given, ALPHA, [0, 7, 27], processes=1)
    assert [one.status for one in answers] == ["optimal", "optimal", "infeasible"]
    assert all(one.agrees for one in answers)
    assert not any(one.violations for one in answers)


def test_a_choice_of_partitions_takes_the_better(shared_data):
    given = read_study(shared_data / FOLDER)
    alone, free = (
        reproduce(given, replace(ALPHA, partitions=names), [0], processes=1)[0]
        for names in (("b",), ("a", "b"))
    )
    assert free.partition == "b"
    assert free.objective == pytest.approx(alone.objective, rel=1e-9)
    assert free.objective == pytest.approx(-3.159e9, rel=1e-3)


def test_a_folder_with_holes_is_told(tmp_path, shared_data):
    for path in (shared_data / FOLDER).glob("*.csv"):
        (tmp_path / path.name).write_text(path.read_text())
    demand = (tmp_path / "demand.csv").read_text().replace("a,7,SS,", "a,7,XX,")
    (tmp_path / "demand.csv").write_text(demand)
    with pytest.raises(InvalidInput) as caught:
        read_study(tmp_path)
    assert caught.value.problems == (
        "demand.csv: a/SS has no row for step 7 (1 missing in all)",
    )


def test_the_command_prints_one_document(shared_data, capsys):
    folder = str(shared_data / FOLDER)
    asked = ["reproduce", "freesh", "--data", folder, "--windows", "0", "--json", "--quiet"]
    assert main(asked) == 0
    document = json.loads(capsys.readouterr().out)
    (window,) = document["windows"]
    assert (window["window"], window["status"], window["agrees"]) == (0, "optimal", True)
    assert document["units"]["ews_per_kgco2e"] == 3.6e9


@pytest.mark.parametrize(
    "wrong",
    [("--windows", "99"), ("--windows", "x"), ("--partitions", "c"), ("--objective", "x")],
)
def test_what_is_not_there_is_refused(shared_data, wrong):
    assert main(["reproduce", "freesh", "--data", str(shared_data / FOLDER), *wrong]) == 2


def test_the_page_tells_claim_and_numbers():
    runs = [
        Run(question, reproduce(study(), question, [0], processes=1))
        for question in questions(["a"], 1.1, 2.0)
    ]
    text = page(runs)
    assert "28.6 %" in text
    assert "0.00 % less carbon for 0.00 % more energy" in text
