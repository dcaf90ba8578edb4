"""Clock scripts: run with a stand-in for nvidia-smi that writes down what it is told."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from carbonplan.export import export
from carbonplan.export.clocks import clock_files, script
from carbonplan.export.records import Hours
from tests.export.example import MONDAY, SLOTS, groups, rollout

VARYING, CONSTANT_AMD, BY_DAY, HIGHEST = groups()
SHELLCHECK = shutil.which("shellcheck") or shutil.which(
    "shellcheck", path=str(Path(sys.executable).parent)
)
LOCK = "--lock-gpu-clocks={0},{0}"

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")


@pytest.fixture
def told(tmp_path):
    """Runs a script, and returns what it printed and what it told nvidia-smi."""
    tool = tmp_path / "nvidia-smi"
    tool.write_text('#!/usr/bin/env bash\nprintf "%s\\n" "$*" >> "${0%/*}/told"\n')
    tool.chmod(0o755)

    def run(text: str, *options: str, code: int = 0) -> tuple[str, str]:
        done = subprocess.run(
            ["bash", "-c", text, "clocks.sh", *options],
            env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stderr
        log = tmp_path / "told"
        commands = log.read_text().strip() if log.exists() else ""
        log.unlink(missing_ok=True)
        return done.stdout.strip(), commands

    return run


def clocks_of(text: str, told, at: datetime) -> str:
    return told(text, "--apply", "--at", str(int(at.timestamp())))[1]


def test_nothing_is_done_unasked(told):
    text = script(rollout(), VARYING)
    assert told(text) == (f"would run: nvidia-smi {LOCK.format(1584)}", "")
    assert told(text, "--undo") == ("would run: nvidia-smi --reset-gpu-clocks", "")


def test_it_locks_and_gives_back(told):
    text = script(rollout(), VARYING)
    assert told(text, "--apply")[1] == LOCK.format(1584)
    assert told(text, "--undo", "--apply")[1] == "--reset-gpu-clocks"


def test_every_hour_of_any_week_has_the_planned_clock(told):
    by_hour = tuple(((1185,), (1380,), ())[t % 3] for t in range(SLOTS))
    text = script(rollout(), replace(BY_DAY, clocks_mhz=by_hour))
    for weeks in (-3, 0, 40):
        for t in (0, 1, 2, 23, 24, 100, 167):
            now = MONDAY + timedelta(weeks=weeks, hours=t, minutes=59)
            planned = max(by_hour[t], default=0)
            assert clocks_of(text, told, now) == (LOCK.format(planned) if planned else "")


def test_a_horizon_that_does_not_recur_is_followed_once(told):
    start = datetime(2024, 4, 15, 5, tzinfo=UTC)
    hours = Hours(tuple(start + timedelta(hours=t) for t in range(3)), 60, None, "too short")
    one = replace(BY_DAY, clocks_mhz=((1185,), (1380,), (1575,)))
    text = script(rollout(hours=hours), one)
    found = [clocks_of(text, told, start + timedelta(hours=t)) for t in range(-1, 4)]
    assert found == ["", *(LOCK.format(mhz) for mhz in (1185, 1380, 1575)), ""]


@pytest.mark.parametrize("wrong", [("--at", "x"), ("--at",), ("--at", "1; true"), ("now",)])
def test_wrong_options_are_refused(told, wrong):
    assert told(script(rollout(), BY_DAY), *wrong, code=2) == ("", "")


def test_only_groups_whose_clock_is_lowered_have_a_script():
    found = [path for path, _ in clock_files(rollout())]
    assert found == [
        "clocks/eu-north/h100-sxm-8.sh",
        "clocks/us-east/p5-48xlarge-866aa927.sh",
    ]
    notes = {
        (n.what, n.of) for n in export(rollout(), ["clocks"]).notes if n.target == "clocks"
    }
    assert notes == {
        ("more power than planned", "h100-sxm-8 in eu-north"),
        ("a script is left out", "mi300x-8 in eu-north"),
        ("no script is needed", "h100-sxm-8 in us-east"),
    }


def test_clocks_of_weighted_days_are_left_out():
    days = Hours((MONDAY, MONDAY + timedelta(days=40)), 60, None, "weighted days")
    one = replace(BY_DAY, clocks_mhz=((1185,), (1380,)))
    found = export(rollout(hours=days, groups=(one,), pools=()), ["clocks"])
    assert not [path for path in found.files if path.endswith(".sh")]
    assert "weighted days" in [note.why for note in found.notes]
    same = replace(BY_DAY, clocks_mhz=((1185,), (1185,)))
    again = export(rollout(hours=days, groups=(same,), pools=()), ["clocks"])
    assert [path for path in again.files if path.endswith(".sh")]


@pytest.mark.skipif(SHELLCHECK is None, reason="needs shellcheck")
def test_scripts_are_clean(tmp_path):
    for path, content in clock_files(rollout()):
        script_path = tmp_path / path.replace("/", "-")
        script_path.write_bytes(content)
        done = subprocess.run(
            [SHELLCHECK, str(script_path)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout
