"""Tables that spreadsheets may open."""

from __future__ import annotations

import io

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carbonplan.plan.tabulate import csv_bytes, guarded_text
from tests.plan import example

HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "＝1", "'=1", "a,b", 'a"b', "NA", ""]


@pytest.mark.parametrize("text", HOSTILE[:8])
def test_no_cell_starts_a_formula(text):
    assert guarded_text(text) == "'" + text


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])) | st.sampled_from(HOSTILE))
@settings(max_examples=100, deadline=None)
def test_text_and_numbers_read_back(text):
    table = pd.DataFrame({"name": [text], "value": [0.1 + 0.2], "drop": [-1.5]})
    content = io.BytesIO(csv_bytes(table))
    found = pd.read_csv(content, keep_default_na=False, dtype={"name": str})
    assert found["name"][0] in (text, "'" + text)
    assert found["value"][0] == 0.1 + 0.2
    assert found["drop"][0] == -1.5


def test_rows_in_which_nothing_happens_are_left_out():
    found = example.plan().tables()
    assert len(found["replicas"]) == 4
    assert set(found["replicas"]["engine"]) == {example.CONFIGURATION.engine}
    assert set(found["replicas"]["sku"]) == {"box"}
    assert len(found["load"]) == 4
    assert set(found["load"]["configuration"]) == {example.CONFIGURATION.name}
    assert set(found["load"]["engine"]) == {example.CONFIGURATION.engine}
    assert found["backlog"]["backlog_krequests"].tolist() == [18.0]
    assert found["servers"]["servers"].tolist() == [2.0, 2.0]
    assert set(found["configurations"]["configuration"]) == {
        example.CONFIGURATION.name,
        example.SPARE.name,
    }
