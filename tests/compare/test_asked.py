from pathlib import Path

import pytest

from carbonplan.catalogue.shipped import scenarios_root
from carbonplan.compare.asked import Asked, asked_impacts, matrix
from carbonplan.errors import InvalidInput, UsageError

ONE_HOUR = scenarios_root() / "one-hour.yaml"
GENERATIONS = scenarios_root() / "two-generations.yaml"
REGIONS = scenarios_root() / "compare-regions.yaml"


def names(**asked) -> list[str]:
    return [case.name for case in matrix(Asked(**asked)).cases]


def test_values_on_the_command_line_are_axes():
    over = ("fleet.skus=[l4-8]|[h100-sxm-8]", "workloads[chat].ttft_s=0.5|1|2")
    found = matrix(Asked((ONE_HOUR,), over=over))
    assert found.title == "one-hour"
    assert found.axes == ("fleet.skus", "workloads[chat].ttft_s")
    assert found.given == ("workloads[chat].ttft_s",)
    assert [case.name for case in found.cases][:2] == ["l4-8,0.5", "l4-8,1"]
    assert found.cases[-1].overrides == ("fleet.skus=[h100-sxm-8]", "workloads[chat].ttft_s=2")
    assert found.cases[0].numbers == {"workloads[chat].ttft_s": 0.5}


def test_the_scenario_names_axes_and_the_command_line_chooses_among_them():
    assert len(names(scenarios=(REGIONS,))) == 16
    assert names(scenarios=(REGIONS,), over=("generation",)) == ["t4", "ada"]
    found = matrix(Asked((REGIONS,), over=("rps", "fleet.utilisation_limit=0.5|0.6")))
    assert found.cases[0].overrides[0] == "compare=[]"
    assert found.given == ()  # all axes are numbers: nothing but these can be chosen


def test_variants_are_an_axis_with_the_scenario_as_it_stands():
    assert names(scenarios=(GENERATIONS,), variants="all") == ["base", "busy", "standing"]
    found = matrix(Asked((GENERATIONS,), "busy,base", given="variant"))
    assert [case.variant for case in found.cases] == ["busy", None]
    assert found.given == ("variant",)


def test_several_scenarios_are_an_axis():
    assert names(scenarios=(ONE_HOUR, GENERATIONS)) == ["one-hour", "two-generations"]
    with pytest.raises(InvalidInput, match='two cases are called "one-hour"'):
        matrix(Asked((ONE_HOUR, ONE_HOUR)))


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({}, "nothing varies; give --variants, --over"),
        ({"variants": "bsy"}, 'no variant "bsy"; nearest: "busy"'),
        ({"over": ("fleet.skus",)}, "expected PATH=V1|V2"),
        ({"over": ("x y=1|2",)}, "expected PATH=V1|V2"),
        ({"over": ("fleet.skus=a||b",)}, "expected PATH=V1|V2"),
        ({"over": ("fleet.skus=[a",)}, "--over"),
        ({"over": ("solver.gap=0|1", "solver.gap=2")}, '"solver.gap" is given twice'),
        ({"over": ("solver.gap=0|1",), "given": "solver.gp"}, 'nearest: "solver.gap"'),
    ],
)
def test_what_has_no_meaning_is_refused(asked, words):
    with pytest.raises(UsageError) as refused:
        matrix(Asked((GENERATIONS,), **asked))
    assert words in str(refused.value)


def test_a_value_given_twice_is_two_cases_of_one_name():
    with pytest.raises(InvalidInput, match='two cases are called "0'):
        matrix(Asked((ONE_HOUR,), over=("solver.gap=0.5|0.5",)))


def test_hostile_values_have_inert_labels():
    (one, _) = names(scenarios=(ONE_HOUR,), over=('name="a\\e[31m\\u202eb"|c',))
    assert one == "a\\x1b[31m\\u202eb"


@pytest.mark.parametrize("listed", ["", "carbn", "carbon,carbon"])
def test_impacts_that_are_none_are_refused(listed):
    with pytest.raises(UsageError):
        asked_impacts(listed)


def test_problems_of_the_section_are_told_with_their_lines(tmp_path: Path):
    from carbonplan.scenario import load

    text = ONE_HOUR.read_text(encoding="utf-8")
    (tmp_path / "s.yaml").write_text(
        text
        + """
compare:
  - {axis: a, path: fleet.skus}
  - {axis: b, path: fleet.sks, values: [[l4-8]]}
  - {axis: c, cases: {x: {compare: []}}}
  - {axis: d, cases: {}}
  - {axis: e, cases: {y: {}}, values: [1]}
  - {axis: f, path: "a b", values: [1]}
""",
        encoding="utf-8",
    )
    with pytest.raises(InvalidInput) as refused:
        load(tmp_path / "s.yaml")
    problems = "\n".join(refused.value.problems)
    for words in (
        "compare[a]: expected path and values, or cases; found path alone",
        'compare[b].path: "fleet.sks": unknown key "sks"; nearest: "skus"',
        'found "compare", expected a path outside compare',
        "compare[d].cases: found none, expected at least one",
        "compare[e].cases: found with values, expected one of the two",
        'compare[f].path: found "a b", expected a path',
    ):
        assert words in problems


def test_too_many_combinations_are_told(tmp_path: Path):
    from carbonplan.scenario import load

    many = ", ".join(map(str, range(101)))
    text = ONE_HOUR.read_text(encoding="utf-8") + "compare:\n"
    for axis in ("a", "b"):
        text += f"  - {{axis: {axis}, path: solver.seed, values: [{many}]}}\n"
    (tmp_path / "s.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput, match="101 x 101 = 10,201 cases, expected at most 10,000"):
        load(tmp_path / "s.yaml")
