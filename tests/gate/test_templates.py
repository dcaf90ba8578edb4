"""The GitHub action and the GitLab template: they call the command; nothing is injected."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from carbonplan.report.gate import MARKER

CI = Path(__file__).resolve().parents[2] / "ci"


def read(path: Path) -> dict:
    return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))


@pytest.fixture
def action() -> dict:
    return read(CI / "github" / "action.yml")


def test_the_action_calls_the_command_and_ends_with_its_exit_code(action):
    runs = [step["run"] for step in action["runs"]["steps"] if "run" in step]
    assert sum("carbonplan check" in one for one in runs) == 1
    assert runs[-1] == 'exit "$CODE"'
    assert set(action["inputs"]) == {"scenario", "baseline", "max-increase", "comment"}


def test_no_expression_stands_in_a_script(action):
    """Values from a pull request reach scripts by environment variables alone."""
    steps = [step for step in action["runs"]["steps"] if "run" in step]
    assert all("${{" not in step["run"] for step in steps)
    assert all(step["shell"] == "bash" for step in steps)


def test_only_the_comment_has_a_token(action):
    with_token = [
        step["name"] for step in action["runs"]["steps"] if "GH_TOKEN" in step.get("env", {})
    ]
    assert with_token == ["Comment"]


def test_the_comment_is_found_by_the_lines_that_begin_it(action):
    (step,) = [step for step in action["runs"]["steps"] if step.get("name") == "Comment"]
    assert 'head -n 2 "$COMMENT_FILE"' in step["run"]
    assert "\n" not in MARKER


def test_the_gitlab_job_calls_the_command_and_keeps_its_reports():
    job = read(CI / "gitlab" / "carbonplan-check.yml")["carbonplan-check"]
    assert sum(line.startswith("carbonplan check") for line in job["script"]) == 1
    assert job["artifacts"]["reports"]["junit"] in job["script"][-1]
    assert job["variables"]["CARBONPLAN_PACKAGE"] == ""  # no name that others could register
