"""A replayed plan as one document, and as files of numbers."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from carbonplan.replay.energy import IMPACTS
from carbonplan.report.replay import Judged, notes, replica_share
from carbonplan.report.wording import is_number

if TYPE_CHECKING:
    from carbonplan.replay.judge import Promise
    from carbonplan.replay.metrics import Attainment, Group
    from carbonplan.replay.run import Replay

SCHEMA = "carbonplan-replay"
SCHEMA_VERSION = 1
Row = Mapping[str, object]


def document(found: Judged, scenario: str, fingerprint: object) -> dict[str, object]:
    """Everything of one replay, as plain JSON values."""
    replay = found.replay
    return {
        "schema": SCHEMA,
        "schema_version": SCHEMA_VERSION,
        "scenario": scenario,
        "fingerprint": fingerprint,
        "holds": found.holds,
        "trace": replay.trace_source,
        "policy": asdict(replay.policy),
        "lengths": asdict(replay.options.expectation),
        "fits_lengths": replay.options.fits_lengths,
        "seed": replay.options.seed,
        "sampling": {
            "replica_share": replica_share(replay),
            "window_s": replay.sampling.window_s,
            "slots": list(replay.sampling.slots),
            "share_of_horizon": found.impacts.share_of_horizon,
            "requests": replay.count,
        },
        "promises": [_promise(one) for one in found.promises],
        "groups": [_group(one) for one in found.groups],
        "fairness": asdict(found.fairness),
        "replicas": list(_kinds(replay)),
        "impacts": {
            "units": IMPACTS,
            "parts": [asdict(part) for part in found.impacts.parts],
            "planned": found.impacts.planned,
            "replayed": found.impacts.replayed,
            "requests": found.impacts.requests,
        },
        "notes": notes(found),
    }


def requests_csv(found: Sequence[Judged]) -> str:
    """A row for each policy, group and limit."""
    rows = [
        {
            "policy": one.replay.policy.name,
            "by": group.by,
            "name": group.name,
            "workload": group.workload,
            "requests": group.requests,
            "stands_for": group.stands_for,
            "unfinished": group.unfinished,
            "inside": group.inside,
            "goodput_rps": group.goodput_rps,
            "input_tokens": group.tokens[0],
            "output_tokens": group.tokens[1],
            **_attainment(attained),
        }
        for one in found
        for group in one.groups
        for attained in group.attainments
    ]
    return _csv(rows)


def minutes_csv(found: Sequence[Judged]) -> str:
    """A row for each policy, region and bin: power above idle of all replicas."""
    rows = [
        {
            "policy": one.replay.policy.name,
            "region": region.region,
            "slot": one.replay.sampling.slots[int(number * region.bin_s / window_s + 1e-9)],
            "second": round(number * region.bin_s % window_s, 3),
            "serving_kw": float(power),
        }
        for one in found
        for window_s in (one.replay.sampling.window_s,)
        for region in one.replay.regions
        for number, power in enumerate(region.minutes_kw.sum(axis=1).tolist())
    ]
    return _csv(rows)


def _csv(rows: Sequence[Row]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _promise(one: Promise) -> dict[str, object]:
    return {
        "workload": one.workload,
        **_attainment(one.found),
        "kept": one.is_kept,
        "certain": one.is_certain,
        "missed_at": [
            {"name": p.name, "share": p.share, "at_promise_s": _finite(p.at_promise_s)}
            for p in one.places
        ],
    }


def _attainment(one: Attainment) -> dict[str, object]:
    p50, p90, p99 = (_finite(value) for value in one.percentiles_s)
    return {
        "measure": one.measure,
        "limit_s": _finite(one.limit_s),
        "promised": one.promised,
        "share": one.share,
        "low": one.low,
        "high": one.high,
        "at_promise_s": _finite(one.at_promise_s),
        "p50_s": p50,
        "p90_s": p90,
        "p99_s": p99,
    }


def _group(one: Group) -> dict[str, object]:
    values = asdict(one)
    values["attainments"] = [_attainment(attained) for attained in one.attainments]
    return values


def _kinds(replay: Replay) -> Iterator[dict[str, object]]:
    for region in replay.regions:
        for kind in region.kinds:
            yield {
                "region": region.region,
                "engine": kind.engine,
                "planned_replicas": kind.planned.tolist(),
                "replayed_replicas": kind.sampled.tolist(),
                "planned_load": kind.planned_busy,
                "at_work": kind.busy,
                "mean_batch": kind.batch,
                "mean_clock": kind.clock,
                "planned_kw": kind.planned_kw.tolist(),
                "replayed_kw": kind.replayed_kw.tolist(),
            }


def _finite(value: object) -> object:
    return value if is_number(value) else None
