import subprocess
import sys

import pytest

from carbonplan.cli.main import run

SLOW = (
    "pyomo",
    "pandas",
    "xarray",
    "matplotlib",
    "highspy",
    "scipy",
    "numpy",
    "pydantic",
    "rich",
)


def test_help_loads_no_library_that_is_slow():
    script = (
        "import sys; from carbonplan.cli.main import run; code = run(['--help']); "
        f"loaded = set({SLOW}) & set(sys.modules); sys.exit(str(loaded) if loaded else code)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "solve" in done.stdout


def test_help_lists_every_command(capsys):
    assert run(["--help"]) == 0
    listed = capsys.readouterr().out
    for command in (
        "init",
        "validate",
        "solve",
        "verify",
        "report",
        "catalog",
        "schema",
        "data",
    ):
        assert f"\n  {command} " in listed


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["solve", "x", "--gpa", "1"], "--gap"),
        (["slove", "x"], "'solve'"),
        (["solve"], "SCENARIO"),
        (["solve", "x", "--gap", "-0.1"], "--gap"),
        (["solve", "x", "--gap", "nan"], "--gap"),
        (["solve", "x", "--time-limit", "inf"], "--time-limit"),
        (["solve", "x", "--time-limit", "0"], "--time-limit"),
        (["solve", "x", "--threads", "1.5"], "--threads"),
        (["solve", "x", "--seed", "-1"], "--seed"),
        (["solve", "x", "--progress", "loud"], "'plain'"),
    ],
)
def test_wrong_usage_is_2_and_names_the_way_out(arguments, words, capsys):
    assert run(arguments) == 2
    printed = capsys.readouterr()
    assert words in printed.err
    assert "--help" in printed.err
    assert printed.out == ""


def test_no_command_prints_the_help_and_is_wrong_usage(capsys):
    assert run([]) == 2
    assert "Commands:" in capsys.readouterr().err


def test_the_command_works_without_asserts_and_with_warnings_as_errors():
    command = [sys.executable, "-O", "-W", "error", "-m", "carbonplan.cli.main"]
    done = subprocess.run([*command, "--version"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("carbonplan ")
