import pytest

from carbonplan.compare.cases import (
    MOST_CASES,
    Axis,
    Case,
    Point,
    combined,
    distinct,
    label_of,
    refuse_too_many,
)
from carbonplan.errors import InvalidInput, UsageError


def case(name: str) -> Case:
    return Case(name, "s.yaml", None, (), {}, {})


def test_every_combination_is_a_case_and_the_last_axis_varies_fastest():
    chips = Axis("chip", (Point("h100", ("fleet.skus=[h100]",)), Point("l4", variant="old")))
    loads = Axis("rps", (Point("1", ("x=1",), number=1.0), Point("2", ("x=2",), number=2.0)))
    cases = list(combined("s.yaml", [chips, loads], ["gap=0"]))
    assert [one.name for one in cases] == ["h100,1", "h100,2", "l4,1", "l4,2"]
    assert cases[1].overrides == ("gap=0", "fleet.skus=[h100]", "x=2")
    assert (cases[1].variant, cases[2].variant) == (None, "old")
    assert cases[3].labels == {"chip": "l4", "rps": "2"}
    assert cases[3].numbers == {"rps": 2.0}


def test_a_harmless_name_is_its_own_folder_and_others_differ():
    assert case("h100-sxm-8,0.5").folder == "h100-sxm-8,0.5"
    odd = ["../up", "a/b", "a b", ".hidden", "<script>", "-rf", "x" * 300, "漢字", "a\x1b[1m"]
    folders = [case(name).folder for name in odd]
    assert len(set(folders)) == len(odd)
    assert all(set(f) <= set("abcdefghijklmnopqrstuvwxyz0123456789-,") for f in folders[:5])
    assert not any("/" in f or f.startswith((".", "-")) or len(f) > 90 for f in folders)


def test_names_that_some_systems_cannot_tell_apart_are_refused():
    with pytest.raises(InvalidInput, match='two cases are called "H100"'):
        distinct([case("h100"), case("H100")])


def test_no_case_and_too_many_cases_are_wrong_usage():
    with pytest.raises(UsageError, match="no case"):
        distinct([])
    wide = Axis("n", tuple(Point(str(i)) for i in range(MOST_CASES // 2 + 1)))
    with pytest.raises(UsageError, match="5001 x 2 = 10,002 cases"):
        refuse_too_many([wide, Axis("two", (Point("a"), Point("b")))], "s.yaml")


def test_ten_thousand_cases_are_taken():
    axis = Axis("n", tuple(Point(str(i)) for i in range(MOST_CASES)))
    assert len(distinct(combined("s.yaml", [axis], ()))) == MOST_CASES


@pytest.mark.parametrize(
    ("value", "label"),
    [
        (0.5, "0.5"),
        (None, "none"),
        (True, "true"),
        (["a", "b"], "a+b"),
        ("a\x1b", "a\\x1b"),
        ([{"region": "a"}], "value-3"),
        ({}, "value-3"),
    ],
)
def test_values_are_called_what_they_are(value, label):
    assert label_of(value, 2) == label
