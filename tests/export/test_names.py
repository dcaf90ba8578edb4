"""Names as labels, values, lines and code spans."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonplan.export.names import code, is_safe_argument, label, label_value, one_line

RFC_1035 = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("aws-us-east-1", "aws-us-east-1"),
        ("llama-3.1-8b@h100-sxm-8:tp1:fp8", "llama-3-1-8b-h100-sxm-8-tp1-fp8-a7d0c5bd"),
        ("9a", "x-9a-66e23d5f"),
        ("", "x-e3b0c442"),
    ],
)
def test_a_label_keeps_what_is_one_and_marks_what_had_to_change(name, found):
    assert label(name) == found


@given(st.text(max_size=200))
def test_every_name_gives_a_label_and_a_value(name):
    assert RFC_1035.fullmatch(label(name))
    assert LABEL_VALUE.fullmatch(label_value(name))
    assert label(name) == label(name)


@given(st.text(max_size=80), st.text(max_size=80))
def test_different_names_have_different_labels(one, other):
    if one != other:
        assert label(one) != label(other)
        assert label_value(one) != label_value(other)


@given(st.text(max_size=300))
def test_one_line_is_one_line(text):
    assert len(one_line(text).splitlines()) <= 1
    assert one_line(text).isprintable() or not one_line(text).isascii()


def test_long_text_is_elided():
    assert one_line("x" * 200, 10) == "x" * 9 + "…"


@pytest.mark.parametrize(
    ("text", "span"),
    [("a", "`a`"), ("a`b", "``a`b``"), ("`", "`` ` ``"), ("a|b", "`a\u00a6b`")],
)
def test_code_spans_hold_what_is_in_them(text, span):
    assert code(text) == span


@pytest.mark.parametrize("text", ["--x", "-x", "", " x", "a\nb", "a;b", "$(x)", "a" * 129])
def test_what_could_be_an_option_is_no_argument(text):
    assert not is_safe_argument(text)
