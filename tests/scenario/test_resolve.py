"""Base, extending file, variant, ``--set``: what wins, and which files may be named."""

from __future__ import annotations

import os

import pytest

from carbonplan.errors import InvalidInput, UsageError
from carbonplan.scenario import load, resolved_text
from carbonplan.scenario.files import locate
from tests.scenario.samples import COMPLETE, MINIMAL, loaded, minimal, problems, written

EXTENDING = """\
extends: base.yaml
name: extended
fleet: {utilisation_limit: 0.6}
workloads[chat]:
  tpot_s: 60 ms
"""


def test_later_layers_win_and_mappings_merge(tmp_path):
    written(tmp_path, COMPLETE, "base.yaml")
    scenario = loaded(
        tmp_path, EXTENDING, "workloads[chat].tpot_s=0.07", variant="hurried"
    ).scenario
    chat, night = scenario.workloads
    assert scenario.name == "extended"
    assert scenario.description == "every section"
    assert scenario.fleet.utilisation_limit == 0.6  # extending file over base
    assert scenario.fleet.skus == ["h100-sxm-8", "t4-4"]  # untouched beside it
    assert chat.ttft_s == 0.4  # variant of the base over base
    assert chat.tpot_s == 0.07  # --set over extending file
    assert night.deadline_hours == 24


def test_lists_replace(tmp_path):
    small = loaded(tmp_path, COMPLETE.replace("  existing: ", "  #"), variant="small").scenario
    assert small.fleet.skus == ["t4-4"]
    assert small.fleet.stock == []


def test_variants_of_one_name_apply_base_first(tmp_path):
    written(tmp_path, COMPLETE, "base.yaml")
    text = EXTENDING + "variants:\n  hurried:\n    workloads[chat]: {tpot_s: 0.02}\n"
    chat = loaded(tmp_path, text, variant="hurried").scenario.workloads[0]
    assert (chat.ttft_s, chat.tpot_s) == (0.4, 0.02)


def test_places_name_line_and_file(tmp_path):
    written(tmp_path, MINIMAL, "bases/base.yaml")
    text = EXTENDING.replace("base.yaml", "bases/base.yaml")
    scenario = loaded(tmp_path, text, "solver.gap=0.01")
    assert scenario.where("workloads", "chat", "tpot_s") == "line 5, workloads[chat].tpot_s"
    assert scenario.where("workloads", 0, "llm") == "base.yaml line 11, workloads[chat].llm"
    assert scenario.where("workloads", 0, "percentile") == "line 4, workloads[chat].percentile"
    assert scenario.where("solver", "gap") == "--set, solver.gap"
    assert scenario.where("cost", "acquisition") == "cost.acquisition"
    assert scenario.lines["workloads", 0, "llm"] == scenario.lines["workloads", "chat", "llm"]
    assert [file.name for file in scenario.files] == ["scenario.yaml", "base.yaml"]
    assert scenario.folder_of("workloads", 0, "llm") == scenario.folder / "bases"
    assert scenario.folder_of("workloads", "chat", "tpot_s") == scenario.folder


def test_problems_of_a_base_name_it(tmp_path):
    written(tmp_path, minimal("hours: 24", "hours: 0"), "base.yaml")
    found = problems(tmp_path, "extends: base.yaml\nname: 5\n")
    assert found[0].startswith("line 2, name: found 5")
    assert found[1].startswith("base.yaml line 3, horizon.hours: found 0")
    written(tmp_path, "a: [", "base.yaml")
    assert problems(tmp_path, "extends: base.yaml")[0].startswith("base.yaml line 1, column 5:")


def test_variants_that_are_not_chosen_are_checked_too(tmp_path):
    text = (
        MINIMAL + "variants:\n  a: {solver: {gapp: 1}}\n  b:\n    workloads[chta]: {llm: x}\n"
    )
    assert problems(tmp_path, text) == [
        'line 18, solver.gapp: unknown key "gapp"; nearest: "gap"',
        'line 20, workloads[chta]: no item "chta" in "workloads"; nearest: "chat"',
    ]


@pytest.mark.parametrize("variants", ["5", "[a]", "{a: 5}", "{a: null}"])
def test_variants_are_partial_scenarios_by_name(tmp_path, variants):
    (line,) = problems(tmp_path, MINIMAL + f"variants: {variants}\n")
    assert line.startswith("line 17, variants")
    assert "expected a mapping" in line


def test_an_unknown_variant_is_wrong_usage(tmp_path):
    with pytest.raises(UsageError, match='no variant "hurred"; nearest: "hurried"'):
        loaded(tmp_path, COMPLETE, variant="hurred")
    with pytest.raises(UsageError, match="it has none"):
        loaded(tmp_path, MINIMAL, variant="any")


def test_a_circle_of_extends_is_named(tmp_path):
    written(tmp_path, "extends: scenario.yaml", "b.yaml")
    (line,) = problems(tmp_path, "extends: b.yaml")
    assert line == (
        "b.yaml line 1, extends: files extend each other: scenario.yaml -> b.yaml -> "
        "scenario.yaml"
    )


def test_chains_are_short(tmp_path):
    for i in range(1_000):
        written(tmp_path, f"extends: s{i + 1}.yaml", f"s{i}.yaml")
    (line,) = problems(tmp_path, "extends: s0.yaml")
    assert "more than 16 files" in line


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("bas.yaml", 'no file "bas.yaml"; nearest: "base.yaml"'),
        ("BASE.yaml", 'nearest: "base.yaml"'),
        ("../outside.yaml", "lies outside the scenario's folder"),
        ("/etc/passwd", "lies outside the scenario's folder"),
        ("link.yaml", "lies outside the scenario's folder"),
        ("~/base.yaml", "expected a path relative"),
        ("file:base.yaml", "expected a path relative"),
        ('"a\\0b"', 'found "a\\x00b", expected a path relative'),
        ("folder", "not a regular file"),
        ("pipe", "not a regular file"),
        ("loop", "no file"),
        ("x" * 300, "no file"),
        ("[base.yaml]", "found a list, expected the name of a scenario file"),
        ("''", "expected the name of a scenario file"),
    ],
)
def test_extends_names_a_file_of_the_folder(tmp_path, reference, expected):
    home = tmp_path / "home"
    written(tmp_path, MINIMAL, "outside.yaml")
    written(home, MINIMAL, "base.yaml")
    (home / "link.yaml").symlink_to(tmp_path / "outside.yaml")
    (home / "loop").symlink_to(home / "loop")
    (home / "folder").mkdir()
    os.mkfifo(home / "pipe")
    (line,) = problems(home, f"extends: {reference}\n")
    assert expected in line


def test_other_folders_are_opened_by_name(tmp_path):
    written(tmp_path / "shipped", MINIMAL, "demo.yaml")
    home = tmp_path / "home"
    for reference in ("demo.yaml", "../shipped/demo.yaml", tmp_path / "shipped/demo.yaml"):
        text = f"extends: {reference}\nname: mine\n"
        scenario = loaded(home, text, allowed_folders=(tmp_path / "shipped",))
        assert scenario.scenario.name == "mine"
        assert scenario.allowed_folders == (tmp_path / "shipped",)


def test_a_file_of_the_folder_comes_before_one_of_another(tmp_path):
    mine, other = written(tmp_path / "a", "", "x"), written(tmp_path / "b", "", "x")
    assert locate("x", mine.parent, (other.parent,)) == mine
    assert locate("x", other.parent, (mine.parent,)) == other


def test_what_is_not_a_file_is_no_scenario(tmp_path):
    written(tmp_path, MINIMAL)
    for name, expected in (
        ("scenari.yaml", 'no such file; nearest: "scenario.yaml"'),
        ("", "not a regular file"),
        ("a\0b", "no file"),
    ):
        with pytest.raises(InvalidInput, match=expected):
            load(f"{tmp_path}/{name}")


@pytest.mark.parametrize(
    ("override", "get", "value"),
    [
        ("fleet.utilisation_limit=0.7", lambda s: s.fleet.utilisation_limit, 0.7),
        ("fleet.utilisation_limit = 70 %", lambda s: s.fleet.utilisation_limit, 0.7),
        ("workloads[chat].ttft_s=300 ms", lambda s: s.workloads[0].ttft_s, 0.3),
        ("workloads[0].ttft_s=0.3", lambda s: s.workloads[0].ttft_s, 0.3),
        ("regions[0].power_limit_kw=5", lambda s: s.regions[0].power_limit_kw, 5),
        ("regions[north].power_limit_kw=5", lambda s: s.regions[0].power_limit_kw, 5),
        ("regions=[a, b]", lambda s: [site.region for site in s.regions], ["a", "b"]),
        ("solver.gap=0.01", lambda s: s.solver.gap, 0.01),
        ("description=a: b=c", lambda s: s.description, "a: b=c"),
        ("horizon.hours=2 days", lambda s: s.horizon.hours, 48),
        ("workloads[chat].origins=[x, y]", lambda s: s.workloads[0].origins[1].share, 0.5),
    ],
)
def test_set_changes_one_value(tmp_path, override, get, value):
    overrides = [override.replace("a: b=c", "'a: b=c'")]
    assert get(loaded(tmp_path, MINIMAL, *overrides).scenario) == value


def test_sets_apply_in_turn(tmp_path):
    scenario = loaded(
        tmp_path, MINIMAL, "objective.minimise=null", "objective.weights={cost: 1}"
    ).scenario
    assert scenario.objective.weights == {"cost": 1}


def test_set_addresses_items_with_two_names(tmp_path):
    scenario = loaded(tmp_path, COMPLETE, "fleet.stock[h100-sxm-8,north].servers=7").scenario
    assert scenario.fleet.stock[1].servers == 7


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("fleet.utilisation_limt=0.7", 'unknown key "utilisation_limt"; nearest: "utilis'),
        ("flet.skus=[a]", 'unknown key "flet"; nearest: "fleet"'),
        ("workloads[chta].ttft_s=1", 'no item "chta" in "workloads"; nearest: "chat"'),
        ("regions[7].pue=1.1", '"regions" has 1 items, numbered from 0'),
        ("fleet.existing[a].servers=1", 'there is no list "existing" to change'),
        ("fleet.utilisation_limit", "expected path=value"),
        ("fleet.utilisation_limit=", "expected path=value"),
        ("=5", "expected path=value"),
        ("a b=5", "expected path=value"),
        ("fleet..skus=5", "expected path=value"),
        ("fleet.skus=[a", "--set: "),
        ("extends=x.yaml", 'unknown key "extends"'),
        ("name.x=5", 'unknown key "x"'),
        ("name[0]=5", "there is no list"),
    ],
)
def test_set_without_meaning_is_wrong_usage(tmp_path, override, expected):
    with pytest.raises(UsageError) as caught:
        loaded(tmp_path, MINIMAL, override)
    assert expected in str(caught.value)


def test_set_to_a_wrong_value_is_invalid_input_and_leaves_the_file(tmp_path):
    found = problems(tmp_path, MINIMAL, "workloads[chat].ttft_s=fast", "solver.threads=2.5")
    assert found == [
        '--set, workloads[chat].ttft_s: found "fast", expected a number of seconds > 0',
        "--set, solver.threads: found 2.5, expected a whole number >= 1 and <= 256",
    ]
    assert (tmp_path / "scenario.yaml").read_text() == MINIMAL


@pytest.mark.parametrize("text", [MINIMAL, COMPLETE, minimal("[north]", "[NO, '1e3', '010']")])
def test_the_resolved_text_reads_as_the_same_scenario(tmp_path, text):
    first = loaded(tmp_path, text, "description=NO")
    again = loaded(tmp_path / "again", resolved_text(first))
    assert again.scenario == first.scenario
    assert resolved_text(again) == resolved_text(first)
