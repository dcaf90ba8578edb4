"""A rollout of a week with a pool of every kind, and the same with every name replaced.

==========  ===========  ======================================================
pool        runs on      which is
==========  ===========  ======================================================
chat        8 x H100     two accelerators, quantised as it loads, counts change
prefill     8 x H100     the prompts of a second LLM
decode      8 x MI300X   its answers
measured    8 x H100     a mode on sixteen accelerators, so two servers
host        8 x H100     sockets of the hosts
==========  ===========  ======================================================
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta

from carbonplan.export import Note, Options, Rollout
from carbonplan.export.records import Group, Hours, Identity, Machine, Order, Pool

MONDAY = datetime(2024, 4, 15, tzinfo=UTC)
SLOTS = 168
NORTH, SOUTH = "eu-north", "us-east"


def week(start: datetime = MONDAY, slots: int = SLOTS, minutes: int = 60) -> Hours:
    """Consecutive slots that fill a day or a week."""
    step = timedelta(minutes=minutes)
    period = {timedelta(days=1): "day", timedelta(days=7): "week"}[step * slots]
    return Hours(tuple(start + step * t for t in range(slots)), minutes, period)


def pool(**changes: object) -> Pool:
    """A pool of two-accelerator replicas, with more by day than by night."""
    by_hour = [3 if 8 <= t % 24 < 20 else 1 for t in range(SLOTS)]
    found = Pool(
        engine="llama-3.1-8b@h100-sxm-8:tp2:fp8",
        llm="llama-3.1-8b",
        sku="h100-sxm-8",
        role="mixed",
        precision="fp8",
        native_precision="bf16",
        tensor_parallel=2,
        pipeline_parallel=1,
        accelerators=2,
        servers=1,
        cpus=0,
        dram_gb=0.0,
        runs_bf16=True,
        start_s=90.0,
        sequences=183,
        model_tokens=65536,
        context_tokens=131072,
        classes=("chat/short", "chat/long"),
        replicas={NORTH: tuple(by_hour), SOUTH: (2,) * SLOTS},
    )
    return replace(found, **changes)


def pools() -> tuple[Pool, ...]:
    second = {"llm": "qwen2.5-72b", "precision": "bf16", "replicas": {NORTH: (2,) * SLOTS}}
    of_mode = {"servers": 2, "accelerators": 16, "tensor_parallel": 8, "pipeline_parallel": 2}
    return (
        pool(),
        pool(
            engine="qwen2.5-72b@h100-sxm-8:tp2:bf16:prefill",
            role="prefill",
            sequences=None,
            **second,
        ),
        pool(
            engine="qwen2.5-72b@mi300x-8:tp2:bf16:decode",
            sku="mi300x-8",
            role="decode",
            **second,
        ),
        pool(
            engine="llama-3.1-405b@h100-sxm-8:tp8pp2:fp8:chat/all at 100%",
            llm="llama-3.1-405b",
            sequences=None,
            model_tokens=None,
            measured=True,
            start_s=900.0,
            replicas={SOUTH: tuple(t % 3 for t in range(SLOTS))},
            **of_mode,
        ),
        pool(
            engine="llama-3.1-8b@h100-sxm-8/host:tp1:bf16",
            accelerators=0,
            tensor_parallel=1,
            cpus=56,
            dram_gb=61.5,
            precision="int8",
            replicas={NORTH: (1,) * SLOTS},
        ),
    )


def machines() -> dict[str, Machine]:
    found = (
        Machine("h100-sxm-8", "h100-sxm", "NVIDIA", "Hopper", "gpu", 8, 112, 1980.0, 345.0),
        Machine("mi300x-8", "mi300x", "AMD", "CDNA 3", "gpu", 8, 128, 2100.0, 132.0),
        Machine("p5.48xlarge", "h100-sxm", "NVIDIA", "Hopper", "gpu", 8, 96, 1980.0, 345.0),
    )
    return {machine.sku: machine for machine in found}


def groups() -> tuple[Group, ...]:
    aws = "Amazon Web Services"
    by_hour = tuple((1584,) if 8 <= t % 24 < 20 else (1188, 1584) for t in range(SLOTS))
    by_day = tuple((1584,) if t % 24 else () for t in range(SLOTS))
    return (
        Group(NORTH, "a colocation", "h100-sxm-8", 3, by_hour),
        Group(NORTH, "a colocation", "mi300x-8", 1, ((1680,),) * SLOTS),
        Group(SOUTH, aws, "p5.48xlarge", 4, by_day),
        Group(SOUTH, aws, "h100-sxm-8", 4, ((1980,),) * SLOTS),
    )


def orders() -> tuple[Order, ...]:
    bought = Order(
        "2025", "buy", NORTH, "h100-sxm-8", "", 3, 270000.0, "USD", 6371.5, 0.5,
        "assumed", "nebius-on-demand",
    )  # fmt: skip
    return (
        bought,
        replace(bought, action="rent", unit_usd=None, unit="USD an hour", lead_years=None),
        replace(bought, stage="2027", action="upgrade", origin="a100-80-sxm-8", count=1),
        replace(bought, stage="2027", action="move", origin=SOUTH, unit_usd=900.0),
    )


def rollout(**changes: object) -> Rollout:
    found = Rollout(
        identity=Identity("demo", "0123456789ab", "feasible", 0.0123, "2025"),
        serving="vllm-2026",
        switch_off=True,
        machines=machines(),
        pools=pools(),
        hours=week(),
        groups=groups(),
        orders=orders(),
        options=Options(
            image="registry.example/vllm:1",
            models={"llama-3.1-8b": "org/llama", "qwen2.5-72b": "/weights/qwen"},
            node_class="gpu",
        ),
        notes=(Note("all", "an input is not the plan's", "it has changed", "tables/x.csv"),),
    )
    return replace(found, **changes)


WORDS = {  # what is not a name: closed lists of this package, and what a user types
    *("kind", "period", "target", "what", "why", "reason", "image", "models", "node_class"),
    *("vendor", "architecture", "provider", "role", "precision", "native_precision"),
    *("serving", "action", "unit"),
}


def renamed(value: object, payload: str) -> object:
    """The value with the payload before every name in it; other words stay."""
    match value:
        case str():
            return f"{payload}{value}" if value else ""
        case tuple():
            return tuple(renamed(part, payload) for part in value)
        case dict():
            return {
                renamed(key, payload): renamed(part, payload) for key, part in value.items()
            }
    if not is_dataclass(value):
        return value
    found = {
        field.name: renamed(getattr(value, field.name), payload)
        for field in fields(value)
        if field.name not in WORDS
    }
    if isinstance(value, Options):
        found["models"] = {f"{payload}{llm}": path for llm, path in value.models.items()}
    return replace(value, **found)
