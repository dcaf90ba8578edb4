import pytest

from carbonplan.catalogue.cards import card_names, cards
from carbonplan.profile.plan import Run, fits, needed_gb, not_buildable, planned_runs
from tests.profile.fake_device import LARGE


def test_prompts_come_first_and_everything_rises():
    assert planned_runs([8, 1, 8], [100], [20, 10]) == (
        Run("prefill", 1, 10),
        Run("prefill", 1, 20),
        Run("step", 1, 100),
        Run("step", 8, 100),
    )


def test_memory_is_weights_and_cache():
    """16.06 GB of weights; 2 x 32 layers x 8 heads x 128 x 2 bytes is 131 kB a token."""
    step = needed_gb(LARGE, Run("step", 64, 4096))
    assert step == pytest.approx(16.06 + 64 * 4096 * 131_072 / 1e9, rel=0.01)
    assert needed_gb(LARGE, Run("prefill", 1, 4096)) < step


def test_a_run_beyond_memory_or_context_is_not_tried():
    assert fits(LARGE, Run("step", 64, 4096), 80.0)
    assert not fits(LARGE, Run("step", 64, 4096), 40.0)
    assert not fits(LARGE, Run("prefill", 1, 200_000), 10_000.0)


def test_only_shapes_that_the_program_builds_are_taken():
    said = {card.llm: not_buildable(card) for card in cards(card_names())}
    assert said["llama-3.1-8b"] == said["llama-3.2-1b"] == said["qwen2.5-7b"] == ""
    assert said["mixtral-8x7b"] == "has experts"
    assert said["deepseek-v3"] in ("has experts", "has latent attention")
    assert said["gemma-2-9b"] == "attends to a window"
    assert said["bloom-176b"] == "has other layers than attention and a gated MLP"
