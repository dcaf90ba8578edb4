"""Reading: what YAML means here, and what is refused with a line."""

from __future__ import annotations

import time

import pytest

from carbonplan.errors import InvalidInput
from carbonplan.scenario.document import plain
from carbonplan.scenario.read import MAX_BYTES, read_document, read_value
from tests.scenario.samples import MINIMAL, loaded, minimal, problems, written


def read(text: str | bytes) -> object:
    content = text.encode() if isinstance(text, str) else text
    return plain(read_document(content, "scenario.yaml"))


def refusal(text: str | bytes) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        read(text)
    return list(caught.value.problems)


@pytest.mark.parametrize(
    ("written_as", "value"),
    [
        ("NO", "NO"),
        ("on", "on"),
        ("off", "off"),
        ("yes", "yes"),
        ("22:22", "22:22"),
        ("010", 10),
        ("0o10", 8),
        ("0x1F", 31),
        ("1e3", 1000.0),
        ("1_000", "1_000"),
        ("-0", 0),
        ("+1.5", 1.5),
        (".5", 0.5),
        ("nan", "nan"),
        ("inf", "inf"),
        ("true", True),
        ("~", None),
        ("", None),
        ("'5'", "5"),
        ("!!str 5", "5"),
        ("! 5", "5"),
        ("!!float 5", 5),
        ("2026-02-30", "2026-02-30"),
        ("2024-04-16T00:00:00Z", "2024-04-16T00:00:00Z"),
    ],
)
def test_scalars_follow_the_core_schema_of_yaml_1_2(written_as, value):
    found = read(f"key: {written_as}")["key"]
    assert found == value
    assert type(found) is type(value)


def test_keys_are_text_whatever_they_look_like():
    assert read("NO: 1\n2030: 2\ntrue: 3\n1: 4\n") == {"NO": 1, "2030": 2, "true": 3, "1": 4}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-8"])
def test_marks_of_byte_order_are_accepted(encoding):
    assert read("name: Zürich".encode(encoding)) == {"name": "Zürich"}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a: 1\nb: [1, 2\nc: 3", "line 3, column 2:"),
        ("a:\n\tb: 1", "line 2, column 1: found a tab; expected spaces"),
        ("a: 1\nb: x\0y", 'line 2, column 5: found control character "\\x00"'),
        ("a: 1\nname: Zürich".encode("latin-1"), "line 2, column 8: found byte 0xfc"),
        (b"a: 1\nb: \xe2\x82", "save the file as UTF-8"),
        ("a: 'b", "line 1, column 6: found unexpected end of stream"),
        ("", "the file is empty; a scenario is a mapping"),
        ("# nothing\n", "the file is empty"),
        ("just text", "line 1, column 1: a scenario is a mapping"),
        ("- a\n- b", "line 1, column 1: a scenario is a mapping"),
        ("a: 1\n---\nb: 2", "line 2, column 1: a second document"),
        ("%YAML 1.1\n---\na: 1", "expected YAML 1.2"),
        ("a: 1\nb: 2\na: 3", 'line 3, column 1: key "a" was given before, in line 1'),
        ("a: &x 1\nb: *x", "line 1, column 4: anchors and aliases are refused"),
        ("a: {<<: {b: 1}}", "merge keys are refused"),
        ("? [a, b]\n: 1", "expected a name before the colon"),
        (": 1", "expected a name before the colon"),
        ("a: !!python/object:os.system x", "tag tag:yaml.org,2002:python/object:os.system is"),
        ("a: !foo x", "tag !foo is refused"),
        ("a: !foo [x]", "tag !foo is refused"),
        ("a: !!int x", '"x" is not what its tag tag:yaml.org,2002:int says'),
        ('a: "\\ud800"', 'line 1, column 4: found "\\ud800", half a character'),
        ("a: .nan", "line 1, column 4: found .nan, expected a finite number"),
        ("a: -.inf", "found -.inf, expected a finite number"),
        ("a: 1e999", "found 1e999, expected a finite number"),
        ("a: " + "9" * 5000, "found a number of 5,000 characters, at most 40 fit"),
    ],
)
def test_what_is_no_scenario_is_refused_with_its_place(content, expected):
    assert expected in refusal(content)[0]


def test_all_problems_of_reading_come_at_once():
    found = refusal("a: .nan\nb: !foo 1\nb: 2\nc: .inf")
    assert [line.partition(",")[0] for line in found] == [
        "line 1",
        "line 2",
        "line 3",
        "line 4",
    ]


ALIASES = "a0: &a0 [x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 9)
)
MERGES = "m0: &m0 {k: 1}\n" + "".join(
    f"m{i}: &m{i} {{<<: [{', '.join([f'*m{i - 1}'] * 9)}]}}\n" for i in range(1, 8)
)


@pytest.mark.parametrize(
    "bomb",
    [
        ALIASES,
        MERGES,
        "a: &a [*a]",
        "a: " + "[" * 1_000 + "]" * 1_000,
        "[" * 100_000,
        "{a: " * 100_000,
        "- " * 100_000,
        "? " * 100_000,
        "".join(" " * i + "a:\n" for i in range(1_000)),
        "\n".join(f"k{i}: {i}" for i in range(20_001)),
        "a: " + "!" * 500_000,
        "a: [" + "1, " * 300_000 + "]",
        "a" * (MAX_BYTES + 1),
    ],
    ids=lambda bomb: bomb[:8].strip(),
)
def test_bombs_are_refused_at_once(tmp_path, bomb):
    path = written(tmp_path, bomb)
    start = time.process_time()
    assert problems(tmp_path, path.read_bytes())
    assert time.process_time() - start < 1.0  # at most half a second on an idle machine


def test_depth_and_size_are_limited_by_name(tmp_path):
    assert "nested deeper than 32" in refusal("a: " + "[" * 1_000)[0]
    assert "more than 20,000 values" in refusal("\n".join(f"k{i}: 1" for i in range(20_001)))[0]
    assert "series belong in CSV" in problems(tmp_path, "#" * (MAX_BYTES + 1))[0]


def test_no_more_of_a_file_is_read_than_the_limit(tmp_path):
    path = written(tmp_path, "")
    with path.open("wb") as file:
        file.truncate(100 * 2**30)  # sparse: 100 GiB that no machine here could hold
    assert "larger than 1,048,576 bytes" in problems_of_file(path)[0]


def problems_of_file(path) -> list[str]:
    from carbonplan.scenario import load

    with pytest.raises(InvalidInput) as caught:
        load(path)
    return list(caught.value.problems)


def test_a_value_of_the_command_line_has_no_lines():
    node = read_value("[a, {b: 1}]", "--set")
    assert plain(node) == ["a", {"b": 1}]
    assert str(node.place) == "--set"
    with pytest.raises(ValueError, match="--set: "):
        read_value("[a", "--set")


def test_region_no_and_times_survive_to_the_scenario(tmp_path):
    scenario = loaded(tmp_path, minimal("[north]", "[NO, on]")).scenario
    assert [site.region for site in scenario.regions] == ["NO", "on"]
    assert scenario.horizon.start.isoformat() == "2024-04-16T00:00:00+00:00"


def test_many_problems_are_cut_at_a_hundred(tmp_path):
    found = problems(tmp_path, MINIMAL + "".join(f"k{i}: 1\n" for i in range(5_000)))
    assert len(found) == 101
    assert found[-1] == "and more"
