"""Problems of stages, futures and risk: all at once, each with its line."""

from __future__ import annotations

import pytest

from tests.scenario.samples import MINIMAL, loaded, problems

STAGES = "stages: [{name: a}, {name: b}]\n"
FUTURES = "futures: [{name: low, probability: 0.4}, {name: high, probability: 0.6}]\n"


def test_sound_courses_load(tmp_path):
    text = MINIMAL + STAGES + FUTURES + "risk: {known_after: a, weight: 0.5}\n"
    scenario = loaded(tmp_path, text).scenario
    assert [stage.name for stage in scenario.stages] == ["a", "b"]
    assert scenario.risk.known_after == "a"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            FUTURES.replace("0.6", "0.7"),
            "line 17, futures: probabilities sum to 1.1, expected 1",
        ),
        (
            "futures: [{name: low, probability: 0}, {name: high, probability: 1}]",
            "line 17, futures[low].probability: found 0, expected more",
        ),
        (
            "futures: [{name: x, probability: 0.5}, {name: x, probability: 0.5}]",
            'line 17, futures[x]: "x" is listed twice',
        ),
        (
            STAGES.replace("name: b", "name: b, demand: {caht: 2}"),
            'line 17, stages[b].demand: "caht" is not in workloads; nearest: "chat"',
        ),
        (
            STAGES.replace("name: b", "name: b, price: {nroth: 2}"),
            'line 17, stages[b].price: "nroth" is not in regions; nearest: "north"',
        ),
        (
            STAGES.replace("name: b", "name: b, server_carbon: {h100-sxm: 2}"),
            'line 17, stages[b].server_carbon: "h100-sxm" is not in fleet.skus; nearest: '
            '"h100-sxm-8"',
        ),
        (
            STAGES.replace("name: b", "name: b, skus: [h100]"),
            'line 17, stages[b].skus[0]: "h100" is not in fleet.skus; nearest: "h100-sxm-8"',
        ),
        (
            FUTURES.replace("0.4", "0.4, intensity: {nroth: 2}"),
            'line 17, futures[low].intensity: "nroth" is not in regions; nearest: "north"',
        ),
        (
            STAGES + "bounds: [{impact: carbon, at_most: 3, stage: A}]",
            'line 18, bounds[carbon, A].stage: "A" is not in stages; nearest: "a"',
        ),
        (
            "renewal: {lead_times: [{sku: t4-4, years: 1}]}",
            'line 17, renewal.lead_times[t4-4].sku: "t4-4" is not in fleet.skus',
        ),
        (
            STAGES + FUTURES + "risk: {known_after: c}",
            'line 19, risk.known_after: "c" is not in stages',
        ),
        (
            STAGES + FUTURES + "risk: {known_after: b}",
            'line 19, risk.known_after: found the last stage, "b", expected one before',
        ),
        (
            STAGES + "risk: {known_after: a}",
            'line 18, risk.known_after: found "a" without futures, expected some',
        ),
        (
            STAGES.replace("name: a", "name: a/x") + FUTURES,
            'line 17, stages[a/x].name: found "a/x" with futures, expected no slash',
        ),
    ],
)
def test_a_problem_of_courses_is_one_line(tmp_path, text, line):
    assert problems(tmp_path, MINIMAL + text) == [line]


def test_stock_names_a_stage(tmp_path):
    stock = "  stock: [{sku: h100-sxm-8, servers: 1, stage: b}]\n"
    text = MINIMAL.replace("workloads:", stock + "workloads:")
    assert loaded(tmp_path, text + STAGES).scenario.fleet.stock[0].stage == "b"
    assert problems(tmp_path, text) == [
        'line 8, fleet.stock[h100-sxm-8, b].stage: "b" is not in stages'
    ]


def test_a_region_can_only_be_lost_where_others_are(tmp_path):
    survive = "  survive_region_loss: true\nworkloads:"
    text = MINIMAL.replace("workloads:", survive)
    assert problems(tmp_path, text) == [
        "line 8, fleet.survive_region_loss: found true with one region, expected several"
    ]
    bound = text.replace("[north]", "[north, south]").replace(
        "    ttft_s", "    regions: [north]\n    ttft_s"
    )
    assert problems(tmp_path, bound) == [
        "line 15, workloads[chat].regions: found one region, expected several: "
        "fleet.survive_region_loss asks for it"
    ]
