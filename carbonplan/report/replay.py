"""A replayed plan as tables of words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from carbonplan.replay.energy import IMPACTS
from carbonplan.report.replay_wording import (
    duration,
    lengths,
    limit,
    number,
    percent,
    rounded,
    signed,
    slots,
)
from carbonplan.units import MS_PER_S

if TYPE_CHECKING:
    from carbonplan.replay.arrays import Floats
    from carbonplan.replay.clients import Fairness
    from carbonplan.replay.energy import Impacts
    from carbonplan.replay.judge import Promise
    from carbonplan.replay.metrics import Attainment, Group
    from carbonplan.replay.records import KindUse
    from carbonplan.replay.run import Replay

Row = Mapping[str, object]

STRANGE_LENGTHS = 0.2  # beyond which lengths of the trace are said to differ from the plan's
STRANGE_ENERGY = 0.05  # beyond which the energy of serving is


@dataclass(frozen=True)
class Judged:
    """A replay with what follows from it.

    Attributes
    ----------
    curves
        Values at ``carbonplan.replay.metrics.CURVE``, by workload and limit.
    """

    replay: Replay
    groups: tuple[Group, ...]
    impacts: Impacts
    promises: tuple[Promise, ...]
    fairness: Fairness
    curves: Mapping[tuple[str, str], Floats]

    @property
    def holds(self) -> bool:
        """Whether every promise was kept."""
        return all(one.is_kept for one in self.promises)


def headline(found: Judged, scenario: str) -> str:
    """What was replayed, and whether the plan holds, in a few lines."""
    replay = found.replay
    policy, sampling = replay.policy, replay.sampling
    horizon = percent(found.impacts.share_of_horizon)
    names = ", ".join(PurePath(name).name for name in replay.trace_source.split(", "))
    verdict = "KEEPS ITS PROMISES" if found.holds else "DOES NOT KEEP ITS PROMISES"
    return "\n".join(
        (
            f"{scenario} {verdict}",
            f"{replay.count:,} requests of {names}, seed {replay.options.seed}; {policy.name}, "
            f"routing {policy.routing}",
            f"replayed: {percent(replica_share(replay))} of the replicas, "
            f"{slots(len(sampling.slots))} ({horizon} of the horizon), "
            f"{sampling.window_s:,.0f} s of each",
        )
    )


def replica_share(replay: Replay) -> float:
    """Replicas that were replayed, of those of the plan in the same slots [1]."""
    kinds = [kind for region in replay.regions for kind in region.kinds]
    planned = sum(float(kind.planned.sum()) for kind in kinds)
    return sum(float(kind.sampled.sum()) for kind in kinds) / max(planned, 1e-12)


def promise_rows(found: Judged) -> list[Row]:
    """A row for each limit of each workload."""
    return [
        {
            "workload": one.workload,
            "limit": limit(one.found),
            "promised": percent(one.found.promised),
            "kept by": percent(one.found.share),
            "range": f"{percent(one.found.low)} to {percent(one.found.high)}",
            "at the promised share": duration(one.found.measure, one.found.at_promise_s),
            "verdict": _verdict(one),
        }
        for one in found.promises
    ]


def missed_lines(found: Judged) -> list[str]:
    """What was missed, by how much, and where."""
    lines = []
    for one in found.promises:
        if one.is_kept:
            continue
        at = duration(one.found.measure, one.found.at_promise_s)
        lines.append(
            f"{one.workload}: {limit(one.found)} was kept by {percent(one.found.share)} of "
            f"the requests, {percent(one.found.promised)} were promised, which had {at}"
        )
        lines += [f"  {place.name}: {percent(place.share)}" for place in one.places]
    return lines


def user_rows(found: Judged, by: str = "class") -> list[Row]:
    """A row for each group: how many, how long, how fast, inside all limits."""
    rows = []
    for one in found.groups:
        if one.by != by:
            continue
        known = {attained.measure: attained for attained in one.attainments}
        rows.append(
            {
                by: one.name,
                "requests": one.requests,
                "tokens in/out": lengths(one.tokens),
                "planned": lengths(one.expected_tokens),
                **_times(known, "ttft", "first token p50/p99 s"),
                **_times(known, "tpot", "token p50/p99 ms", MS_PER_S),
                **_times(known, "latency", "last token p50/p99 s"),
                "inside limits": percent(one.inside),
                "goodput /s": rounded(one.goodput_rps),
            }
        )
    return rows


def kind_rows(found: Judged) -> list[Row]:
    """A row for each engine in a region: how busy, with what batch, drawing what."""
    return [
        {
            "region": region.region,
            "engine": kind.engine,
            "replicas": rounded(float(kind.planned.mean())),
            "replayed": rounded(float(kind.sampled.mean())),
            "planned load": percent(kind.planned_busy),
            "at work": percent(kind.busy),
            "mean batch": rounded(kind.batch),
            "mean clock": percent(kind.clock),
            "planned kW": rounded(float(kind.planned_kw.mean())),
            "replayed kW": rounded(float(kind.replayed_kw.mean())),
            "ratio": rounded(_ratio(kind)),
        }
        for region in found.replay.regions
        for kind in region.kinds
    ]


def impact_rows(found: Judged) -> list[Row]:
    """A row for each part: each impact as planned and, where it differs, as replayed."""
    rows = [
        _impact_row(part.name, part.planned, part.replayed)
        for part in found.impacts.parts
        if any(part.planned.values()) or any(part.replayed.values())
    ]
    whole = found.impacts
    rows.append(_impact_row("TOTAL", whole.planned, whole.replayed))
    many = max(whole.requests, 1e-12)
    each = [{name: 1000 * total[name] / many for name in IMPACTS} for total in _both(whole)]
    rows.append(_impact_row("per 1000 requests", *each))
    return rows


def notes(found: Judged) -> list[str]:
    """What a reader must know to believe the numbers."""
    said = [
        f"{one.name}: the trace's requests have {lengths(one.tokens)} tokens in/out, the plan "
        f"expects {lengths(one.expected_tokens)} (--fit-lengths scales them)"
        for one in found.groups
        if one.by == "class" and _is_strange(one)
    ]
    said += [
        f"{one.name}: {percent(one.unfinished)} of the requests were never done; they are too "
        "long for the replica's memory or found none that is open"
        for one in found.groups
        if one.by == "class" and one.unfinished > 0
    ]
    serving = found.impacts.parts[0]
    planned = serving.planned["energy"]
    change = serving.replayed["energy"] / planned - 1.0 if planned > 0 else 0.0  # of modes none
    if abs(change) > STRANGE_ENERGY:
        said.append(
            f"serving takes {signed(change)} energy against the plan, which counts full "
            "replicas of one class each, or whole replicas by a line over their load; with "
            "other load batches are of other sizes (docs/replay.md)"
        )
    uncertain = [one.workload for one in found.promises if not one.is_certain]
    if uncertain:
        names = ", ".join(dict.fromkeys(uncertain))
        said.append(f"{names}: too few requests to be certain; replay more (--share, --slots)")
    return said


def comparison_rows(found: Sequence[Judged]) -> list[Row]:
    """A row for each policy, on the same requests."""
    rows = []
    for one in found:
        online = [group for group in one.groups if group.by == "workload"]
        shares = [promise.found.share for promise in one.promises]
        totals = one.impacts.replayed
        rows.append(
            {
                "policy": one.replay.policy.name,
                "promises kept": f"{sum(p.is_kept for p in one.promises)} of {len(shares)}",
                "least share": percent(min(shares, default=1.0)),
                **_worst(online, "ttft", "first token p99 s"),
                **_worst(online, "tpot", "token p99 ms", MS_PER_S),
                **_worst(online, "latency", "last token p99 s"),
                "serving kWh": rounded(one.impacts.parts[0].replayed["energy"]),
                "energy kWh": rounded(totals["energy"]),
                "carbon kgCO2e": rounded(totals["carbon"]),
                "fairness": rounded(one.fairness.service),
                "Jain": rounded(one.fairness.jain),
                "preempted": rounded(sum(g.preemptions * g.stands_for for g in online)),
            }
        )
    return rows


def comparison_notes(found: Sequence[Judged]) -> list[str]:
    """What a reader of the comparison might take for a fault."""
    by_clock: dict[str, set[tuple[float, ...]]] = {}
    orders = {one.replay.policy.order for one in found}
    for one in found:
        shown = tuple(a.percentiles_s for group in one.groups for a in group.attainments)
        by_clock.setdefault(one.replay.policy.clock, set()).add(shown)
    if len(orders) > 1 and all(len(different) == 1 for different in by_clock.values()):
        return ["no request ever waited for a place: in which order they wait does not matter"]
    return []


def _impact_row(
    name: str, planned: Mapping[str, float], replayed: Mapping[str, float]
) -> dict[str, object]:
    """A part; what is replayed as it is planned is said once."""
    row: dict[str, object] = {"part": name}
    for impact, unit in IMPACTS.items():
        is_same = replayed[impact] == planned[impact]
        row[f"{impact} {unit}"] = rounded(planned[impact])
        row[f"{impact} replayed"] = None if is_same else rounded(replayed[impact])
    return row


def _both(found: Impacts) -> tuple[dict[str, float], dict[str, float]]:
    return found.planned, found.replayed


def _verdict(one: Promise) -> str:
    kept = "kept" if one.is_kept else "MISSED"
    return kept if one.is_certain else f"{kept}, not certain"


def _times(
    known: Mapping[str, Attainment], measure: str, title: str, factor: float = 1.0
) -> dict[str, object]:
    if measure not in known:
        return {title: "-"}
    p50, _, p99 = known[measure].percentiles_s
    return {title: f"{number(p50 * factor)} / {number(p99 * factor)}"}


def _worst(
    groups: Sequence[Group], measure: str, title: str, factor: float = 1.0
) -> dict[str, object]:
    """The longest 99th percentile of the workloads."""
    found = [
        one.percentiles_s[-1]
        for group in groups
        for one in group.attainments
        if one.measure == measure
    ]
    longest = max(found, default=math.inf) * factor
    return {title: rounded(longest) if math.isfinite(longest) else None}


def _ratio(kind: KindUse) -> float | None:
    planned = float(kind.planned_kw.sum())
    return float(kind.replayed_kw.sum()) / planned if planned > 0 else None


def _is_strange(one: Group) -> bool:
    pairs = zip(one.tokens, one.expected_tokens, strict=True)
    return any(abs(found / expected - 1.0) > STRANGE_LENGTHS for found, expected in pairs)
