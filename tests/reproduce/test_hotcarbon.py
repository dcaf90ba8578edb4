"""HotCarbon'24: identities of a prompt, comparisons of cards, one small plan."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from carbonplan.cli.main import main
from carbonplan.reproduce import hotcarbon
from carbonplan.reproduce.hotcarbon.prompts import RECALLED_GRIDS, Pair, pairs, partings
from carbonplan.technology.prompt_carbon import PromptCarbon
from carbonplan.units import HOURS_PER_YEAR, SECONDS_PER_HOUR

LIFE_S = 5 * HOURS_PER_YEAR * SECONDS_PER_HOUR


@pytest.fixture(scope="module")
def study() -> PromptCarbon:
    return hotcarbon.prompts()


def test_carbon_is_energy_by_intensity_and_making_by_time(study):
    """The paper's identities, for one prompt on the T4: 10.3 kgCO2e over 5 years."""
    first = next(pairs(study))
    time_s = float(study.prefill.time_s[0, 0] + study.decode.time_s[0, 0])
    made_mg = time_s / LIFE_S * 10.3e6
    for grid in RECALLED_GRIDS:
        used_mg = first.energy_j[0] / 3.6e6 * grid.intensity_g_per_kwh * 1000
        assert first.carbon_mg[grid.name][0] == pytest.approx(used_mg + made_mg)


def test_pairs_are_of_batches_that_both_cards_hold(study):
    found = list(pairs(study))
    assert found[0].llm == "llama-3.2-1b"
    assert found[0].batch == 1
    held = study.fits[:, 4:].all(axis=1).sum()  # 7B
    assert sum(pair.llm == "llama-2-7b" for pair in found) == held


def test_energy_on_the_new_card_over_that_on_the_old_one():
    assert Pair("llm", 1, (100.0, 128.0), {}).energy_ratio == pytest.approx(1.28)


def test_where_making_is_nothing_less_energy_is_less_carbon(study):
    bare = replace(
        study,
        prefill=replace(study.prefill, embodied_g=0 * study.prefill.embodied_g),
        decode=replace(study.decode, embodied_g=0 * study.decode.embodied_g),
    )
    assert [one.parting for one in partings(bare)] == [0, 0, 0]


def test_where_the_thrifty_card_took_most_to_make_they_part(study):
    """The old card's making is made more than all else: it emits more wherever it saves."""
    heavy = study.prefill.embodied_g + np.where(np.arange(6) % 2 == 0, 1e6, 0.0)
    found = list(partings(replace(study, prefill=replace(study.prefill, embodied_g=heavy))))
    saves = sum(
        int((study.energy_j[study.fits[:, k], k][:, None]
             <= study.energy_j[study.fits[:, k + 1], k + 1]).sum())
        for k in (0, 2, 4)
    )  # fmt: skip
    assert [one.parting for one in found] == [saves] * 3


def test_the_command_plans_shows_and_writes_the_page(tmp_path, monkeypatch, capsys):
    case = replace(hotcarbon.cases(quick=True)[0], baselines=("cost-optimal",))
    case = replace(case, overrides=(*case.overrides, "horizon.hours=2"))
    monkeypatch.setattr(hotcarbon, "cases", lambda **_: [case])
    command = ["reproduce", "hotcarbon", "--quick", "--quiet", "--out", str(tmp_path / "out")]
    assert main([*command, "--page", str(tmp_path / "page.md")]) == 0
    assert "recalled, not checked" in capsys.readouterr().out
    assert "| 1B, 1 requests/s |" in (tmp_path / "page.md").read_text(encoding="utf-8")
    assert (tmp_path / "out" / "prompts.svg").read_text(encoding="utf-8").startswith("<?xml")
    assert json.loads((tmp_path / "out" / case.name / "plan.json").read_text())["status"]
