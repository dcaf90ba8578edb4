import logging
from types import SimpleNamespace

import pytest

from carbonplan.cli.options import ProgressMode
from carbonplan.cli.progress import shown, standing


def stands(seconds=1.0, objective=12.5, bound=10.0, gap=0.2):
    return SimpleNamespace(seconds=seconds, objective=objective, bound=bound, gap=gap, nodes=3)


def test_standing_names_incumbent_bound_and_gap():
    assert standing(stands()) == "    1.0 s   incumbent 12.5   bound 10   gap 20 %"


def test_standing_without_an_incumbent():
    line = standing(stands(objective=None, gap=None))
    assert "incumbent none" in line
    assert line.endswith("gap none")


def test_plain_prints_each_new_incumbent_and_the_steps(capsys):
    with shown(ProgressMode.PLAIN, quiet=False) as on_progress:
        logging.getLogger("carbonplan.pipeline").info("12 configurations")
        for objective in (12.5, 12.5, 11.0):
            on_progress(stands(objective=objective))
    printed = capsys.readouterr()
    lines = printed.err.splitlines()
    assert lines[0] == "12 configurations"
    assert len(lines) == 3
    assert "incumbent 11 " in lines[2]
    assert printed.out == ""


@pytest.mark.parametrize(
    ("mode", "quiet"), [(ProgressMode.NONE, False), (ProgressMode.PLAIN, True)]
)
def test_none_and_quiet_print_nothing(mode, quiet, capsys):
    with shown(mode, quiet=quiet) as on_progress:
        logging.getLogger("carbonplan").info("a step")
        on_progress(stands())
    assert capsys.readouterr() == ("", "")


def test_a_closed_stderr_is_nobody_to_tell(monkeypatch):
    monkeypatch.setattr("sys.stderr", None)
    with shown(ProgressMode.AUTO, quiet=False) as on_progress:
        on_progress(stands())


def test_a_terminal_gets_one_live_line(monkeypatch, capsys):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with shown(ProgressMode.AUTO, quiet=False) as on_progress:
        logging.getLogger("carbonplan").info("a step [not markup]")
        on_progress(stands())
    printed = capsys.readouterr()
    assert "a step [not markup]" in printed.err
    assert printed.out == ""
