"""Factors on the time before prompts: how they are looked up, and how they are fitted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from carbonplan.replay import overheads
from carbonplan.replay.overhead_fit import LONGER, known_of, table_of, write
from carbonplan.replay.overheads import overhead_factor


def rows_of(count: int) -> pd.DataFrame:
    """Runs of two LLMs on two accelerators in turn."""
    llm, at = np.arange(count) % 2, np.arange(count) // 2 % 2
    return pd.DataFrame(
        {
            "engine": "one",
            "llm": np.where(llm == 0, "small", "large"),
            "precision": "fp8",
            "accelerator": np.where(at == 0, "h", "b"),
            "gpu_family": np.where(at == 0, "H", "B"),
            "model_family": np.where(llm == 0, "small", "large"),
            "value": 1.0,
        }
    )


def known(count: int, of_large: float):
    """Half a second passes before a prompt, of the large LLM longer by a factor."""
    rows = rows_of(count)
    replayed_s = np.ones(count)
    rows["value"] = np.where(rows["llm"] == "large", 0.5 + 0.5 * of_large, 1.0)
    return known_of(rows, replayed_s, replayed_s + 0.5 * (LONGER - 1.0))


def test_a_fit_finds_who_takes_longer():
    found = known(400, of_large=2.0)
    times_s = found.predicted_s(found.fitted(np.ones(400, dtype=np.bool_)))
    np.testing.assert_allclose(times_s, found.measured_s, rtol=0.05)


def test_what_is_held_out_is_told_by_the_same_llm_elsewhere():
    found = known(400, of_large=2.0)
    np.testing.assert_allclose(found.held_out_s(), found.measured_s, rtol=0.08)


def test_of_few_rows_little_is_believed():
    few, many = (
        {(row.level, row.name): row.value for row in table_of(known(count, of_large=2.0))}
        for count in (4, 400)
    )
    assert 1.0 < few["llm", "large"] < many["llm", "large"]


def test_factors_multiply_and_names_that_nobody_knows_have_none(tmp_path, monkeypatch):
    (tmp_path / "calibration").mkdir()
    table = table_of(known(40, of_large=2.0))
    write(table, tmp_path / "calibration" / overheads.TABLE)
    monkeypatch.setattr(overheads, "data_root", lambda: tmp_path)
    overheads._factors.cache_clear()
    value = {(row.level, row.name): row.value for row in table}
    llm = value["llm", "large"] * value["llm-precision", "large|fp8"]
    factor = value["engine", "one"] * llm * value["accelerator", "h"]
    assert overhead_factor("one", "large", "fp8", "h") == pytest.approx(factor)
    assert overhead_factor("one", "other", "fp4", "x") == value["engine", "one"]
    assert overhead_factor("other", "large", "fp8", "h") == 1.0
    overheads._factors.cache_clear()


def test_the_shipped_table_is_read():
    assert 0.2 < overhead_factor("tensorrt-llm-2025", "llama-3.1-70b", "fp8", "h200-sxm") < 1.0
