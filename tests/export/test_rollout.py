"""From a plan and its inputs to a rollout, on the example that is worked out in the head."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from carbonplan.errors import InvalidInput, UsageError
from carbonplan.export import TARGETS, Options, export
from carbonplan.export.hours import hours_of
from carbonplan.export.rollout import rollout
from carbonplan.technology.operating import operating_points
from tests.plan.example import inputs, plan


@pytest.fixture(scope="module")
def example():
    of = inputs()
    return plan(of), of


def test_pools_machines_and_servers(example):
    found = rollout(*example, Options())
    (pool,) = found.pools
    assert (pool.llm, pool.sku, pool.tensor_parallel, pool.servers) == ("tiny", "box", 1, 1)
    assert pool.replicas == {"north": (3, 3), "south": (1, 1)}
    assert pool.classes == ("chat/short", "night/long")
    assert [(g.region, g.sku, g.servers) for g in found.groups] == [
        ("north", "box", 2),
        ("south", "box", 2),
    ]
    assert found.identity.gap == pytest.approx(0.004 / 14.404)
    assert found.identity.stage == "now"


def test_every_target_can_be_written(example):
    files = export(rollout(*example, Options()), list(TARGETS)).files
    assert {path.partition("/")[0] for path in files} == {
        *("EXPORT.md", "kubernetes", "vllm", "sglang", "karpenter", "terraform", "purchases"),
    }


def test_only_what_is_asked_for_is_written(example):
    files = export(rollout(*example, Options()), ["terraform"]).files
    assert sorted(files) == [
        "EXPORT.md",
        "terraform/carbonplan.auto.tfvars.json",
        "terraform/variables.tf",
    ]


def test_orders_are_what_the_plan_buys(example):
    found = rollout(*example, Options())
    assert [(o.action, o.region, o.sku, o.count) for o in found.orders] == [
        ("buy", "north", "box", 1),
        ("buy", "south", "box", 1),
    ]
    server = example[1].servers[0]
    assert found.orders[0].unit_usd == server.price.purchase_usd
    assert found.orders[0].evidence == server.price.evidence


def test_sequences_are_the_batch_of_the_class_that_takes_the_time(example):
    """Chat alone: the batch of its operating point; with night, between the two."""
    made, of = example[0], replace(example[1], profiles=())
    chat_only = made.data.copy(deep=True)
    chat_only["load_rps"].loc[{"request_class": "night/long"}] = 0.0
    both = rollout(made, of, Options()).pools[0].sequences
    alone = rollout(replace(made, data=chat_only), of, Options()).pools[0].sequences
    assert alone is not None
    assert both is not None
    chat, night = batches(of)
    assert alone == np.ceil(chat)
    assert min(chat, night) <= both <= np.ceil(max(chat, night))


def test_what_was_measured_says_no_batch(example):
    assert rollout(*example, Options()).pools[0].sequences is None


def batches(of) -> list[float]:
    from carbonplan.configurations.enumeration import class_limits
    from carbonplan.technology.planning import calibration_of
    from carbonplan.verify.naming import named_replica

    replica = named_replica(of, "tiny@box:tp1:bf16:100%")
    limits = [class_limits(of, one) for one in of.classes]
    limit = of.scenario.fleet.utilisation_limit
    return operating_points([replica], limits, limit, calibration_of(of)).batch[:, 0].tolist()


def test_fractions_of_replicas_are_rounded_up_and_noise_is_not(example):
    made, of = example
    data = made.data.copy(deep=True)
    engine = str(data["engine"].values[0])
    data["replicas"].loc[{"engine": engine, "region": "north"}] = [2.2, 3.0 + 1e-9]
    found = rollout(replace(made, data=data), of, Options()).pools[0]
    assert found.replicas["north"] == (3, 3)


def test_what_the_scenario_does_not_have_is_refused(example):
    made, of = example
    names = {name: f"evil-{name}" for name in made.data["configuration"].values.tolist()}
    data = made.data.assign_coords(configuration=list(names.values()))
    with pytest.raises(InvalidInput, match="no workload asks for LLM 'evil-tiny'"):
        rollout(replace(made, data=data), of, Options())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (Options(stage="noww"), 'the plan has no "noww"; nearest: "now"'),
        (Options(slot=2), "the stage has slots 0 to 1"),
        (Options(models={"tinny": "org/x"}), 'does not run "tinny"; nearest: "tiny"'),
    ],
)
def test_options_that_the_plan_does_not_know_are_refused(example, options, words):
    with pytest.raises(UsageError, match=words):
        rollout(*example, options)


def test_slots_without_a_region_are_no_schedule(example):
    made, of = example
    data = made.data.copy(deep=True)
    data["lost_region"] = ("slot", ["", "north"])
    found = rollout(replace(made, data=data), of, Options())
    assert found.pools[0].replicas["north"] == (3,)
    assert "the loss of a region is left out" in [note.what for note in found.notes]


def test_a_plan_that_was_stopped_says_so(example):
    made, of = example
    stopped = replace(made, summary={**made.summary, "status": "feasible"})
    found = export(rollout(stopped, of, Options()), ["terraform"])
    assert "the plan is not proven best" in [note.what for note in found.notes]


def slots(example, hours: int, start: str = "2024-04-16T00:00", **changes):
    """The example's slots, made as many as asked for."""
    data = example[0].data.isel(slot=np.zeros(hours, dtype=int)).copy(deep=True)
    times = np.datetime64(start, "ns") + np.arange(hours) * np.timedelta64(1, "h")
    data = data.assign_coords(slot=range(hours), time_utc=("slot", times))
    for name, values in changes.items():
        data[name] = ("slot", values)
    return data


def test_days_and_weeks_recur(example):
    assert hours_of(slots(example, 24)).period == "day"
    assert hours_of(slots(example, 168)).period == "week"
    assert hours_of(slots(example, 24)).starts[1] == datetime(2024, 4, 16, 1, tzinfo=UTC)


def test_what_does_not_recur_says_why(example):
    assert "48 h is neither a day nor a week" in hours_of(slots(example, 48)).reason
    weighted = slots(example, 24, weight=np.arange(24.0))
    assert "weighted days" in hours_of(weighted).reason
    futures = slots(example, 24, slot_future=["a"] * 12 + ["b"] * 12)
    assert "several futures" in hours_of(futures).reason
    apart = slots(example, 24).isel(slot=[*range(23), 22])
    assert "do not follow one another" in hours_of(apart).reason
