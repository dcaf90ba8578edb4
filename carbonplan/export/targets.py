"""Every format that a plan is exported to, and the page that says what is in the folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from carbonplan.export.clocks import clock_files, clock_notes
from carbonplan.export.documents import header
from carbonplan.export.engines import SGLANG, VLLM, engine_files, engine_notes
from carbonplan.export.karpenter import karpenter_files, karpenter_notes
from carbonplan.export.keda import keda_files, keda_notes
from carbonplan.export.kubernetes import kubernetes_files
from carbonplan.export.kubernetes_notes import kubernetes_notes
from carbonplan.export.names import code
from carbonplan.export.purchases import purchase_files, purchase_notes
from carbonplan.export.records import Export, Note
from carbonplan.export.terraform import terraform_files, terraform_notes

if TYPE_CHECKING:
    from carbonplan.export.records import Rollout

INDEX = "EXPORT.md"


@dataclass(frozen=True)
class Target:
    """A format: what writes its files, what it leaves out, and how its files are used."""

    files: Callable[[Rollout], Iterator[tuple[str, bytes]]]
    notes: Callable[[Rollout], Iterator[Note]]
    use: str


TARGETS = {
    "kubernetes": Target(
        kubernetes_files,
        kubernetes_notes,
        "`kubectl diff -k kubernetes/overlays/REGION`, then `kubectl apply -k` on the same",
    ),
    "vllm": Target(
        partial(engine_files, engine=VLLM),
        partial(engine_notes, engine=VLLM),
        f"`vllm serve --config vllm/POOL.yaml` (vLLM {VLLM.release})",
    ),
    "sglang": Target(
        partial(engine_files, engine=SGLANG),
        partial(engine_notes, engine=SGLANG),
        "`python3 -m sglang.launch_server --config sglang/POOL.yaml` "
        f"(SGLang {SGLANG.release})",
    ),
    "keda": Target(
        keda_files, keda_notes, "`kubectl apply -k keda/REGION`, where KEDA is installed"
    ),
    "karpenter": Target(
        karpenter_files,
        karpenter_notes,
        "`kubectl apply -f karpenter/REGION`, where Karpenter is installed",
    ),
    "terraform": Target(
        terraform_files,
        terraform_notes,
        "copy both files into the root module and read `var.carbonplan_servers`",
    ),
    "clocks": Target(
        clock_files,
        clock_notes,
        "`bash clocks/REGION/SKU.sh` shows, `--apply` locks, `--undo --apply` gives back; a "
        "timer on each server runs it at the start of every slot",
    ),
    "purchases": Target(
        purchase_files, purchase_notes, "open `purchases/purchases.csv` in a spreadsheet"
    ),
}


def export(rollout: Rollout, names: Sequence[str]) -> Export:
    """Files of the targets that are named, with a page that lists them and what they lack."""
    chosen = {name: TARGETS[name] for name in TARGETS if name in names}
    given = [note for note in rollout.notes if note.target in ("all", *chosen)]
    found = [*given, *(n for target in chosen.values() for n in target.notes(rollout))]
    notes = tuple(dict.fromkeys(found))
    by_target = {name: dict(target.files(rollout)) for name, target in chosen.items()}
    index = _index(rollout, by_target, notes).encode("utf-8")
    files = {path: text for of_target in by_target.values() for path, text in of_target.items()}
    return Export({INDEX: index, **files}, notes)


def _index(
    rollout: Rollout, by_target: dict[str, dict[str, bytes]], notes: Sequence[Note]
) -> str:
    lines = ["# What is in this folder", ""]
    lines += [f"- {code(line)}" for line in header(rollout.identity)]
    for name, files in by_target.items():
        lines += ["", f"## {name}", ""]
        lines += [f"Use: {TARGETS[name].use}.", ""] if files else []
        lines += [f"- `{path}`" for path in files] or ["Nothing was written; see below."]
    lines += ["", "## Left out, or taken for granted", ""]
    return "\n".join([*lines, *_noted(notes)]) + "\n"


def _noted(notes: Sequence[Note]) -> Iterator[str]:
    """Notes that differ in what they are of alone stand on one line."""
    grouped: dict[tuple[str, str, str], list[str]] = {}
    for note in notes:
        grouped.setdefault((note.target, note.what, note.why), []).append(note.of)
    for (target, what, why), of in grouped.items():
        names = ", ".join(code(name) for name in of if name)
        yield f"- **{target}**: {what}{f' ({names})' if names else ''}: {why}."
