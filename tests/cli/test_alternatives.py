import csv
import io
import json
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from carbonplan.cli.alternatives import _remove_plans_after, _share
from carbonplan.cli.main import run
from carbonplan.errors import UsageError
from carbonplan.plan import read

COMMAND = ("alternatives", "one-hour", "--slack", "20%", "--count", "2", "--quiet")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """What the command writes and prints of the smallest shipped scenario."""
    out = tmp_path_factory.mktemp("alternatives") / "near"
    printed = io.StringIO()
    with redirect_stdout(printed):
        assert run([*COMMAND, "--out", str(out)]) == 0
    (out / "printed.txt").write_text(printed.getvalue())
    return out


def test_plans_ranges_and_the_figure_are_written(written):
    document = json.loads((written / "alternatives.json").read_text())
    with (written / "ranges.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(document["ranges"])
    assert {row["mark"] for row in rows} <= {"must-have", "may-have", "never", "not decided"}
    assert (written / "alternatives.svg").read_text().startswith("<?xml")
    assert len(document["plans"]) == len(list(written.glob("plan-*")))
    assert all(
        one["objective"] <= document["at_most"] * (1 + 1e-9) for one in document["plans"]
    )
    assert all(one["verified"] for one in document["plans"])


def test_every_plan_is_an_ordinary_plan_folder(written):
    document = json.loads((written / "alternatives.json").read_text())
    for number, one in enumerate(document["plans"], start=1):
        folder = written / f"plan-{number}"
        plan = read(folder)
        assert plan.summary["objective"]["value"] == pytest.approx(one["objective"])
    assert run(["verify", str(folder)]) == 0


def test_a_plan_folder_asks_the_same_question(written, capsys):
    asked = ["alternatives", str(written / "plan-1"), "--slack", "0.2", "--count", "1"]
    assert run([*asked, "--json", "--quiet"]) == 0
    again = json.loads(capsys.readouterr().out)
    first = json.loads((written / "alternatives.json").read_text())
    keys = ("sku", "region", "least_proven", "most_proven", "mark")
    found = [{key: one[key] for key in keys} for one in again["ranges"]]
    assert found == [{key: one[key] for key in keys} for one in first["ranges"]]


def test_what_is_printed(written):
    printed = (written / "printed.txt").read_text()
    assert "near-optimal is up to" in printed
    assert "least of other impacts within the slack" in printed
    assert "must-have" in printed


def test_what_stands_is_not_replaced_unasked(written, capsys):
    assert run([*COMMAND, "--out", str(written)]) == 2
    assert "--overwrite" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["2 percent", "-1%", "150%", "nan", ""])
def test_a_slack_that_is_none(text):
    with pytest.raises(UsageError, match="expected a share"):
        _share(text)


def test_plans_of_an_earlier_run_go(tmp_path):
    for number in (1, 2, 3):
        (tmp_path / f"plan-{number}").mkdir()
        (tmp_path / f"plan-{number}" / "manifest.json").touch()
    (tmp_path / "plan-4").mkdir()
    _remove_plans_after(tmp_path, 1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plan-1", "plan-4"]


def test_a_slack_is_a_share_or_a_percentage():
    assert _share("2%") == _share("0.02") == 0.02


def test_a_plan_folder_says_its_overrides_itself(written):
    assert run(["alternatives", str(written / "plan-1"), "--variant", "x"]) == 2
    assert not Path("near").exists()
