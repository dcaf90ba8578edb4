"""What a trace says of a plan: which promises hold, and which could hold with nobody else."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from carbonplan.catalogue.shipped import shown
from carbonplan.certify.records import Replayed, Source
from carbonplan.certify.rule import MOST
from carbonplan.replay.judge import Promise, promises
from carbonplan.replay.metrics import groups
from carbonplan.replay.records import Options
from carbonplan.replay.run import Replay, replay
from carbonplan.replay.traffic import Trace

if TYPE_CHECKING:
    from carbonplan.catalogue.inputs import Inputs
    from carbonplan.plan import Plan


class Judge(Protocol):
    """Who says whether a plan keeps its promises."""

    @property
    def sources(self) -> tuple[Source, ...]:
        """Traces that are replayed."""

    @property
    def seed(self) -> int:
        """Of the requests."""

    def replayed(self, inputs: Inputs, plan: Plan) -> Replayed:
        """The plan on its whole load."""

    def alone(self, inputs: Inputs, plan: Plan) -> tuple[Promise, ...]:
        """Its promises with the most room that head-room can give."""


@dataclass(frozen=True)
class TraceJudge:
    """A judge that replays traces, by workload."""

    traces: dict[str, Trace]
    sources: tuple[Source, ...]
    options: Options

    @property
    def seed(self) -> int:
        """Of the requests."""
        return self.options.seed

    def replayed(self, inputs: Inputs, plan: Plan) -> Replayed:
        """The plan on its whole load."""
        found = replay(inputs, plan, self.traces, self.options)
        judged = promises(groups(found))
        seen = {one.workload for one in judged}
        return Replayed(
            promises=judged,
            requests=found.count,
            share=_replica_share(found),
            slots=len(found.sampling.slots),
            window_s=found.sampling.window_s,
            unseen=tuple(name for name in found.percentiles if name not in seen),
        )

    def alone(self, inputs: Inputs, plan: Plan) -> tuple[Promise, ...]:
        """Promises of the same replicas with a hundredth of the online requests."""
        nearly_empty = with_online_load(inputs, plan, 1.0 / MOST)
        found = replay(inputs, nearly_empty, self.traces, self.options)
        return promises(groups(found))


def read_traces(files: Sequence[tuple[str, Path]], options: Options) -> TraceJudge:
    """A judge with the traces of files, by the workload that each is of."""
    from carbonplan.replay.traces import read_trace

    traces = {name: read_trace(path, seed=options.seed) for name, path in files}
    sources = tuple(
        Source(name, shown(path), _sha256(path), options.fits_lengths) for name, path in files
    )
    return TraceJudge(traces, sources, options)


def with_online_load(inputs: Inputs, plan: Plan, factor: float) -> Plan:
    """A plan whose replicas get a part of the online load; batch work stays as it is."""
    online = [one.name for one in inputs.classes if one.workload.kind == "online"]
    load = plan.data["load_rps"]
    is_online = load["request_class"].isin(online)
    return replace(plan, data=plan.data.assign(load_rps=load.where(~is_online, load * factor)))


def _replica_share(found: Replay) -> float:
    """Replicas that were replayed, of those of the plan in the same slots [1]."""
    kinds = [kind for region in found.regions for kind in region.kinds]
    planned = sum(float(kind.planned.sum()) for kind in kinds)
    return sum(float(kind.sampled.sum()) for kind in kinds) / max(planned, 1e-12)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
