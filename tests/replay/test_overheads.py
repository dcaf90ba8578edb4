"""Times before prompts: how they are looked up, and how they are fitted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from carbonplan.replay import overheads
from carbonplan.replay.overhead_fit import PARTS, known_of, table_of, write
from carbonplan.replay.overheads import Overhead, Served, overhead_of


def rows_of(count: int) -> pd.DataFrame:
    """Runs of two LLMs on two accelerators in turn, with short prompts and long ones."""
    llm, at, long = (np.arange(count) // size % 2 for size in (1, 2, 4))
    return pd.DataFrame(
        {
            "engine": "one",
            "version": "1.0",
            "llm": np.where(llm == 0, "small", "large"),
            "precision": "fp8",
            "accelerator": np.where(at == 0, "h", "b"),
            "gpu_family": np.where(at == 0, "H", "B"),
            "model_family": np.where(llm == 0, "small", "large"),
            "tensor_parallel": 1.0,
            "prompt_tokens": np.where(long == 0, 1000.0, 8000.0),
            "value": 1.0,
        }
    )


def known(count: int, of_large: float, token_s: float = 0.0):
    """Half a second passes before a prompt, of the large LLM longer by a factor."""
    rows = rows_of(count)
    before_s = 0.5 + token_s * rows["prompt_tokens"].to_numpy()
    rows["value"] = 0.5 + before_s * np.where(rows["llm"] == "large", of_large, 1.0)
    found = known_of(rows, {"one": 500.0})
    parts_s = found.parts_s(found.believed)
    slope = np.column_stack([np.ones(count), np.zeros(count)])
    return replace(
        found,
        replayed_s=0.5 + parts_s[:, :3].sum(axis=1),
        at_s=np.column_stack([parts_s[:, :3].sum(axis=1), parts_s[:, 3]]),
        slope=slope,
    )


def everyone(found) -> np.ndarray:
    return np.ones(len(found.measured_s), dtype=np.bool_)


def test_a_fit_finds_who_takes_longer():
    found = known(400, of_large=2.0)
    times_s = found.predicted_s(found.fitted(everyone(found)))
    np.testing.assert_allclose(times_s, found.measured_s, rtol=0.05)


def test_a_fit_finds_what_tokens_take():
    found = known(8000, of_large=1.0, token_s=5e-5)
    of_tokens_s = found.parts_s(found.fitted(everyone(found)))[:, PARTS.index("token-ms")]
    assert of_tokens_s.max() == pytest.approx(8000 * 5e-5, rel=0.1)


def test_a_run_in_which_something_else_happened_moves_little():
    found = known(400, of_large=1.0)
    measured_s = found.measured_s.copy()
    measured_s[::10] = 50.0
    times_s = replace(found, measured_s=measured_s).fitted(everyone(found))
    np.testing.assert_allclose(found.predicted_s(times_s), found.measured_s, rtol=0.08)


def test_what_is_held_out_is_told_by_the_same_llm_elsewhere():
    found = known(400, of_large=2.0)
    np.testing.assert_allclose(found.held_out_s(), found.measured_s, rtol=0.08)


def test_of_few_rows_little_is_believed():
    few, many = (
        {(row.level, row.name): row.value for row in table_of(known(count, of_large=2.0))}
        for count in (8, 400)
    )
    assert 1.0 < few["llm", "large"] < many["llm", "large"]


def test_times_add_and_factors_multiply(tmp_path, monkeypatch):
    (tmp_path / "calibration").mkdir()
    table = table_of(known(40, of_large=2.0))
    write(table, tmp_path / "calibration" / overheads.TABLE)
    monkeypatch.setattr(overheads, "data_root", lambda: tmp_path)
    overheads._values.cache_clear()
    value = {(row.level, row.name): row.value for row in table}
    request_s, token_s, rank_s, turn_s = (value[part, "one"] / 1000.0 for part in PARTS)
    factor = value["llm", "large"] * value["llm-precision", "large|fp8"]
    factor *= value["accelerator", "h"]
    found = overhead_of(Served("one", "large", "fp8", "h", 4), 9.0)
    assert found.request_s == pytest.approx(factor * (request_s + 4 * rank_s))
    assert (found.token_s, found.turn_s) == pytest.approx((factor * token_s, turn_s))
    newer = overhead_of(Served("one", "large", "fp8", "h", 4, "1.0"), 9.0)
    assert newer.token_s == pytest.approx(found.token_s * value["version", "1.0"])
    other = overhead_of(Served("one", "other", "fp4", "x", 1), 9.0)
    assert other == Overhead(request_s + rank_s, token_s, turn_s)
    assert overhead_of(Served("other", "large", "fp8", "h", 1), 9.0) == Overhead(9.0)
    overheads._values.cache_clear()


def test_the_shipped_table_is_read():
    served = Served("tensorrt-llm-2025", "llama-3.1-70b", "fp8", "h200-sxm", 4)
    found = overhead_of(served, 9.0)
    assert 0.01 < found.request_s < 0.2
    assert 0.0 < found.token_s < 1e-4
