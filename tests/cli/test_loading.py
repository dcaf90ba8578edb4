from pathlib import Path

import pytest

from carbonplan.catalogue import shipped
from carbonplan.cli.loading import find, load
from carbonplan.errors import InvalidInput, UsageError


@pytest.fixture
def shipped_week(monkeypatch, tmp_path):
    """One shipped scenario, called demo-week; the current folder is empty."""
    root = tmp_path / "shipped"
    root.mkdir()
    (root / "demo-week.yaml").write_text("carbonplan: 1\n")
    monkeypatch.setattr(shipped, "scenarios_root", lambda: root)
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    return root / "demo-week.yaml"


@pytest.mark.parametrize("name", ["demo-week", "demo-week.yaml"])
def test_a_bare_name_finds_the_shipped_scenario(name, shipped_week):
    assert find(name) == shipped_week


def test_a_folder_of_that_name_is_no_scenario(shipped_week):
    Path("demo-week").mkdir()
    assert find("demo-week") == shipped_week


def test_a_file_here_comes_before_a_shipped_scenario(shipped_week):
    Path("demo-week.yaml").write_text("carbonplan: 1\n")
    assert find("demo-week.yaml") == Path("demo-week.yaml") != shipped_week


@pytest.mark.usefixtures("shipped_week")
def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(InvalidInput, match='nearest: "demo-week"'):
        find("demo-weak")


@pytest.mark.usefixtures("shipped_week")
def test_a_path_is_never_looked_up_among_the_shipped():
    assert find("elsewhere/demo-week.yaml") == Path("elsewhere/demo-week.yaml")


@pytest.mark.usefixtures("shipped_week")
@pytest.mark.parametrize("override", ["solver.gap", "=3", " =3", ""])
def test_an_override_without_path_or_value_is_wrong_usage(override):
    with pytest.raises(UsageError, match="expected path=value"):
        load("demo-week", overrides=[override])


@pytest.mark.usefixtures("shipped_week")
def test_an_unknown_objective_is_wrong_usage_with_the_nearest():
    with pytest.raises(UsageError, match='nearest: "carbon"'):
        load("demo-week", objective="carbn")


def test_a_stance_goes_before_the_scenarios_own():
    loaded = load("one-hour", overrides=["uncertainty.stance=optimistic"], stance="pessimistic")
    assert loaded.scenario.uncertainty.stance == "pessimistic"
    assert loaded.overrides[-1] == "uncertainty.stance=pessimistic"
