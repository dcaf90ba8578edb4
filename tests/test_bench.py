"""The benchmark suite: its parts do what the page says, on programs of no size."""

from __future__ import annotations

import sys
from argparse import ArgumentTypeError

import numpy as np
import pytest

from bench import page
from bench.__main__ import MEASUREMENTS, keys
from bench.circumstances import cpu_model, now
from bench.in_linopy import stated
from bench.million_pairs import CLASSES, evaluated, many_classes, many_replicas
from bench.places import EIGHT_REGIONS_SERIES, PAGE, ROOT
from bench.replay import as_requests, region
from bench.runner import Run, WayFailed, fresh, interleaved, median, timed
from bench.section import Section, at_least, at_most, same_optimum
from bench.series import eight_regions_week, week
from carbonplan.catalogue.hardware import sku_names
from carbonplan.replay import engine
from carbonplan.replay.arrays import DONE
from tests.answers import optimum
from tests.tiny import tiny


def run(seconds: float) -> Run:
    return Run(wall_s=9.0, cpu_s=9.0, peak_mb=1.0, exit_code=0, result={"seconds": seconds})


def test_a_process_is_timed_and_must_end_as_expected():
    found = timed([sys.executable, "-S", "-c", "import sys; sys.exit(5)"], codes=(5,))
    assert found.exit_code == 5
    assert found.seconds == found.wall_s > 0
    assert found.peak_mb > 1
    with pytest.raises(WayFailed, match="out of luck"):
        timed([sys.executable, "-S", "-c", "raise SystemExit('out of luck')"])


def test_a_call_runs_in_a_fresh_interpreter():
    found = fresh("bench.circumstances:libraries")
    assert found.result == list(now("").versions.split(", ")[1:])


def test_ways_take_turns():
    turns = []
    ways = {name: lambda name=name: turns.append(name) or run(1.0) for name in "ab"}
    assert len(interleaved(ways, rounds=2)["a"]) == 2
    assert turns == ["a", "b", "a", "b"]
    assert len(interleaved(ways, rounds=3, enough_s=0.0)["b"]) == 1


def test_the_median_is_a_run():
    assert median([run(3.0), run(1.0), run(2.0)]).seconds == 2.0
    assert median([run(3.0), run(1.0)]).seconds == 1.0


def test_targets():
    assert at_most("time", 1.5, 1.5, "s").holds
    assert not at_least("ratio", 14.0, 15.0, "×").holds
    assert same_optimum({"a": 100.0, "b": 100.1}, gap=0.001).holds
    assert not same_optimum({"a": 100.0, "b": 101.0}, gap=0.001).holds
    assert not same_optimum({"a": 100.0, "b": None}, gap=0.001).holds


def test_a_table_is_rewritten_between_its_markers():
    begin, end = page.markers("d")
    text = page.rewritten(f"above\n{begin}\nold\n{end}\nbelow\n", "d", "new")
    assert text == f"above\n{begin}\n\nnew\n\n{end}\nbelow\n"
    assert page.rewritten(text, "d", "new") == text
    with pytest.raises(ValueError, match="no markers"):
        page.rewritten(text, "a", "new")


def test_the_page_has_a_place_for_every_measurement_and_no_path_of_a_machine():
    text = PAGE.read_text(encoding="utf-8")
    for key in MEASUREMENTS:
        assert all(marker in text for marker in page.markers(key))
    assert str(ROOT) not in text


def test_a_block_says_where_it_was_measured():
    target = at_most("time", 1.0, 2.0, "s")
    section = Section("d", "two starts", ("way", "s"), (("this", "1.0"),), (target,))
    text = page.block(section, now("python -m bench --only d"))
    assert text.startswith("Two starts.\n\n| target | found | wanted | holds |\n")
    assert "| time | 1 s | ≤ 2 s | yes |" in text
    assert "| this | 1.0 |" in text
    assert "`python -m bench --only d`" in text
    assert cpu_model() in text


def test_measurements_are_chosen_by_letter():
    assert keys("d,c") == ["d", "c"]
    with pytest.raises(ArgumentTypeError, match="unknown x"):
        keys("a,x")


def test_the_pairs_are_a_hundred_classes_on_replicas_of_every_server():
    assert len(set(many_classes())) == CLASSES
    replicas = many_replicas(2_000)
    assert len(replicas) == 2_000
    assert {one.server.name for one in replicas} == set(sku_names())
    found = evaluated(200)
    assert found["pairs"] == 200 * CLASSES
    assert 0.3 < found["serving"] < 0.9
    assert found["seconds"] > 0


def test_the_week_is_made_of_typical_days():
    days = "time_utc,weight,N,S\n2022-01-28T00:00Z,49,1.5,2.5\n2022-01-28T01:00Z,49,3.5,4.5\n"
    assert week({"south": "S"}, days) == (
        "time_utc,south\n2022-02-21T00:00Z,2.5\n2022-02-21T01:00Z,4.5\n"
    )
    assert EIGHT_REGIONS_SERIES.read_text(encoding="utf-8") == eight_regions_week()


def test_linopy_states_the_same_program():
    room_kw = {"site_it_limit_kw": [[1.5, 1.5], [99.0, 99.0]]}
    problem = tiny(room_kw, whole_replicas=False, site_power_kw={"clean": 1.5})
    m = stated(problem)
    m.solve(solver_name="highs", io_api="direct", mip_rel_gap=0.0, output_flag=False)
    least = optimum(problem).total
    assert m.objective.value == pytest.approx(least, rel=1e-7)
    assert least > optimum(tiny(whole_replicas=False)).total  # the limit counts


def test_linopy_refuses_what_it_does_not_state():
    with pytest.raises(NotImplementedError, match="replicas"):
        stated(tiny())


@pytest.mark.parametrize("full", [False, True])
def test_the_replayed_region_is_one_that_the_event_loop_takes(full):
    """Three requests, a second apart, of 100 tokens in and 10 out."""
    trace = np.arange(3.0), np.full(3, 100), np.full(3, 10)
    outcomes = engine.run(as_requests(trace), *region(full), 60)
    assert (outcomes.state == DONE).all()
