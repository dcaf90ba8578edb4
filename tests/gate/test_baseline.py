"""The baseline file: what it keeps, and what of it is refused."""

import json

import pytest

from carbonplan.errors import InvalidInput, UsageError
from carbonplan.gate.baseline import (
    Baseline,
    Entry,
    Kept,
    Servers,
    entry_of,
    key_of,
    read_baseline,
    thresholds_of,
    write_baseline,
)
from carbonplan.gate.changes import UNREADABLE, changes
from carbonplan.gate.outcome import standard
from carbonplan.gate.thresholds import thresholds


def entry(**changed) -> Entry:
    """An entry of a week."""
    values = {
        "fingerprint": "0123456789ab",
        "hours": 168.0,
        "objective": "carbon",
        "gap": 0.01,
        "impacts": {"carbon": Kept(unit="kgCO2e", value=100.0, at_least=99.0, within=0.0)},
        "servers": [Servers(stage="now", sku="t4-1", region="north", count=3)],
        "scenario": {"name": "week"},
        "series": {"pue": {"north": 1.2}},
        "files": {"grid/north.csv": "abc"},
        "versions": {"carbonplan": "0.1.0"},
    }
    return Entry(**{**values, **changed})


def test_what_is_written_is_read_back_and_others_stay(tmp_path):
    path = tmp_path / "baseline.json"
    write_baseline(path, Baseline(), "week", entry())
    write_baseline(path, read_baseline(path), "week@busy", entry(variant="busy"))
    found = read_baseline(path)
    assert found.plans == {"week": entry(), "week@busy": entry(variant="busy")}
    assert [one.name for one in tmp_path.iterdir()] == ["baseline.json"]


def test_a_change_of_one_impact_is_a_change_of_few_lines(tmp_path):
    path = tmp_path / "baseline.json"
    write_baseline(path, Baseline(), "week", entry())
    before = path.read_text(encoding="utf-8").splitlines()
    dearer = Kept(unit="kgCO2e", value=110.0, at_least=109.0, within=0.0)
    write_baseline(path, read_baseline(path), "week", entry(impacts={"carbon": dearer}))
    after = path.read_text(encoding="utf-8").splitlines()
    assert len(before) == len(after) < 30
    assert sum(was != now for was, now in zip(before, after, strict=True)) == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "not valid JSON"),
        ("[]", "the file"),
        ('{"carbonplan_baseline": 2}', "carbonplan_baseline: found 2"),
        ('{"plan": {}}', "plan: found a mapping"),
        ('{"plans": {}, "plans": {}}', "a key stands twice"),
        ('{"plans": {"week": {"hours": NaN}}}', "NaN is not a number"),
        ("[" * 100_000, "not valid JSON"),
        ("[" * 100 + "]" * 100, "nested deeper than 40 levels"),
    ],
)
def test_a_file_that_is_none_is_refused_with_its_place(content, words, tmp_path):
    path = tmp_path / "baseline.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InvalidInput) as error:
        read_baseline(path)
    assert words in str(error.value)
    assert "\n" not in error.value.problems[0]


def test_a_value_that_is_no_number_is_named_by_its_path(tmp_path):
    path = tmp_path / "baseline.json"
    write_baseline(path, Baseline(), "week", entry())
    content = json.loads(path.read_text(encoding="utf-8"))
    content["plans"]["week"]["impacts"]["carbon"]["value"] = "1e2"
    del content["plans"]["week"]["hours"]
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(InvalidInput) as error:
        read_baseline(path)
    assert "plans.week.hours: missing" in str(error.value)
    assert 'plans.week.impacts.carbon.value: found "1e2"' in str(error.value)


def test_a_missing_file_and_a_missing_plan_say_how_to_make_them(tmp_path):
    with pytest.raises(InvalidInput, match="--update"):
        read_baseline(tmp_path / "none.json")
    with pytest.raises(InvalidInput, match='nearest: "week"'):
        entry_of(Baseline(plans={"week": entry()}), "wek", tmp_path)


def test_thresholds_of_a_plan_go_before_those_of_the_file(tmp_path):
    baseline = Baseline(max_increase={"carbon": "1%", "cost": "2%"})
    found = thresholds_of(baseline, entry(max_increase={"carbon": "5%"}), tmp_path)
    assert {name: one.share for name, one in found.items()} == {"carbon": 0.05, "cost": 0.02}
    with pytest.raises(InvalidInput, match="max_increase"):
        thresholds_of(Baseline(max_increase={"carbon": "x"}), None, tmp_path)


def test_thresholds_of_the_command_go_before_all(tmp_path):
    path = tmp_path / "baseline.json"
    write_baseline(path, Baseline(), "week", entry(max_increase={"carbon": "5%"}))
    found = standard(path, "week", thresholds(["carbon=1%,cost=2%"]), update=False)
    assert {name: one.share for name, one in found.asked.items()} == {
        "carbon": 0.01,
        "cost": 0.02,
    }


def test_without_any_threshold_there_is_nothing_to_hold(tmp_path):
    path = tmp_path / "baseline.json"
    write_baseline(path, Baseline(), "week", entry())
    with pytest.raises(UsageError, match="no threshold"):
        standard(path, "week", {}, update=False)
    assert standard(path, "month", {}, update=True).old is None


def test_variants_stand_beside_their_scenario():
    assert (key_of("week", None), key_of("week", "busy")) == ("week", "week@busy")


def test_changes_name_series_files_fleet_and_horizon():
    new = entry(
        hours=24.0,
        series={"pue": {"north": 1.3}},
        files={"grid/north.csv": "def"},
        servers=[Servers(stage="now", sku="t4-1", region="north", count=5)],
    )
    found = changes(entry(), new)
    (pue,) = found.series
    assert (pue.of, pue.old, pue.new) == ("north", 1.2, 1.3)
    assert [(one.path, one.old, one.new) for one in found.files] == [
        ("grid/north.csv", "abc", "def")
    ]
    assert [(one.old, one.new) for one in found.fleet] == [(3, 5)]
    assert UNREADABLE in found.notes  # {"name": "week"} is no scenario
    assert any("compared by the hour" in note for note in found.notes)
