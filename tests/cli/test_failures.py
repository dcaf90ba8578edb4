import json

import pytest

from carbonplan.cli import loading
from carbonplan.cli.main import run
from carbonplan.errors import (
    CarbonplanError,
    InvalidInput,
    NoPlanExists,
    StoppedWithoutPlan,
    UnreliableAnswer,
)

FAILURES = (
    InvalidInput("week.yaml", ["line 9: no such llm", "line 12: no such region"]),
    NoPlanExists("week.yaml", ["servers_fit_in_site[north]: 3 more needed"]),
    StoppedWithoutPlan("no plan found in 5 s; give it more time"),
    UnreliableAnswer("the program is unbounded"),
)


@pytest.fixture
def failing(monkeypatch):
    """Make loading a scenario fail with the given exception."""

    def fail_with(error):
        def find(_scenario):
            raise error

        monkeypatch.setattr(loading, "find", find)

    return fail_with


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
def test_a_failure_is_its_text_and_its_exit_code(failure, failing, capsys):
    failing(failure)
    assert run(["validate", "week.yaml"]) == failure.exit_code
    printed = capsys.readouterr()
    assert printed.err == f"{failure}\n"
    assert printed.out == ""


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
def test_with_json_a_failure_is_one_document(failure, failing, capsys):
    failing(failure)
    assert run(["validate", "week.yaml", "--json"]) == failure.exit_code
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["exit_code"] == failure.exit_code
    assert error["kind"] == type(failure).__name__
    assert error["message"] == str(failure)


def test_the_document_of_invalid_input_lists_the_problems(failing, capsys):
    failing(FAILURES[0])
    run(["validate", "week.yaml", "--json"])
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["subject"] == "week.yaml"
    assert error["problems"] == ["line 9: no such llm", "line 12: no such region"]


def test_wrong_usage_is_a_document_too(capsys):
    assert run(["solve", "--json", "--gpa", "1"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["kind"] == "UsageError"


def test_anything_else_is_a_bug_with_its_traceback(failing, capsys):
    failing(ZeroDivisionError("division by zero"))
    assert run(["validate", "week.yaml"]) == 1
    words = capsys.readouterr().err
    assert "Traceback" in words
    assert "Please report" in words


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (KeyboardInterrupt(), 130, "interrupted"),
        (MemoryError(), 9, "no memory"),
        (
            PermissionError(13, "Permission denied", "week.yaml"),
            9,
            "week.yaml: Permission denied",
        ),
        (CarbonplanError("said"), 1, "said"),
    ],
)
def test_the_environment_fails_without_a_traceback(error, code, words, failing, capsys):
    failing(error)
    assert run(["validate", "week.yaml"]) == code
    printed = capsys.readouterr().err
    assert words in printed
    assert "Traceback" not in printed
