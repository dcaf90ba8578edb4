import re
from pathlib import Path

import pytest

from carbonplan.cli.examples import rewrite
from carbonplan.cli.main import run
from carbonplan.errors import UsageError

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "breakeven.md"
COMMANDS = re.findall(r"<!-- output of: carbonplan (.*?) -->", DOCUMENT.read_text("utf-8"))


def block(command: str, inside: str) -> str:
    return f"a\n<!-- output of: carbonplan {command} -->\n{inside}<!-- end of output -->\nz\n"


def test_a_block_is_filled_and_filling_it_again_changes_nothing(tmp_path, capsys):
    document = tmp_path / "page.md"
    document.write_text(block("version", "old\n"), encoding="utf-8")
    rewrite(document)
    once = document.read_text(encoding="utf-8")
    run(["version"])
    assert f"```console\n$ carbonplan version\n{capsys.readouterr().out}```\n" in once
    assert (once.startswith("a\n<!--"), once.endswith("-->\nz\n"), "old" in once) == (1, 1, 0)
    rewrite(document)
    assert document.read_text(encoding="utf-8") == once


def test_a_command_that_fails_leaves_the_page(tmp_path):
    document = tmp_path / "page.md"
    document.write_text(block("versoin", "old\n"), encoding="utf-8")
    with pytest.raises(UsageError, match="ended with exit code 2"):
        rewrite(document)
    assert "old" in document.read_text(encoding="utf-8")


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_of_the_page_are_shown_with_their_output(command):
    assert f"$ carbonplan {command}\n" in DOCUMENT.read_text(encoding="utf-8")
