"""Names of LLMs and accelerators in tables of measurements, and the shapes behind them."""

from __future__ import annotations

from itertools import product

import pandas as pd
import pytest

from carbonplan.catalogue.cards import card_names
from carbonplan.catalogue.hardware import servers, sku_names
from carbonplan.catalogue.records import ModelCard
from carbonplan.catalogue.shipped import data_root
from carbonplan.technology.calibrate.names import (
    llm_spellings,
    read_board,
    read_names,
    resolve_accelerator,
    resolve_llm,
)
from carbonplan.technology.calibrate.serving import read_known
from carbonplan.units import PARAMETERS_PER_BILLION

KNOWN = read_known(data_root())
MEASURED = sorted(set(KNOWN.llms) - set(card_names()))
RECURRENT = "recurrent-layers-as-windows"

LEFT_OUT = {
    "RWKV/rwkv-raven-7b": "no attention at all",
    "rwkv-raven-7b": "no attention at all",
    "lmsys/fastchat-t5-3b-v1.0": "encoder and decoder",
    "fastchat-t5-3b-v1.0": "encoder and decoder",
    "llama3_1-405b_pruned": "a shape that the submission does not tell",
    "AMD Instinct MI300X 192GB HBM3 (x32), AMD Instinct MI325X 256GB HBM3e (x16)": "a mixture",
    "AMD Instinct MI325X 256GB HBM3E (x16), AMD Instinct MI300X 192GB HBM3 (x8)": "a mixture",
    "CPU only": "names no processor",
    "SambaNova SN40L": "three tiers of memory, no published power",
    "SN40L": "three tiers of memory, no published power",
    "[MAXSUN] MS-Intel Arc Pro B60 Dual 48G Turbo": "a board of two accelerators",
}
LLMS = {
    "tiiuae/falcon-40b-instruct": "falcon-40b",
    "mosaicml/mpt-7b-chat": "mpt-7b",
    "facebook/opt-13b": "opt-13b",
    "EleutherAI/gpt-neox-20b": "gpt-neox-20b",
    "01-ai/Yi-1.5-34B-Chat": "yi-34b",
    "Qwen/Qwen2-7B-Instruct": "qwen2.5-7b",
    "Qwen/Qwen2.5-Coder-32B-Instruct": "qwen2.5-32b",
    "Qwen/Qwen2.5-14B-Instruct-AWQ": "qwen2.5-14b",
    "Qwen/Qwen2.5-VL-7B-Instruct": "qwen2.5-7b",
    "Qwen/Qwen3-4B-Thinking-2507": "qwen3-4b",
    "Qwen/Qwen3-VL-8B-Instruct": "qwen3-8b",
    "Qwen/Qwen3-Coder-480B-A35B-Instruct-FP8": "qwen3-coder-480b-a35b",
    "Qwen/Qwen3-Next-80B-A3B-Instruct-FP8": "qwen3-next-80b-a3b",
    "microsoft/Phi-3.5-mini-instruct": "phi-3-mini",
    "google/gemma-3-4b-it": "gemma-3-4b",
    "mistralai/Mistral-Small-Instruct-2409": "mistral-small-22b",
    "mistralai/Mistral-Small-3.2-24B-Instruct-2506": "mistral-small-24b",
    "databricks/dbrx-instruct": "dbrx-132b",
    "deepseek-ai/DeepSeek-V3.2-Exp": "deepseek-v3",
    "deepseek-ai/DeepSeek-R1-Distill-Llama-70B": "llama-3.1-70b",
    "nvidia/DeepSeek-R1-0528-FP4-v2": "deepseek-v3",
    "zai-org/GLM-4.6": "glm-4.5",
    "moonshotai/Kimi-K2-Instruct-0905": "kimi-k2",
    "MiniMaxAI/MiniMax-M2": "minimax-m2.5",
    "amd/Llama-3.3-70B-Instruct-MXFP4-Preview": "llama-3.1-70b",
    "RedHatAI/Meta-Llama-3.1-8B-Instruct-quantized.w8a8": "llama-3.1-8b",
    "nvidia/NVIDIA-Nemotron-Nano-12B-v2-VL-BF16": "nemotron-nano-12b-v2",
    "lmsys/vicuna-13b-v1.5": "llama-2-13b",
    "internlm/internlm2_5-7b-chat": "internlm2-7b",
    "llama3_1-70b-fp8_dyn": "llama-3.1-70b",
    "gptj-99.9": "gpt-j-6b",
    "facebook/opt-1.3b": "opt-1.3b",
    "gpt-oss:20b": "gpt-oss-20b",
    "google/gemma-3n-E4B-it": None,
    "mistralai/Mistral-Large-3-675B-Instruct-2512": None,
    "meta-llama/Llama-3.2-11B-Vision-Instruct": None,
}
ACCELERATORS = {
    "A40": "a40",
    "NVIDIA A10 24GB": "a10",
    "Quadro RTX 8000": "rtx-8000",
    "RTX6000": "quadro-rtx-6000",
    "NVIDIA RTX 6000 Ada Generation": "rtx-6000-ada",
    "RTX PRO 6000 Blackwell Workstation Edition": "rtx-pro-6000",
    "rtx_pro_6000": "rtx-pro-6000",
    "NVIDIA GeForce RTX 4090": "rtx-4090",
    "Tesla P100-PCIE-16GB": "p100-16-pcie",
    "V100-PCIE-32GB": "v100-32-pcie",
    "A100": "a100-80-sxm",
    "A100-40GB": "a100-40-sxm",
    "A100-PCIE-40GB": "a100-40-pcie",
    "NVIDIA H100 80GB HBM3": "h100-sxm",
    "H100 PCIe": "h100-pcie",
    "NVIDIA H100-NVL-94GB": "h100-nvl",
    "8x H100-SXM": "h100-sxm",
    "H100x8": "h100-sxm",
    "NVIDIA GH200 Grace Hopper Superchip 144GB": "gh200-144",
    "GH200": "gh200",
    "GB200-192GB": "gb200",
    "gb200_nvl72": "gb200",
    "gb300": "gb300",
    "b300_sxm": "b300-sxm",
    "AMD Instinct MI325X 256GB HBM3e": "mi325x",
    "MI355X": "mi355x",
    "Gaudi2-96GB": "gaudi2",
    "Intel Gaudi 3": "gaudi3",
    "Max1550": "max-1550",
    "EPYC 9654": "epyc-9654",
    "B200 PCIe": None,
    "H100 40GB": None,
    "M2 Ultra": None,
}


def test_names_that_stand_in_no_table_here():
    assert {name: resolve_llm(name) for name in LLMS} == LLMS
    assert {name: resolve_accelerator(name) for name in ACCELERATORS} == ACCELERATORS


def test_every_name_of_the_measurements_is_known_or_left_out_for_a_reason(shared_data):
    llms, accelerators = set(), set()
    for path in (shared_data / "performance").glob("*.csv*"):
        table = pd.read_csv(path, dtype=str)
        kernels = "kernel" in table
        llms |= set().union(
            *(
                table[column].dropna()
                for column in ("model_id", "model_family", "benchmark")
                if column in table and not kernels
            )
        )
        accelerators |= set().union(
            *(table[column].dropna() for column in ("gpu", "gpu_family") if column in table)
        )
    missing = {name for name in llms if resolve_llm(name) is None}
    missing |= {name for name in accelerators if resolve_accelerator(name) is None}
    assert missing - set(LEFT_OUT) == set()


def test_a_listed_name_comes_before_every_rule():
    book = read_names(data_root())
    rows = {**book.rows, ("llm", "llama-2-7b"): "opt-6.7b", ("accelerator", "T4"): "l4"}
    changed = type(book)(rows, book.llms, book.accelerators, book.boards)
    assert changed.llm("llama-2-7b") == "opt-6.7b"
    assert changed.llm("Llama-2-7B") == "llama-2-7b"
    assert changed.accelerator("T4") == "l4"


def test_listed_names_lead_to_the_catalogue():
    book = read_names(data_root())
    found = {"llm": set(KNOWN.llms), "accelerator": set(KNOWN.accelerators)}
    assert [key for key, name in book.rows.items() if name not in found[key[0]]] == []


def test_every_name_of_the_catalogue_means_itself():
    assert [name for name in KNOWN.llms if resolve_llm(name) != name] == []
    assert [name for name in MEASURED if name in card_names()] == []


def test_spellings_lose_one_kind_of_word_after_another():
    assert list(llm_spellings("Org/Qwen3-VL_8B-Instruct-v2.1-FP8")) == [
        "qwen3vl8binstructv21fp8",
        "qwen3vl8bv21",
        "qwen38bv21",
        "qwen3vl8b",
        "qwen38b",
    ]


@pytest.mark.parametrize(
    ("name", "base", "form", "memory_gb"),
    [
        ("NVIDIA A100-SXM4-80GB", "a100", "sxm", 80.0),
        ("AMD Instinct MI300X 192GB HBM3 (x32)", "mi300x", "", 192.0),
        ("GB200 NVL72", "gb200", "", None),
        ("rtx_pro_6000_server", "rtxpro6000", "", None),
        ("4x H100 PCIe", "h100", "pcie", None),
        ("Intel Data Center GPU Max 1550", "max1550", "", None),
    ],
)
def test_a_board_is_a_base_a_form_and_a_size(name, base, form, memory_gb):
    board = read_board(name)
    assert (board.base, board.form, board.memory_gb) == (base, form, memory_gb)


@pytest.mark.parametrize("name", MEASURED)
def test_parameters_follow_from_the_shape(name):
    """Within 3 % of what was published, whether or not MLPs are gated and embeddings tied.

    Recurrent layers have matrices of their own, which no shape tells.
    """
    llm = KNOWN.llms[name]
    ratios = [
        counted_parameters(llm, matrices, tables) / PARAMETERS_PER_BILLION / llm.parameters_b
        for matrices, tables in product((2, 3), (1, 2))
    ]
    if llm.source == RECURRENT:
        assert min(abs(ratio - 1) for ratio in ratios) < 0.15
    else:
        assert min(abs(ratio - 1) for ratio in ratios) < 0.03


@pytest.mark.parametrize("name", MEASURED)
def test_a_token_passes_through_no_more_than_all_parameters(name):
    llm = KNOWN.llms[name]
    assert 0 < llm.active_parameters_b <= llm.parameters_b
    assert (llm.moe is not None) == (llm.active_parameters_b < llm.parameters_b)
    assert (llm.sliding_window_tokens is None) == (llm.full_attention_layers is None)


def test_only_accelerators_of_a_sku_can_be_bought():
    bought = {server.accelerator.accelerator for server in servers(sku_names())}
    assert bought < set(KNOWN.accelerators)
    assert "rtx-4090" not in bought


def counted_parameters(llm: ModelCard, mlp_matrices: int, embedding_tables: int) -> float:
    """Parameters by shape; norms and biases are left out, experts have three matrices."""
    mlp = mlp_matrices * llm.hidden_size * llm.intermediate_size
    embeddings = embedding_tables * llm.vocabulary * llm.hidden_size
    if llm.moe is None:
        return embeddings + llm.layers * (attention_parameters(llm) + mlp)
    expert = 3 * llm.hidden_size * llm.moe.expert_intermediate_size
    experts = (llm.moe.experts + llm.moe.shared_experts) * expert
    dense = llm.moe.dense_layers
    attention = llm.layers * attention_parameters(llm)
    return embeddings + attention + dense * mlp + (llm.layers - dense) * experts


def attention_parameters(llm: ModelCard) -> float:
    """Of one layer; queries of latent attention without their own compression."""
    if llm.mla is None:
        heads = 2 * (llm.attention_heads + llm.kv_heads)
        return llm.hidden_size * llm.head_dim * heads
    latent, rope = llm.mla.kv_lora_rank, llm.mla.rope_head_dim
    queries = llm.hidden_size * llm.attention_heads * (llm.mla.nope_head_dim + rope)
    heads = latent * llm.attention_heads * (llm.mla.nope_head_dim + llm.mla.v_head_dim)
    out = llm.attention_heads * llm.mla.v_head_dim * llm.hidden_size
    return queries + llm.hidden_size * (latent + rope) + heads + out
