"""Measured runs of the tests here, as models see them."""

from dataclasses import replace

import numpy as np
import pandas as pd

from carbonplan.technology.calibrate.prediction import predicted
from carbonplan.technology.calibrate.runs import Load, load_of
from carbonplan.technology.coefficients import Coefficients
from tests.technology.example_records import (
    DEEPSEEK,
    H100_8,
    LLAMA_8B,
    LLAMA_70B,
    MIXTRAL,
    T4_4,
)
from tests.technology.example_replicas import CALIBRATION

ALONE = LLAMA_8B.model_copy(update={"llm": "alone", "kv_heads": 32})
LLMS = {llm.llm: llm for llm in (LLAMA_8B, LLAMA_70B, MIXTRAL, DEEPSEEK, ALONE)}
ACCELERATORS = {
    server.accelerator.accelerator: (server.accelerator, server.power)
    for server in (H100_8, T4_4)
}
RUN = {
    "accelerator": "h100-sxm",
    "llm": "llama-3.1-8b",
    "precision": "bf16",
    "tensor_parallel": 1,
    "pipeline_parallel": 1,
    "batch": 32.0,
    "input_tokens": 500.0,
    "output_tokens": 200.0,
}


def load(*changes: dict) -> Load:
    """Rows of one run each."""
    rows = pd.DataFrame([{**RUN, **change} for change in changes])
    return load_of(rows, LLMS, ACCELERATORS)


def shipped(some: Load, **given: float) -> Coefficients:
    """Shipped coefficients, but for what is given."""
    found = CALIBRATION.coefficients(some.subjects)
    values = {name: np.full(len(some), value) for name, value in given.items()}
    return replace(found, **values)


def told(run: dict, *quantities: str, **given: float) -> list[float]:
    """Quantities of one run."""
    some = load(*({**run, "quantity": name} for name in quantities))
    return predicted(some, shipped(some, **given)).tolist()


def of(run: dict):
    """The replica of a run and its coefficients, as the functions of the models take them."""
    some = load(run)
    return some.at(shipped(some)).replica
