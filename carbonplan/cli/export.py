"""``export``: a plan as files for clusters, engines, schedulers, and those who buy."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from carbonplan.cli.options import Json, Overwrite, PlanFolder, refuse_existing
from carbonplan.cli.output import say, show, show_json, table
from carbonplan.errors import UsageError

if TYPE_CHECKING:
    from carbonplan.export.records import Export, Rollout

IMAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:@-]{0,254}", re.ASCII)
WEIGHTS = re.compile(r"/?[A-Za-z0-9][A-Za-z0-9._/-]{0,254}", re.ASCII)
NODE_CLASS = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?", re.ASCII)


class To(StrEnum):
    """What a plan is exported to."""

    KUBERNETES = "kubernetes"
    VLLM = "vllm"
    SGLANG = "sglang"
    KEDA = "keda"
    KARPENTER = "karpenter"
    TERRAFORM = "terraform"
    CLOCKS = "clocks"
    PURCHASES = "purchases"
    ALL = "all"


def export(
    plan_folder: PlanFolder,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder that is written.")],
    to: Annotated[
        list[To] | None,
        typer.Option("--to", help="What to export to; repeatable.  [default: all]"),
    ] = None,
    stage: Annotated[
        str | None,
        typer.Option("--stage", metavar="NAME", help="Stage to export.  [default: the first]"),
    ] = None,
    slot: Annotated[
        int | None,
        typer.Option(
            "--slot",
            metavar="NUMBER",
            min=0,
            help="Set the replicas of this slot of the stage, from 0, not of the busiest.",
        ),
    ] = None,
    image: Annotated[
        str | None,
        typer.Option("--image", metavar="IMAGE", help="Container image of the engine."),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model",
            metavar="LLM=ID",
            help="Hugging Face id or path of the weights of an LLM; repeatable.",
        ),
    ] = None,
    node_class: Annotated[
        str | None,
        typer.Option(
            "--node-class", metavar="NAME", help="Node class that Karpenter launches with."
        ),
    ] = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Write a plan as files that other tools take.

    Kubernetes manifests, arguments of vLLM and SGLang, KEDA schedules, Karpenter NodePools,
    Terraform variables, clock scripts and a purchase list. What a plan does not hold is left
    out and named in EXPORT.md.
    """
    refuse_existing(out, overwrite)
    from carbonplan import export as exports
    from carbonplan.plan.atomic import write_folder

    options = exports.Options(
        stage=stage,
        slot=slot,
        image=_checked("--image", image, IMAGE, "an image such as vllm/vllm-openai:v1"),
        models=_models(model or []),
        node_class=_checked("--node-class", node_class, NODE_CLASS, "a name such as gpu"),
    )
    rollout = _rollout(plan_folder, options)
    asked = exports.TARGETS if not to or To.ALL in to else [one.value for one in to]
    found = exports.export(rollout, list(asked))
    write_folder(out, found.files.items(), overwrite=overwrite)
    _show(found, out, as_json=as_json)


def _rollout(plan_folder: Path, options: object) -> Rollout:
    from carbonplan import pipeline
    from carbonplan.catalogue.gather import gather
    from carbonplan.export.records import Note
    from carbonplan.export.rollout import rollout
    from carbonplan.plan import read

    plan = read(plan_folder)
    inputs = gather(pipeline.reload(plan_folder))
    why = "it has changed since the plan was made; figures from it are those of now"
    changed = pipeline.changed_inputs(plan_folder, inputs)
    notes = [Note("all", "an input is not the plan's", why, path) for path in changed]
    return rollout(plan, inputs, options, notes)


def _show(found: Export, out: Path, *, as_json: bool) -> None:
    if as_json:
        notes = [asdict(note) for note in found.notes]
        show_json({"folder": str(out), "files": list(found.files), "notes": notes})
        return
    parts = Counter(Path(path).parts[0] for path in found.files)
    show(table([{"in": str(out / part), "files": count} for part, count in parts.items()]))
    if found.notes:
        count = len(found.notes)
        say(f"{count} things are left out or taken for granted: see {out / 'EXPORT.md'}")


def _models(given: list[str]) -> dict[str, str]:
    """Weights by LLM, from ``LLM=ID``."""
    found = {}
    for text in given:
        llm, separator, weights = text.partition("=")
        if not separator or not WEIGHTS.fullmatch(weights):
            raise UsageError(f'--model "{text}": expected LLM=ID, as llama-3.1-8b=org/name')
        found[llm] = weights
    return found


def _checked(option: str, text: str | None, pattern: re.Pattern[str], like: str) -> str | None:
    if text is not None and not pattern.fullmatch(text):
        raise UsageError(f'{option} "{text}": expected {like}')
    return text
