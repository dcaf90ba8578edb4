"""SLIT's question: fixed routes worked out by hand, and a page from an answer made up."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr

from carbonplan.catalogue.gather import gather
from carbonplan.catalogue.shipped import scenarios_root
from carbonplan.cli.main import main
from carbonplan.reproduce.cases import Case, Found
from carbonplan.reproduce.slit import Answer, Effort
from carbonplan.reproduce.slit.page import claims, document, lever_rows, page, plan_rows
from carbonplan.reproduce.slit.routes import accelerator_seconds, capacity_shares, fixed_routes
from carbonplan.reproduce.slit.run import (
    BALANCED,
    HELIX,
    IMPACTS,
    ON_DEMAND,
    QUARTER_HOURS,
    SCENARIO,
    SPLITWISE,
    SWITCHING,
    cases_of,
)
from carbonplan.scenario import load
from carbonplan.solve.front import Front, Point
from carbonplan.solve.solution import Status

PATH = scenarios_root() / f"{SCENARIO}.yaml"


@pytest.fixture(scope="module")
def small():
    """One workload of two classes on two SKUs: 8 accelerators each, rates as in the problem."""
    existing = [
        SimpleNamespace(sku="fast", region="here", servers=2),
        SimpleNamespace(sku="slow", region="here", servers=1),
        SimpleNamespace(sku="slow", region="there", servers=4),
    ]
    workload = SimpleNamespace(name="chat")
    classes = [SimpleNamespace(name=name, workload=workload) for name in ("short", "long")]
    share = xr.DataArray(
        [[0.75], [0.25]], {"request_class": ["short", "long"]}, ("request_class", "slot")
    )
    fleet = SimpleNamespace(existing=existing)
    inputs = SimpleNamespace(
        scenario=SimpleNamespace(workloads=[workload], fleet=fleet),
        classes=classes,
        series={"share": share},
    )
    configurations = ["fast-1", "fast-2", "slow-1", "slow-short"]
    rates = xr.DataArray(
        [[3.0, 6.0, 1.5, 9.0], [1.0, 2.5, 0.5, 0.0]],
        {"request_class": ["short", "long"], "configuration": configurations},
        ("request_class", "configuration"),
    )
    data = xr.Dataset(
        {
            "rate_rps": rates,
            "accelerators": ("engine", [1.0, 2.0, 1.0, 1.0]),
            "sku_accelerators": ("sku", [8.0, 8.0]),
        },
        {"engine": configurations, "sku": ["fast", "slow"]},
    )
    problem = SimpleNamespace(
        data=data,
        engine_of={c: c for c in configurations},
        sku_of={c: c.split("-")[0] for c in configurations},
    )
    return inputs, problem


def test_the_best_configuration_that_serves_every_class_counts(small):
    """fast-2: 2 (0.75/6 + 0.25/2.5) = 0.45 s; slow-1: 0.75/1.5 + 0.25/0.5 = 1 s."""
    needed = accelerator_seconds(*small, ["short", "long"])
    assert needed == pytest.approx({"fast": 0.45, "slow": 1.0})


def test_sites_share_by_what_they_could_serve(small):
    """Here 16/0.45 + 8, there 32 requests/s."""
    here = 16 / 0.45 + 8
    shares = capacity_shares(*small)
    assert shares["chat"] == pytest.approx(
        {"here": here / (here + 32), "there": 32 / (here + 32)}
    )


def test_fixed_routes_divide_the_requests_and_bind_them_to_regions():
    scenario = load(PATH).scenario
    names = [site.region for site in scenario.regions][:2]
    shares = {one.name: {names[0]: 0.25, names[1]: 0.75} for one in scenario.workloads}
    divided = load(PATH, fixed_routes(scenario, shares)).scenario
    assert len(divided.workloads) == 2 * len(scenario.workloads)
    for workload in divided.workloads:
        name, _, region = workload.name.partition(" in ")
        (whole,) = [one for one in scenario.workloads if one.name == name]
        assert workload.regions == [region]
        assert workload.arrivals.mean_rps == whole.arrivals.mean_rps * shares[name][region]
        assert (workload.ttft_s, workload.llm) == (whole.ttft_s, whole.llm)


@pytest.mark.parametrize("variant", [None, "quarter-hours", SPLITWISE, HELIX])
def test_the_scenario_and_its_variants_can_be_gathered(variant):
    inputs = gather(load(PATH, variant=variant))
    assert inputs.series.sizes["slot"] == (192 if variant == QUARTER_HOURS else 48)
    assert all(row.servers == 0 for row in inputs.scenario.fleet.stock)
    spread = inputs.series["price_usd_per_kwh"].std("slot")
    assert (spread > 0).all()
    assert inputs.series["wue_l_per_kwh"].std("slot").min() > 0


def test_every_plan_has_its_case():
    cases = cases_of(Effort(levers_of=("water",), overrides=("solver.gap=0.01",)), ("a=1",), ())
    assert [case.ablation for case in cases] == [False, False, True, *[False] * 8]
    assert {case.overrides[0] for case in cases} == {"solver.gap=0.01"}
    overrides = {case.name: case.overrides[1:] for case in cases}
    assert overrides[BALANCED] == ("a=1",)
    assert overrides[ON_DEMAND] == ("a=1", "fleet.load_on_demand=true")


def found(name: str, *impacts: float, ablation: tuple = ()) -> Found:
    """A plan with four impacts."""
    case = Case(name, name.capitalize(), SCENARIO)
    values = dict(zip(IMPACTS, impacts, strict=True))
    return Found(case, "optimal", 0.0, values, ablation=ablation, holds=True)


@pytest.fixture
def answer() -> Answer:
    """A front of two points, and plans whose impacts are round."""
    points = tuple(
        Point(np.array(at), np.zeros(1), "latency", Status.OPTIMAL, at[0], 0.0, 0.1)
        for at in ([0.2, 9.0, 9.0, 9.0], [0.4, 5.0, 5.0, 5.0])
    )
    ideal, nadir = np.array([0.2, 5.0, 5.0, 5.0]), np.array([0.4, 9.0, 9.0, 9.0])
    front = Front(IMPACTS, points, ideal, nadir, 0, 0, 1.5, ())
    lever = {"title": "Lower clocks", "share": 0.125}
    plans = [found(f"least-{name}", 0.4, 4.0, 5.0, 5.0, ablation=(lever,)) for name in IMPACTS]
    plans += [
        found(BALANCED, 0.3, 6.0, 6.0, 6.0),
        found(ON_DEMAND, 0.35, 6.0, 6.0, 6.0),
        found(SPLITWISE, 0.2, 12.0, 8.0, 8.0),
        found(HELIX, 0.4, 8.0, 12.0, 8.0),
        found(f"{SPLITWISE}{SWITCHING}", 0.2, 7.0, 5.0, 5.0),
        found(f"{HELIX}{SWITCHING}", 0.2, 5.0, 5.0, 5.0),
        found(QUARTER_HOURS, 0.4, 4.1, 5.0, 5.0),
    ]
    return Answer(front, None, {one.case.name: one for one in plans}, {"chat": {"here": 1.0}})


def test_claims_count_where_the_balanced_plan_is_better(answer):
    said = [claim.here for claim in claims(answer)]
    assert "carbon -50.0 %" in said[0]
    assert "time to first token +50.0 %" in said[0]
    counts = (
        "Splitwise-like: 3; Splitwise-like-switching: 1; Helix-like: 4; Helix-like-switching: 0"
    )
    assert counts in said[1]
    assert "pymoo is not installed" in said[2]
    assert "+2.5 %" in said[3]


def test_the_page_has_every_plan_and_lever(answer):
    text = page(answer)
    assert all(row["plan"] in text for row in plan_rows(answer))
    assert "| Lower clocks | 12.5 % | 12.5 % | 12.5 % | 12.5 % |" in text
    assert "carbonplan reproduce slit --page" in text
    assert "carbonplan reproduce slit --quick --page" in page(answer, quick=True)
    assert "needs 0.35 s to the first token, where it needs 0.3 s" in text
    assert lever_rows(answer)[0]["carbon"] == 0.125


def test_a_plan_without_an_answer_leaves_dashes(answer):
    none = Found(Case(HELIX, "Helix-like", SCENARIO), "infeasible")
    missing = replace(answer, plans={**answer.plans, HELIX: none})
    assert missing.holds
    assert "| Helix-like | – | – | – | – |" in page(missing)
    assert document(missing)["balanced_less_than"][HELIX]["carbon"] is None


def test_the_document_is_plain(answer):
    told = document(answer)
    assert told["impacts"] == dict(zip(IMPACTS, ("s", "kgCO2e", "L", "USD"), strict=True))
    assert told["front"][1]["carbon"] == 5.0
    assert told["holds"] is True


def test_what_lies_there_is_not_replaced_unasked(tmp_path, capsys):
    path = tmp_path / "slit.md"
    path.write_text("mine")
    assert main(["reproduce", "slit", "--page", str(path)]) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert path.read_text() == "mine"
