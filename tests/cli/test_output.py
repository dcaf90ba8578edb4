import json
import subprocess
import sys

import pytest

from carbonplan.cli.output import printable, show_json, table


def test_table_aligns_text_left_and_numbers_right():
    rows = [
        {"sku": "h100x8", "servers": 12, "share": 0.5},
        {"sku": "t4", "servers": None, "share": 0.25},
    ]
    assert table(rows) == (
        "sku     servers  share\n"  #
        "h100x8       12    0.5\n"
        "t4            -   0.25"
    )


def test_a_table_without_rows_says_so():
    assert table([]) == "(none)"


@pytest.mark.parametrize("sign", ["\x1b", "\x07", "\r", "\u202e", "\u200b", "\x9b"])
def test_signs_that_a_terminal_acts_on_are_escaped(sign):
    shown = printable(f"a{sign}b\n")
    assert sign not in shown
    assert shown.startswith("a\\")
    assert shown.endswith("b\n")


def test_json_refuses_what_json_does_not_have():
    with pytest.raises(ValueError, match="JSON"):
        show_json({"gap": float("nan")})


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_stdout_of_any_encoding(encoding):
    script = (
        "from carbonplan.cli.output import show_json, survive_any_encoding as survive;"
        "survive(); show_json({'name': 'Zürich → ≤ 5'})"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        env={"PYTHONIOENCODING": encoding, "PYTHONPATH": "."},
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.decode(encoding))["name"].endswith("5")


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_reader_that_left_does_not_stop_the_work(stream):
    script = (
        "import sys; from carbonplan.cli.output import say, show\n"
        f"for _ in range(20000): {'show' if stream == 'stdout' else 'say'}('x' * 80)\n"
        "sys.exit(5)"
    )
    pipe = {"stdout": None, "stderr": None} | {stream: subprocess.PIPE}
    work = subprocess.Popen([sys.executable, "-c", script], **pipe)
    reader = getattr(work, stream)
    reader.read(100)
    reader.close()
    assert work.wait(timeout=20) == 5
