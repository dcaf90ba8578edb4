"""Plans of every kind: pools, hosts, measured times; stages, futures and lost regions."""

from __future__ import annotations

import functools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from carbonplan import api, pipeline
from carbonplan.catalogue.inputs import Inputs
from carbonplan.catalogue.measurements import Measurement
from carbonplan.catalogue.writing import table_text
from carbonplan.cli.loading import load
from carbonplan.errors import InvalidInput
from carbonplan.plan import Plan
from carbonplan.replay.records import Options, Policy
from carbonplan.replay.traffic import Trace
from carbonplan.report.replay import Judged
from carbonplan.solve import solve
from tests.replay.plans import SMALL, poisson_trace
from tests.test_own_measurements import rows

SUMS = (
    "{name: sums, kind: batch, llm: LLM, arrivals: {mean_rps: 0.3}, deadline_hours: 1, "
    "classes: [{name: all, input_tokens: 1000, output_tokens: 150, share: 1}]}"
)
CHAT = (
    "{name: chat, kind: online, llm: llama-3.1-8b, classes: azure-conversation, "
    "origins: [new-york], arrivals: {mean_rps: 20}, ttft_s: 0.8, tpot_s: 0.04}"
)
WINDOW = Options(window_s=60.0)


@functools.cache
def planned(scenario: str, *overrides: str, folder: Path | None = None) -> tuple[Inputs, Plan]:
    allowed = () if folder is None else (folder,)
    loaded = load(scenario, overrides, allowed_folders=allowed)
    prepared = pipeline.prepare(loaded, pipeline.Options())
    solution = solve(prepared.program, prepared.limits, isolated=False)
    return prepared.inputs, prepared.plan(solution)


def judged(
    question: tuple[Inputs, Plan], options: Options, trace: Trace | None = None
) -> Judged:
    traces = {"": trace or poisson_trace()}
    (found,) = api.judged(*question, traces, options)
    for impact, planned_total in found.impacts.planned.items():
        whole = question[1].impacts[impact].value * found.impacts.share_of_horizon
        assert planned_total == pytest.approx(whole, rel=1e-9)
    return found


def uses(found: Judged) -> dict[str, object]:
    """What replicas did, by their engine."""
    return {kind.engine: kind for region in found.replay.regions for kind in region.kinds}


def test_pools_hand_over_and_hosts_do_batch_work_at_their_own_clock():
    workloads = f"workloads=[{CHAT},{SUMS.replace('LLM', 'llama-3.2-1b')}]"
    of_fleet = "fleet.host_reuse=true", "fleet.phases=split"
    question = planned("one-hour", *SMALL, *of_fleet, workloads)
    found = judged(question, Options(policy=Policy(clock="miad"), window_s=600.0))
    assert found.holds
    used = uses(found)
    (host,) = (kind for name, kind in used.items() if "/host" in name)
    assert host.clock == pytest.approx(1.0)
    assert 0 < host.busy < 1
    (prefill,) = (kind for name, kind in used.items() if name.endswith(":prefill"))
    (decode,) = (kind for name, kind in used.items() if name.endswith(":decode"))
    assert (prefill.batch, decode.batch > 1.0) == (0.0, True)
    (sums,) = (one for one in found.groups if one.by == "workload" and one.name == "sums")
    assert sums.requests == pytest.approx(0.3 * 600, rel=0.02)
    assert sums.inside == 1.0


def test_measured_times_take_the_place_of_models(tmp_path):
    """Steps of 16 ms at least, as no model has them; a trace beyond the table is refused."""
    grid = tmp_path / "grid.csv"
    grid.write_text(table_text(rows(0.016), list(Measurement.model_fields)))
    own = f"fleet.profiles={grid}", "fleet.precisions=[bf16]", "fleet.tensor_parallel=[1]"
    at_boost = "fleet.skus=[h100-sxm-8]", "fleet.clock_fractions=[1.0]"
    question = planned("one-hour", *own, *at_boost, folder=tmp_path)
    found = judged(question, Options(window_s=60.0, fits_lengths=True))
    assert found.holds
    workload = next(one for one in found.groups if one.by == "workload")
    (median_s,) = (
        one.percentiles_s[0] for one in workload.attainments if one.measure == "tpot"
    )
    assert 0.016 < median_s < 0.04
    trace = poisson_trace()
    longer = replace(trace, prompt=trace.prompt * 20)
    with pytest.raises(InvalidInput, match=r"was not measured at prompts of \d+ tokens"):
        judged(question, WINDOW, longer)


COURSES = (
    *("fleet.skus=[h100-sxm-8]", "fleet.clock_fractions=[0.7]", "fleet.tensor_parallel=[1]"),
    *("fleet.survive_region_loss=true", "horizon.hours=2", "solver.gap=0.01"),
    "stages=[{name: first, years: 1}, {name: later, years: 1, demand: 1.5}]",
    "futures=[{name: slow, probability: 0.4, demand: 0.5}, {name: fast, probability: 0.6}]",
    f"workloads=[{CHAT},{SUMS.replace('LLM', 'llama-3.1-8b')}]",
)


def test_stages_futures_and_lost_regions_each_have_their_slots():
    question = planned("three-futures", *COURSES)
    data = question[1].data
    lost = np.flatnonzero(data["lost_region"].values != "")
    assert (data["stage"].size, data["slot"].size, lost.size) == (3, 16, 8)
    found = judged(question, WINDOW)
    assert found.holds
    assert all(one.found.share == pytest.approx(1.0) for one in found.promises)
    (chat,) = (one for one in found.groups if one.by == "workload" and one.name == "chat")
    hours = (data["weight"] * data["slot_hours"]).values
    load = data["load_rps"].sel(request_class=data["request_class"].str.startswith("chat"))
    rps = load.sum(("request_class", "configuration", "region")).values
    assert chat.goodput_rps == pytest.approx((rps * hours).sum() / hours.sum(), rel=0.1)
    alone = judged(question, Options(window_s=60.0, slots=tuple(lost.tolist())))
    assert {one.region for one in alone.replay.regions} == set(data["region"].values.tolist())
    assert alone.impacts.planned["energy"] == 0.0
    assert alone.holds
