"""``attribute``: one JSON document, or tables, from a stored plan."""

from __future__ import annotations

import json

import pytest

from carbonplan.cli.main import run
from tests.report.example_plan import week_plan


@pytest.fixture
def plan(monkeypatch):
    found = week_plan()
    monkeypatch.setattr("carbonplan.plan.read", lambda _folder: found, raising=False)
    return found


def test_json_is_one_document_whose_accounts_sum_to_the_plan(plan, capsys):
    assert run(["attribute", "plans/week", "--by", "region", "--rule", "loaded", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["by"], document["rule"], document["scenario"]) == (
        *("region", "loaded", "demo-week"),
    )
    assert document["units"]["energy"] == "kWh"
    for name, total in document["total"]["impacts"].items():
        parts = sum(account["impacts"][name] for account in document["accounts"])
        assert parts == pytest.approx(total, rel=1e-9)
        assert total == pytest.approx(plan.impacts[name].value, rel=1e-9)


@pytest.mark.usefixtures("plan")
def test_what_serves_nobody_says_what_it_is(capsys):
    assert run(["attribute", "plans/week", "--json"]) == 0
    accounts = json.loads(capsys.readouterr().out)["accounts"]
    idle = [account for account in accounts if not account["serves"]]
    assert idle[0]["meaning"] == "replicas held ready"
    assert "requests" not in idle[0]


@pytest.mark.usefixtures("plan")
def test_tables(capsys):
    assert run(["attribute", "plans/week", "--by", "class"]) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith("WHO IT IS FOR\n")
    assert "chat/short" in shown.out
    assert "1000 tokens out" in shown.out
    assert not shown.err


def test_another_way_of_dividing_is_refused(capsys):
    assert run(["attribute", "plans/week", "--by", "user"]) == 2
    assert "user" in capsys.readouterr().err
