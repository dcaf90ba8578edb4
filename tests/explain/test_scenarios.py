"""What is changed in a problem is what its overrides change in the scenario; absent servers."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from carbonplan.catalogue.shipped import scenarios_root
from carbonplan.errors import InvalidInput, UsageError
from carbonplan.explain import Asked, document, explain
from carbonplan.explain.absence import absence
from carbonplan.explain.asking import known
from carbonplan.explain.factors import factors
from carbonplan.explain.limits import limits
from carbonplan.explain.subject import Subject
from carbonplan.pipeline import Options, prepare, verified
from carbonplan.plan import Plan
from carbonplan.report.explanation import text
from carbonplan.scenario import load

EAST, L4, H100 = "aws-us-east-1", "l4-8", "h100-sxm-8"
FEW = ("fleet.skus=[h100-sxm-8, l4-8]", "fleet.tensor_parallel=[1, 2]")
LIMITED = (
    *FEW,
    f"regions[{EAST}].server_limit=3",
    "fleet.stock=[{sku: h100-sxm-8, servers: 2}, {sku: l4-8, servers: 0}]",
    "bounds=[{impact: cost, at_most: 12}]",
    f"regions[{EAST}].pue=1.2",
    "workloads[chat].spare_replicas=2",
    "fleet.clock_fractions=[1.0]",
)
WIND = "{name: wind, region: aws-us-east-1, at_most_kw: 2, price_usd_per_kwh: 0}"
CONTRACT = f"supply.contracts=[{WIND}]"


def loaded(*overrides: str):
    return load(scenarios_root() / "one-hour.yaml", overrides)


def planned(*overrides: str) -> tuple[Subject, Plan]:
    """The plan of one hour, and itself as a subject."""
    prepared = prepare(loaded(*overrides), Options())
    solution = prepared.solution()

    def formulated(more: tuple[str, ...]):
        other = prepare(loaded(*overrides, *more), Options())
        return other.configurations, other.problem, other.program

    subject = Subject(
        name="one-hour",
        problem=prepared.problem,
        program=prepared.program,
        values=solution.values,
        known=known(solution),
        objective="carbon",
        unit="kgCO2e",
        inputs=prepared.inputs,
        configurations=prepared.configurations,
        formulated=formulated,
    )
    return subject, verified(prepared.inputs, prepared.plan(solution))[1]


@pytest.fixture(scope="module")
def limited() -> tuple[Subject, Plan]:
    return planned(*LIMITED, CONTRACT)


def same(one, other) -> bool:
    """Whether two programs have the same rows, bounds and costs."""
    vectors = ("row_lower", "row_upper", "column_lower", "column_upper", "cost")
    return one.matrix.shape == other.matrix.shape and all(
        np.allclose(getattr(one, name), getattr(other, name), rtol=1e-5) for name in vectors
    )


def test_limits_change_in_the_problem_as_in_the_scenario(limited):
    subject, _ = limited
    asked = []
    for limit in limits(subject.problem, subject.program, subject.inputs):
        if limit.changed is not None and not limit.resolved_by_overrides:
            other = subject.program_of(limit.changed(subject.problem, limit.relaxed))
            assert same(other, subject.with_overrides(limit.relaxed_overrides())[1]), limit.path
            asked.append(limit.kind)
    assert asked == ["power", "space", "stock", "bound", "contract", "spare"]


def test_factors_change_the_problem_as_their_overrides_do(limited):
    subject, _ = limited
    asked = set()
    for factor in factors(subject.problem, subject.inputs):
        if factor.scaled is not None and factor.overrides is not None:
            other = subject.program_of(factor.scaled(subject.problem, 1.25))
            assert same(other, subject.with_overrides(factor.overrides(1.25))[1]), factor.words
            asked.add(factor.kind)
    assert asked == {"intensity", "price", "pue", "demand"}


def test_stock_of_none_is_asked_about_by_formulating_anew(limited):
    subject, _ = limited
    found = {one.path: one for one in limits(subject.problem, subject.program, subject.inputs)}
    none = found["fleet.stock[1].servers"]
    assert (none.value, none.changed, none.families) == (0, None, ())
    _, program = subject.with_overrides(none.relaxed_overrides())
    assert ("now", L4, EAST) in program.columns["Purchased"].labels
    assert ("now", L4, EAST) not in subject.program.columns["Purchased"].labels


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (("h100", EAST), 'fleet.skus does not name h100; nearest: "h100-sxm-8"'),
        ((H100, "aws"), "regions does not name aws"),
        ((L4, EAST), "fleet.stock[1].servers is 0"),
    ],
)
def test_servers_that_cannot_be_are_answered_without_a_solve(limited, place, words):
    assert any(line.startswith(words) for line in absence(limited[0], place))
    assert absence(limited[0], (H100, EAST)) == []


def test_configurations_that_fail_say_why():
    subject, _ = planned(
        "workloads[chat].llm=llama-3.1-70b",
        "workloads[chat].ttft_s=5",
        "fleet.skus=[h100-sxm-8, l4-8]",
        "fleet.precisions=[bf16]",
        "fleet.tensor_parallel=[4]",
    )
    (memory, *_others) = [one for one in absence(subject, (L4, EAST)) if "memory" in one]
    assert "configurations on l4-8 fail by memory, as llama-3.1-70b@l4-8" in memory


def test_the_plan_is_read_back_as_the_values_it_was_made_of(limited):
    subject, plan = limited
    asked = Asked(questions=("prices",), why=((H100, EAST),), why_not=((L4, EAST),))
    found = explain(plan, loaded(*LIMITED, CONTRACT), asked, isolated=False)
    assert found.subject.known.objective == pytest.approx(subject.known.objective, rel=1e-9)
    whole = subject.program.integer
    assert np.array_equal(found.subject.values[whole], np.round(subject.values[whole]))
    assert found.choice == ((H100, EAST),)
    answer = document(found)
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer
    told = text(answer)
    assert f"WHY NOT {L4.upper()}@{EAST.upper()}\nThere can be none" in told
    assert "power limit of aws-us-east-1" in told


def test_a_plan_of_another_scenario_is_refused(limited):
    _, plan = limited
    other = loaded(*LIMITED, CONTRACT, "workloads[chat].arrivals.mean_rps=10")
    with pytest.raises(InvalidInput, match="plan"):
        explain(plan, other, Asked(questions=()), isolated=False)


def test_a_plan_made_without_foresight_is_refused(limited):
    _, plan = limited
    short = replace(plan, summary={**plan.summary, "foresight": {"saves": 1.0}})
    with pytest.raises(UsageError, match="--myopic"):
        explain(short, loaded(*LIMITED, CONTRACT), isolated=False)


def test_levels_of_an_order_bind_every_answer():
    order = "objective={lexicographic: [{impact: cost, slack: 0.0}, {impact: carbon}]}"
    prepared = prepare(loaded(order, *FEW), Options())
    from carbonplan.plan.objective import with_levels
    from carbonplan.steps import solved_in_order

    ordered = solved_in_order(
        prepared.problem, prepared.program, prepared.inputs, prepared.limits, None
    )
    made = replace(prepared, program=ordered.program).plan(ordered.solution)
    plan = with_levels(verified(prepared.inputs, made)[1], ordered.levels)
    asked = Asked(questions=(), why_not=((H100, EAST),))
    found = explain(plan, loaded(order, *FEW), asked, isolated=False)
    assert found.subject.levels[0][0] == "cost"
    assert found.why_not[0].with_them is None  # nothing dearer is within the first level
