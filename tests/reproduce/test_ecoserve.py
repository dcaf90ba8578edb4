"""EcoServe: shares of offline work as published, claims from what was found, one small plan."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from carbonplan.catalogue.shipped import scenarios_root
from carbonplan.cli.main import main
from carbonplan.reproduce import ecoserve
from carbonplan.reproduce.cases import Found
from carbonplan.scenario import load


def found(name: str, carbon_kg: float, **more: object) -> Found:
    """What came of one of the cases, made up."""
    case = next(case for case in ecoserve.cases() if case.name == name)
    impacts = {"carbon": carbon_kg, "embodied_carbon": 0.4 * carbon_kg}
    return Found(case, "optimal", impacts=impacts, **more)


def baseline(name: str, carbon_kg: float) -> dict[str, object]:
    impacts = {"carbon": carbon_kg}
    return {
        "name": name,
        "title": name,
        "status": "optimal",
        "note": "",
        "impacts": impacts,
    }


def here(part: str, *of: Found) -> str:
    """What stands beside the only claim with these words."""
    (claim,) = [claim for claim in ecoserve.claims(of) if part in claim.claim]
    return claim.here


@pytest.mark.parametrize(
    ("variant", "share"), [("offline-21", 0.21), (None, 0.45), ("offline-55", 0.55)]
)
def test_offline_work_has_its_published_share(variant, share):
    scenario = load(scenarios_root() / "reproduce-ecoserve.yaml", variant=variant).scenario
    rps = {one.name: one.arrivals.mean_rps for one in scenario.workloads}
    assert rps["offline"] / sum(rps.values()) == pytest.approx(share)
    assert len({one.classes for one in scenario.workloads}) == 1
    assert {one.deadline_hours for one in scenario.workloads} == {None, 24}


def test_the_headline_stands_beside_the_least_and_the_most_that_was_saved():
    dirty = found("grid-501", 60.0, baselines=(baseline("cost-optimal", 100.0),))
    clean = found("grid-17", 90.0, baselines=(baseline("cost-optimal", 100.0),))
    words = here("47 %", dirty, clean)
    assert "+10.0 % to +40.0 % (501 g/kWh) against the cost-optimal plan" in words
    assert "no energy-optimal plan" in words


def test_the_decade_is_held_against_whole_servers():
    upgrades, whole = found("decade-upgrades-17", 84.0), found("decade-whole-3-17", 100.0)
    words = here("16 %", upgrades, whole)
    assert words == "+16.0 % against whole servers every 3 years at 17 g/kWh"


def test_the_levers_together_are_a_factor():
    row = {"name": "all", "objective": 150.0}
    words = here("factor of 1.4", found("grid-17", 100.0, ablation=(row,)))
    assert "1.50 times at 17 g/kWh" in words


def test_what_needs_no_plan_is_the_same_as_in_the_code_of_the_group():
    """Papers' oracle: 103.0 and 31.1 kgCO2e of cards."""
    assert here("L4") == "31.1 of 103.0 kgCO2e, by a factor of 3.31"


def test_the_command_plans_shows_and_writes_the_page(tmp_path, monkeypatch, capsys):
    small = ecoserve.cases(quick=True)[0]
    case = replace(small, baselines=("cost-optimal", "no-shift"), ablation=False)
    monkeypatch.setattr(ecoserve, "cases", lambda **_: [case])
    page = tmp_path / "pages" / "page.md"
    command = ["reproduce", "ecoserve", "--quick", "--json", "--page", str(page), "--quiet"]
    assert main(command) == 0
    document = json.loads(capsys.readouterr().out)
    (plan,) = document["cases"]
    assert plan["verified"] is True
    assert [row["name"] for row in plan["baselines"]] == ["cost-optimal", "no-shift"]
    assert plan["accelerator_share"]["offline"] == pytest.approx(0.45, abs=0.3)
    assert "| 17 g/kWh | Cost-optimal |" in page.read_text(encoding="utf-8")
    assert main(command) == 2  # the page is not replaced unasked
