"""What benchmarks and their engines do otherwise than the engines that are planned with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from carbonplan.catalogue.records import Accelerator, AcceleratorPower
from carbonplan.technology.calibrate.micro_batches import overlapped_share, stage_launches
from carbonplan.technology.figures import HardwareFigures, ReplicaFigures
from carbonplan.technology.memory import (
    USABLE_FRACTION,
    kv_room_gb,
    memory_batch,
    usable_gb,
)
from carbonplan.technology.performance import PhaseTime, decode_step, prefill, prompt_work
from carbonplan.technology.shapes import LlmFigures
from carbonplan.units import BYTES_PER_GB

if TYPE_CHECKING:
    import pandas as pd

    from carbonplan.technology.calibrate.runs import Load

Floats = NDArray[np.float64]
Accelerators = Mapping[str, tuple[Accelerator, AcceleratorPower]]
UNCACHED = "transformers-uncached"  # engine that computes the whole sequence for every token
MICRO_BATCHED = "llama.cpp"  # engine family that cuts prompts, and overlaps its stages then
ONE_SEQUENCE = "llama.cpp"  # engine whose benchmark decodes one sequence alone
VECTOR_GB_PER_S = 1000.0  # of memories that products with a vector still fill
SEQUENTIAL = ("transformers", "llama.cpp")  # engine families: one stage works at a time
CUT_IN_TURN = ("tensorrt-llm-2024",)  # engines: likewise, with a part of the batch each
ALIKE = ("tensorrt-llm-2024", "deepspeed-mii")  # engines whose batches repeat one prompt
REPEATING = ("transformers", "kernels")  # families that read a cache for every query head
PAGED = ("vllm-rocm-2024", "vllm-xpu-2024")  # engines that do so in vLLM's paged attention
PAGED_NARROW = "vllm-v0"  # family that does if it is in FP8, which shuts FlashAttention out
GROUPED = (  # engines whose kernels keep fewer units busy where query heads share a cached one
    *("tensorrt-llm-2024", "deepspeed-mii", "vllm-2024", "vllm-2024-offline"),
)
PORTED = ("llama.cpp-rocm", "llama.cpp-xpu")  # engines whose kernels were written for CUDA
BATCHED = ("llama.cpp-rocm",)  # of these, such as leave shared heads to a library's products
PARTITION_TOKENS = 512.0  # into which paged attention cuts contexts, unless there are
UNCUT_HEADS = 512.0  # more heads of sequences than these; vLLM and IPEX: ``use_v1``
REMOTE = "llama.cpp-xpu"  # engine of which one accelerator works, on weights of all the others
REMOTE_GB_PER_S = 17.0  # as fast as these reach it
HANDED_OVER = (  # families and engines that benchmarks call themselves, without a busy server
    *("llama.cpp", "transformers", "deepspeed", "tensorrt-llm-2024", "vllm-2024-offline"),
    *("vllm-rocm-2024", "vllm-xpu-2024", "vllm-l20"),
)
IN_TURN = "vllm"  # family whose groups admit prompts by themselves, while the others wait
ROOMY = ("tensorrt-llm-maximum",)  # engines that fill this share of what weights leave
FREE_SHARE = 0.95
SIXTEEN_BITS = ("bf16", "fp16")
SEEN_COST = 0.25  # of a prompt that the server has seen, over that of a new one; assumed
NARROW_CACHE = 0.5  # bytes of a cache below 16 bits, over those of one in 16
FULLNESS = 4.0  # how sharply memory or the engine's limit, whichever is less, ends a batch


def emulated(rows: pd.DataFrame, accelerators: Accelerators) -> NDArray[np.bool_]:
    """Rows in bf16 on GPUs that have no units for it, and take a detour of other formats."""
    lacking = {
        name
        for name, (one, _) in accelerators.items()
        if one.kind == "gpu" and not one.bf16_tflops
    }
    served = (rows["llm"] != "") & (rows["precision"] == "bf16")
    return (served & rows["accelerator"].isin(lacking)).to_numpy()


def cut_features(
    slices: Floats,
    hardware: HardwareFigures,
    families: NDArray[np.str_],
    vectors: NDArray[np.bool_],
) -> Mapping[str, Floats]:
    """What kernels of engines that cut prompts reach otherwise than those of others, (row,).

    Parameters
    ----------
    slices
        Shape feature of a layer's weights: matrices of a few tokens gain less by their size.
    vectors
        Decoding of one sequence: products with a vector keep so few loads in flight that the
        fastest memories are not filled.
    """
    cut = families == MICRO_BATCHED
    beyond = np.log(np.maximum(hardware.bandwidth_gb_per_s / VECTOR_GB_PER_S, 1.0))
    return {
        "cut-slice": np.where(cut, slices, 0.0),
        "vector-memory": np.where(vectors, beyond, 0.0),
        "picked-by-host": cut.astype(float),  # of experts: their numbers go to the host
    }


def cache_features(
    llm: LlmFigures,
    hardware: HardwareFigures,
    kv_precision: NDArray[np.str_],
    engines: tuple[NDArray[np.str_], NDArray[np.str_]],
    sequences: Floats,
    tokens: Floats,
) -> Mapping[str, Floats]:
    """How benchmarks read caches otherwise than engines that are planned with, (row,).

    Parameters
    ----------
    engines
        And their families.
    sequences
        That run at once, over tensor-parallel ranks.
    tokens
        Of a request at its end.
    """
    names, families = engines
    converted = (kv_precision == "fp8") & (hardware.fp8 == 0.0)
    width = np.where(np.isin(kv_precision, SIXTEEN_BITS), 1.0, NARROW_CACHE)
    queries = llm.decode_pair_flops * width / llm.kv_bytes_per_token_layer
    grouped = np.where(llm.latent_attention > 0.0, 0.0, np.log(np.maximum(queries, 1.0)))
    paged = np.isin(names, PAGED) | ((families == PAGED_NARROW) & (kv_precision == "fp8"))
    heads = np.where(np.isnan(sequences), 0.0, sequences) * queries * llm.kv_shards
    uncut = paged & (heads > UNCUT_HEADS) & (tokens > PARTITION_TOKENS)
    return {
        "converted-cache": converted.astype(float),
        "repeated-cache": np.where(np.isin(families, REPEATING), grouped, 0.0),
        "paged-cache": np.where(paged, grouped, 0.0),
        "grouped-cache": np.where(np.isin(names, GROUPED), grouped, 0.0),
        "uncut-cache": uncut.astype(float),
        "ported-cache": np.isin(names, PORTED).astype(float),
        "batched-cache": (np.isin(names, BATCHED) & (grouped > 0.0)).astype(float),
    }


def with_cache(llm: LlmFigures, kv_precision: NDArray[np.str_]) -> LlmFigures:
    """LLMs with a cache of a precision, (row,)."""
    share = np.where(np.isin(kv_precision, SIXTEEN_BITS), 1.0, NARROW_CACHE)
    return replace(llm, kv_bytes_per_token_layer=llm.kv_bytes_per_token_layer * share)


def request_features(
    engines: NDArray[np.str_], families: NDArray[np.str_]
) -> Mapping[str, Floats]:
    """How requests of benchmarks reach engines otherwise than those of users, (row,)."""
    over = np.isin(engines, HANDED_OVER) | np.isin(families, HANDED_OVER)
    return {"handed-over": over.astype(float)}


def _remote_s(load: Load) -> Floats:
    """Weights of other accelerators on their way to the one that works, every step [s]."""
    elsewhere = load.replica.llm.core_bytes * (1.0 - 1.0 / load.idle_stages)
    remote = load.subjects.level("engine") == REMOTE
    return np.where(remote, elsewhere / (REMOTE_GB_PER_S * BYTES_PER_GB), 0.0)


def held(load: Load) -> Load:
    """A batch from its prompts to its last token: what memory does not hold waits."""
    spread = replace(
        load.replica, pipeline_parallel=load.replica.pipeline_parallel * load.idle_stages
    )
    most = np.maximum(_room(load, spread), 1.0) * load.copies
    return replace(load, batch=np.minimum(load.batch, most))


def running(load: Load) -> Floats:
    """Requests of one replica that step together."""
    limit = load.replica.coefficients.sequence_limit * load.replica.data_parallel
    room = np.maximum(_room(load, _roomy(load)), 1.0)
    requests = np.where(np.isnan(load.concurrency), np.inf, load.concurrency / load.copies)
    limits = room**-FULLNESS + limit**-FULLNESS + requests**-FULLNESS
    most = limits ** (-1.0 / FULLNESS)
    all_ = np.where(np.isnan(load.batch), np.maximum(most, 1.0), load.batch / load.copies)
    cut = np.isin(load.subjects.level("engine"), CUT_IN_TURN)
    return np.where(cut, np.maximum(all_ / load.idle_stages, 1.0), all_)


def _room(load: Load, replica: ReplicaFigures) -> Floats:
    """Requests whose cache fits, all beams of each."""
    return memory_batch(load.context_tokens, replica) / load.beams


def _roomy(load: Load) -> ReplicaFigures:
    """Replicas whose memory is filled as far as their engine does."""
    replica, hardware = load.replica, load.replica.hardware
    taken_gb = usable_gb(replica) - kv_room_gb(replica)
    free_gb = FREE_SHARE * (hardware.memory_gb - taken_gb)
    roomy = np.isin(load.subjects.level("engine"), ROOMY)
    memory_gb = np.where(roomy, (taken_gb + free_gb) / USABLE_FRACTION, hardware.memory_gb)
    return replace(replica, hardware=replace(hardware, memory_gb=memory_gb))


def _alike(load: Load) -> ReplicaFigures:
    """Replicas whose sequences meet the experts of one, where a batch repeats its prompt."""
    c = load.replica.coefficients
    alike = np.isin(load.subjects.level("engine"), ALIKE)
    evenness = np.where(alike, 0.0, c.expert_evenness)
    return replace(load.replica, coefficients=replace(c, expert_evenness=evenness))


def step(load: Load) -> PhaseTime:
    """One token more for every request; without a cache as long as its whole prompt takes."""
    batch, context = running(load), load.context_tokens
    one = decode_step(batch * load.beams, context, _alike(load))
    one = replace(one, total_s=one.total_s + _remote_s(load))
    if not load.uncached.any():
        return one
    whole = prefill(context, load.replica, batch)
    return PhaseTime(
        *(
            np.where(load.uncached, getattr(whole, field.name), getattr(one, field.name))
            for field in fields(PhaseTime)
        )
    )


def between_s(load: Load) -> Floats:
    """What the prompts of all sequences add to every output token, if these are kept [s].

    Of a prompt that was sent before, what was prepared is kept: it has to be recognised.
    Where groups share experts, all take part in every step: while one of them works on a
    prompt that it admitted by itself, the others wait.
    """
    in_turn = load.subjects.level("engine-family") == IN_TURN
    waiting = np.where(in_turn, load.replica.data_parallel - 1.0, 0.0)
    work = prompt_work(load.input_tokens, load.replica)
    work_s = work.total_s + waiting * (work.prompt_s + work.link_s)
    computed = SEEN_COST + (1.0 - SEEN_COST) * load.new_prompts
    all_s = running(load) * work_s * computed / np.maximum(load.output_tokens, 1.0)
    return np.where(load.uncached, 0.0, all_s)


def prefill_s(load: Load) -> Floats:
    """All prompts at once, or in micro-batches where the engine cuts them.

    Tokens of later micro-batches attend to those of earlier ones. Several are in work on as
    many stages (:func:`overlapped_share`), as far as these overlap.
    """
    together = running(load)
    whole = prefill(load.input_tokens, load.replica, together)
    tokens = np.minimum(load.input_tokens, load.chunk_tokens)
    chunk, count = prefill(tokens, load.replica, together), load.input_tokens / tokens
    attending_s = whole.prompt_s - count * chunk.prompt_s
    cut = np.isfinite(load.chunk_tokens)
    stages = np.where(cut, load.idle_stages, 1.0)
    narrow = ~np.isin(load.subjects.level("precision"), SIXTEEN_BITS)
    launches = stage_launches(load.replica.llm.layers / stages, narrow)
    taking_turns = overlapped_share(count, stages, launches)
    overlap = load.replica.coefficients.stage_overlap
    return (count * chunk.total_s + attending_s) * (1.0 - overlap * (1.0 - taking_turns))
