"""Profiles of modes: what a row of them needs."""

from __future__ import annotations

import pytest

from carbonplan.catalogue.profiles import read_profiles
from carbonplan.errors import InvalidInput

HEADER = (
    "llm,sku,tensor_parallel,pipeline_parallel,precision,clock_fraction,request_class,"
    "max_rate_rps,energy_j_per_request,ttft_s,source,replica_power_w,accelerators,latency_limit_s"
)
POINT = "llama-3.1-8b,box,1,1,bf16,1.0"
MODE = f"{POINT},all,2.5,0,0.2,bench,700,3,"


def read(folder, *rows: str):
    path = folder / "modes.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n")
    return read_profiles(path)


def test_a_mode_has_a_power_and_may_have_any_number_of_accelerators(tmp_path):
    (mode,) = read(tmp_path, MODE)
    assert mode.is_mode
    assert (mode.replica_power_w, mode.accelerators, mode.latency_limit_s) == (700, 3, None)
    (point,) = read(tmp_path, f"{POINT},all,0,300,0.2,bench,,,")
    assert not point.is_mode


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (
            (f"{POINT},all,2,300,0.2,bench,,3,",),
            "line 2, accelerators: found without replica_p",
        ),
        ((f"{POINT},all,2,300,0.2,bench,700,,",), "line 2, energy_j_per_request: found 300"),
        ((MODE, MODE), "line 3: the same as line 2 in llm, sku"),
        ((MODE, f"{POINT},b,2,300,0.2,bench,,,"), "line 3: no replica_power_w"),
        ((f"{POINT},all,-1,0,0.2,bench,700,,",), "max_rate_rps"),
    ],
)
def test_what_modes_cannot_be(tmp_path, rows, words):
    with pytest.raises(InvalidInput) as caught:
        read(tmp_path, *rows)
    assert any(words in problem for problem in caught.value.problems)
