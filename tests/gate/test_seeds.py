"""An unchanged scenario never fails, and one that is 3 % dearer always does."""

from collections import Counter

from tests.gate.seeds import verdicts

RUNS = 5


def test_seeds_and_gaps_never_fail_what_is_unchanged_nor_pass_what_is_dearer(tmp_path):
    """``python -m tests.gate.seeds`` asks the same fifty times, each with its own baseline."""
    counts = Counter(verdicts(tmp_path, RUNS, rebase=False))
    assert counts["3 % dearer", "operational_carbon", "dearer"] == RUNS
    failed = [key for key in counts if key[0] == "unchanged" and key[2] == "dearer"]
    assert not failed
