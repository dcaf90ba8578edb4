import json
import re

import pytest

from carbonplan.cli.main import run

LISTS = ("skus", "llms", "regions", "services", "sources")


@pytest.mark.parametrize("listing", LISTS)
def test_a_listing_has_a_row_for_each_entry(listing, capsys):
    assert run(["catalog", listing]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert run(["catalog", listing, "--json"]) == 0
    entries = json.loads(capsys.readouterr().out)
    assert len(lines) == len(entries) + 1


def test_every_listed_source_is_known(capsys):
    run(["catalog", "sources", "--json"])
    known = {source["key"] for source in json.loads(capsys.readouterr().out)}
    for listing in ("llms", "regions", "services"):
        run(["catalog", listing, "--json"])
        for row in json.loads(capsys.readouterr().out):
            assert set(row["source"].split("; ")) <= known, row


def test_configurations_show_both_what_is_kept_and_why_others_are_not(capsys):
    assert run(["catalog", "configurations", "one-hour", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert all(row["rate_rps"] > 0 for row in found["kept"])
    assert all(row["reason"] for row in found["rejected"])
    assert run(["catalog", "configurations", "one-hour"]) == 0
    printed = capsys.readouterr().out
    assert re.match(r"\d+ configurations of \d+ engines kept;", printed)
    assert "configurations rejected" in printed
