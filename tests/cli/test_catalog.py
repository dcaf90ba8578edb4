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


def test_embodied_lines_sum_to_the_total(capsys):
    assert run(["catalog", "embodied", "h100-sxm-8", "--json"]) == 0
    footprint = json.loads(capsys.readouterr().out)
    lines = sum(line["kgco2e"] for line in footprint["lines"])
    assert lines == pytest.approx(footprint["kgco2e"])


def test_embodied_prints_host_and_accelerators_apart(capsys):
    assert run(["catalog", "embodied", "h100-sxm-8"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert "= host " in last
    assert "+ accelerators " in last


@pytest.mark.parametrize(
    "arguments", [["embodied", "h100-sxm-9"], ["embodied", "t4-1", "--coefficient-set", "act"]]
)
def test_unknown_names_are_3_with_the_nearest(arguments, capsys):
    assert run(["catalog", *arguments]) == 3
    assert "nearest" in capsys.readouterr().err


def test_configurations_show_both_what_is_kept_and_why_others_are_not(capsys):
    assert run(["catalog", "configurations", "one-hour", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert all(row["rate_rps"] > 0 for row in found["kept"])
    assert all(row["reason"] for row in found["rejected"])
    assert run(["catalog", "configurations", "one-hour"]) == 0
    printed = capsys.readouterr().out
    assert re.match(r"\d+ configurations of \d+ engines kept;", printed)
    assert "configurations rejected" in printed
