"""Arguments of engines: the options of the stated releases, and where each value is from."""

from __future__ import annotations

import re

import pytest
import yaml

from carbonplan.export import Options
from carbonplan.export.engines import ENGINES, SGLANG, VLLM, engine_config, engine_notes
from tests.export.example import pool, pools, rollout

# Options that ``--help`` of the releases lists, of those that could be meant here.
PUBLISHED = {
    "vllm 0.33.0": {
        *("model", "served-model-name", "tensor-parallel-size", "pipeline-parallel-size"),
        *("max-num-seqs", "max-model-len", "dtype", "quantization", "kv-cache-dtype"),
    },
    "sglang 0.5.23": {
        *("model-path", "served-model-name", "tp-size", "pp-size", "max-running-requests"),
        *("context-length", "dtype", "quantization", "kv-cache-dtype", "disaggregation-mode"),
    },
}
DTYPES = {"auto", "half", "float16", "bfloat16", "float", "float32"}


def config(engine, one, **changes) -> dict[str, object]:
    return yaml.safe_load(engine_config(rollout(**changes), one, engine))


def left_out(engine, one, **changes) -> set[str]:
    return {note.what for note in engine_notes(rollout(pools=(one,), **changes), engine)}


@pytest.mark.parametrize("engine", ENGINES.values(), ids=lambda engine: engine.name)
@pytest.mark.parametrize("one", pools(), ids=lambda one: one.engine)
def test_options_are_those_of_the_release(engine, one):
    found = config(engine, one)
    assert set(found) <= PUBLISHED[f"{engine.name} {engine.release}"]
    assert found["dtype"] in DTYPES
    assert found.get("quantization", "fp8") == "fp8"
    assert found["kv-cache-dtype"] == "auto"


def test_vllm_is_told_what_was_planned():
    assert config(VLLM, pool()) == {
        "model": "org/llama",
        "served-model-name": "llama-3.1-8b",
        "tensor-parallel-size": 2,
        "pipeline-parallel-size": 1,
        "max-num-seqs": 183,
        "max-model-len": 65536,
        "dtype": "bfloat16",
        "quantization": "fp8",
        "kv-cache-dtype": "auto",
    }


def test_sglang_is_told_which_phase_it_serves():
    _, prefill, decode, *_ = pools()
    assert config(SGLANG, prefill)["disaggregation-mode"] == "prefill"
    assert config(SGLANG, decode)["disaggregation-mode"] == "decode"
    assert "disaggregation-mode" not in config(SGLANG, pool())
    assert "the transfer of KV caches is left out" in left_out(VLLM, prefill)


def test_every_value_says_where_it_comes_from():
    lines = engine_config(rollout(), pool(), VLLM).decode().splitlines()
    values = [at for at, line in enumerate(lines) if re.match(r"[a-z-]+: ", line)]
    assert len(values) == 9
    assert all(lines[at - 1].startswith("# ") for at in values)
    assert "# for vllm 0.33.0: vllm serve --config <this file>" in lines


@pytest.mark.parametrize(
    ("changes", "dtype", "quantization"),
    [
        ({"precision": "bf16"}, "bfloat16", None),
        ({"precision": "bf16", "runs_bf16": False}, "float16", None),
        ({"precision": "fp16"}, "float16", None),
        ({"precision": "fp8", "native_precision": "fp16"}, "float16", "fp8"),
        ({"precision": "fp8", "native_precision": "fp8"}, None, None),
        ({"precision": "int4"}, "bfloat16", None),
    ],
)
def test_precisions(changes, dtype, quantization):
    found = config(VLLM, pool(**changes))
    assert (found.get("dtype"), found.get("quantization")) == (dtype, quantization)


def test_a_checkpoint_that_must_be_quantised_already_is_named():
    assert "quantization is left out" in left_out(VLLM, pool(precision="int4"))
    assert "quantization is left out" not in left_out(VLLM, pool())
    own = pool(precision="bf16", native_precision="fp8")
    assert "the checkpoint is not the published one" in left_out(VLLM, own)


def test_what_was_measured_says_no_batch_and_no_memory():
    measured = pools()[3]
    assert not {"max-num-seqs", "max-model-len", "model"} & set(config(VLLM, measured))
    assert {
        "max-num-seqs is left out",
        "max-model-len is left out",
        "model is left out",
    } <= left_out(VLLM, measured, options=Options())


def test_a_name_that_could_be_an_option_is_left_out():
    acting = pool(llm="--trust-remote-code")
    assert "served-model-name" not in config(VLLM, acting)
    assert "served-model-name is left out" in left_out(VLLM, acting)
