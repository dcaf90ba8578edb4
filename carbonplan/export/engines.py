"""Arguments of serving engines: a file for ``--config`` of each pool, values with their origin.

The names of options are those of the published releases that ``VLLM`` and ``SGLANG`` state.
Values that a plan does not hold are left out, so that the engine's own default stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carbonplan.export.documents import commented_yaml_bytes, header
from carbonplan.export.names import is_safe_argument, label
from carbonplan.export.records import Note

if TYPE_CHECKING:
    from carbonplan.export.records import Pool, Rollout

Arguments = dict[str, tuple[object, str]]


@dataclass(frozen=True)
class Engine:
    """A serving engine: its release, how it starts, and what it calls things."""

    name: str
    release: str
    command: tuple[str, ...]
    across_servers: tuple[str, ...]  # further arguments in a LeaderWorkerSet
    workers: tuple[str, ...]  # and of those that only work
    options: Mapping[str, str]


VLLM = Engine(
    "vllm",
    "0.33.0",
    ("vllm", "serve"),
    (
        *("--nnodes", "$(LWS_GROUP_SIZE)", "--node-rank", "$(LWS_WORKER_INDEX)"),
        *("--master-addr", "$(LWS_LEADER_ADDRESS)"),
    ),
    ("--headless",),
    {
        "model": "model",
        "served": "served-model-name",
        "tensor": "tensor-parallel-size",
        "pipeline": "pipeline-parallel-size",
        "sequences": "max-num-seqs",
        "tokens": "max-model-len",
        "dtype": "dtype",
        "quantization": "quantization",
        "cache": "kv-cache-dtype",
    },
)
SGLANG = Engine(
    "sglang",
    "0.5.23",
    ("python3", "-m", "sglang.launch_server"),
    (
        *("--nnodes", "$(LWS_GROUP_SIZE)", "--node-rank", "$(LWS_WORKER_INDEX)"),
        *("--dist-init-addr", "$(LWS_LEADER_ADDRESS):20000"),
    ),
    (),
    {
        "model": "model-path",
        "served": "served-model-name",
        "tensor": "tp-size",
        "pipeline": "pp-size",
        "sequences": "max-running-requests",
        "tokens": "context-length",
        "dtype": "dtype",
        "quantization": "quantization",
        "cache": "kv-cache-dtype",
        "role": "disaggregation-mode",
    },
)
ENGINES = {engine.name: engine for engine in (VLLM, SGLANG)}
SIXTEEN_BITS = ("bf16", "fp16")
PHASES = ("prefill", "decode")
DTYPES = {"bf16": "bfloat16", "fp16": "float16"}


def engine_of(rollout: Rollout) -> Engine | None:
    """The engine that was planned with, if arguments of it can be written."""
    return ENGINES.get(rollout.serving.partition("-")[0])


def engine_files(rollout: Rollout, engine: Engine) -> Iterator[tuple[str, bytes]]:
    """A configuration file of each pool."""
    for pool in rollout.pools:
        yield f"{engine.name}/{label(pool.engine)}.yaml", engine_config(rollout, pool, engine)


def engine_config(rollout: Rollout, pool: Pool, engine: Engine) -> bytes:
    """A pool's arguments as the file that the engine reads with ``--config``."""
    command = " ".join(engine.command)
    lines = header(
        rollout.identity,
        f"replicas of {pool.engine}",
        f"planned to serve {', '.join(pool.classes)}",
        f"for {engine.name} {engine.release}: {command} --config <this file>",
    )
    if "model" not in _asked(rollout, pool):
        lines.append(f"left out: {engine.options['model']}; --model LLM=ID of export sets it")
    return commented_yaml_bytes(lines, arguments(rollout, pool, engine))


def arguments(rollout: Rollout, pool: Pool, engine: Engine) -> Arguments:
    """Values of an engine's options, and where each comes from."""
    found = _asked(rollout, pool)
    return {engine.options[name]: found[name] for name in engine.options if name in found}


def _asked(rollout: Rollout, pool: Pool) -> Arguments:
    """What the plan asks of an engine, in words that no engine uses."""
    found: Arguments = {}
    if pool.llm in rollout.options.models:
        found["model"] = rollout.options.models[pool.llm], "from --model of export"
    if is_safe_argument(pool.llm):
        found["served"] = pool.llm, "the LLM's name in the scenario"
    found["tensor"] = pool.tensor_parallel, "tensor parallelism of the planned configuration"
    found["pipeline"] = pool.pipeline_parallel, "pipeline parallelism of the same"
    if pool.sequences is not None:
        found["sequences"] = (
            pool.sequences,
            "sequences in flight at the planned mix of classes and the full rate, rounded up",
        )
    if pool.model_tokens is not None:
        whole = pool.model_tokens == pool.context_tokens
        origin = "context of the LLM's card" if whole else _memory_origin(pool)
        found["tokens"] = pool.model_tokens, origin
    return found | _precision(pool) | _role(pool)


def _memory_origin(pool: Pool) -> str:
    return (
        f"longest sequence whose cache one replica has memory for; the LLM could hold "
        f"{pool.context_tokens}"
    )


def _role(pool: Pool) -> Arguments:
    if pool.role not in PHASES:
        return {}
    return {"role": (pool.role, "phase that the planned replica serves")}


def _precision(pool: Pool) -> Arguments:
    """How weights, activations and cache are held."""
    found: Arguments = {}
    if pool.native_precision in SIXTEEN_BITS or pool.precision in SIXTEEN_BITS:
        wanted = pool.precision if pool.precision in SIXTEEN_BITS else pool.native_precision
        if wanted == "bf16" and not pool.runs_bf16:
            found["dtype"] = "float16", "planned in bf16; the accelerator has no bfloat16"
        else:
            of_card = "the 16-bit type of the LLM's card, for what is not quantised"
            of_plan = "the planned precision"
            origin = of_plan if wanted == pool.precision else of_card
            found["dtype"] = DTYPES[wanted], origin
    if pool.precision == "fp8" and pool.native_precision in SIXTEEN_BITS:
        found["quantization"] = "fp8", "planned in fp8; weights are quantised as they load"
    found["cache"] = "auto", "planned with a cache of 16 bits a value, as activations are"
    return found


def engine_notes(rollout: Rollout, engine: Engine) -> Iterator[Note]:
    """What the arguments do not say, pool by pool."""
    target = engine.name
    for llm in dict.fromkeys(pool.llm for pool in rollout.pools):
        if llm not in rollout.options.models:
            why = "a card does not name a checkpoint; give --model LLM=ID"
            yield Note(target, f"{engine.options['model']} is left out", why, llm)
    for pool in rollout.pools:
        yield from _pool_notes(pool, engine)


def _pool_notes(pool: Pool, engine: Engine) -> Iterator[Note]:
    options, target = engine.options, engine.name
    if not is_safe_argument(pool.llm):
        why = "the name could be read as an option"
        yield Note(target, f"{options['served']} is left out", why, pool.engine)
    if pool.sequences is None:
        why = "operating points were measured, and say no batch"
        if pool.role == "prefill":
            why = "prompts worked on together are fewer than those that wait in the engine"
        yield Note(target, f"{options['sequences']} is left out", why, pool.engine)
    if pool.model_tokens is None:
        why = "the memory of what was measured is not modelled"
        yield Note(target, f"{options['tokens']} is left out", why, pool.engine)
    narrow = pool.precision not in (*SIXTEEN_BITS, "fp8")
    if pool.precision != pool.native_precision and narrow:
        why = "it needs a checkpoint that is quantised already, which names its own method"
        yield Note(target, f"{options['quantization']} is left out", why, pool.engine)
    if pool.precision in SIXTEEN_BITS and pool.native_precision not in SIXTEEN_BITS:
        why = "weights are published in fewer bits than planned; a 16-bit checkpoint is needed"
        yield Note(target, "the checkpoint is not the published one", why, pool.engine)
    if (
        pool.tensor_parallel * pool.pipeline_parallel != max(pool.accelerators, 1)
        and pool.measured
    ):
        why = "it was measured on more accelerators than its parallelism uses"
        yield Note(target, "the layout over accelerators is left out", why, pool.engine)
    if pool.role in PHASES:
        why = "how caches travel between prefill and decode is a choice of your network"
        yield Note(target, "the transfer of KV caches is left out", why, pool.engine)
    if pool.cpus:
        why = "on CPUs the engine is another build, with settings of its own for memory"
        yield Note(target, "settings of the CPU build are left out", why, pool.engine)
