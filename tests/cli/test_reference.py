"""The documents name every command and option, and every exit code."""

import re
from pathlib import Path

import pytest
import typer

from carbonplan import errors
from carbonplan.cli.main import app

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
GUIDE = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")


def commands(command, path=("carbonplan",)):
    """Every command below a command, with its path."""
    yield " ".join(path), command
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(below, (*path, name))


COMMANDS = dict(commands(typer.main.get_command(app)))


@pytest.mark.parametrize("path", COMMANDS)
def test_the_reference_has_the_command_with_its_options(path):
    _, found, section = REFERENCE.partition(f"# `{path}`\n")
    assert found, f"run `make docs`: docs/commands.md lacks `{path}`"
    section = section.partition("\n#")[0]
    for parameter in COMMANDS[path].params:
        for flag in (name for name in parameter.opts if name.startswith("-")):
            assert flag in section, f"run `make docs`: `{path}` lacks {flag}"


@pytest.mark.parametrize("path", [path for path in COMMANDS if path.count(" ") == 1])
def test_the_guide_names_the_command(path):
    assert path in GUIDE


def test_the_guide_names_the_exit_code_of_every_error():
    codes = {error.exit_code for error in vars(errors).values() if hasattr(error, "exit_code")}
    rows = [line for line in GUIDE.partition("## Exit codes")[2].splitlines() if "|" in line]
    named = {int(code) for row in rows for code in re.findall(r"\d+", row.split("|")[1])}
    assert codes <= named
