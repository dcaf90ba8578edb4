import json

import pytest

from carbonplan.catalogue import hardware
from carbonplan.catalogue.hardware import coefficient_sets
from carbonplan.cli.main import run

COMMAND = ("catalog", "embodied")


def printed(capsys, *arguments):
    assert run([*COMMAND, *arguments]) == 0
    return capsys.readouterr().out


def test_parts_stand_side_by_side_under_each_set(capsys):
    title, header, *lines = printed(capsys, "h100-sxm-8").splitlines()
    assert title == "h100-sxm-8: kgCO2e of its parts under each coefficient set"
    columns = header.split()
    assert columns[:5] == ["item", "part", "technology", "quantity", "unit"]
    assert tuple(columns[5:]) == coefficient_sets()
    host, accelerators, one, server = (
        line.split()[-len(coefficient_sets()) :] for line in lines[-4:]
    )
    of = {name: number for number, name in enumerate(coefficient_sets())}
    assert [float(one[of[name]]) for name in ("eserve-2025", "nvidia-pcf")] == [103.0, 164.0]
    assert float(accelerators[of["nvidia-pcf"]]) == 1312
    for parts in zip(host, accelerators, server, strict=True):
        h, a, whole = map(float, parts)
        assert whole == pytest.approx(h + a, abs=0.11)


def test_json_has_every_set_with_its_lines(capsys):
    document = json.loads(printed(capsys, "l4-1", "--json"))
    assert document["sku"] == "l4-1"
    assert tuple(one["coefficient_set"] for one in document["sets"]) == coefficient_sets()
    for one in document["sets"]:
        total = sum(line["kgco2e"] for line in one["lines"])
        assert one["server_kgco2e"] == pytest.approx(total)
        assert one["faults"] == []
        assert all(line["source"] and line["evidence"] for line in one["lines"])


@pytest.mark.parametrize("flag", ["--set", "--coefficient-set"])
def test_one_set_in_detail(flag, capsys):
    lines = printed(capsys, "h100-sxm-8", flag, "act-2022").splitlines()
    assert lines[0].split()[-4:] == ["low_kgco2e", "high_kgco2e", "evidence", "source"]
    assert lines[-1].startswith(
        "h100-sxm-8 by act-2022: 1999 kgCO2e = host 1239 + accelerators"
    )


def test_lines_of_one_set_sum_to_the_total(capsys):
    footprint = json.loads(printed(capsys, "h100-sxm-8", "--set", "nvidia-pcf", "--json"))
    lines = sum(line["kgco2e"] for line in footprint["lines"])
    assert lines == pytest.approx(footprint["kgco2e"])


def test_a_part_without_a_price_is_named_below_the_table(capsys, monkeypatch):
    """A set that loses its row for SSDs prices the accelerators, not the host."""
    every = hardware._coefficients(None)
    short = {**every, "boavizta": tuple(r for r in every["boavizta"] if r.part != "ssd")}
    monkeypatch.setattr(hardware, "_coefficients", lambda _library: short)
    out = printed(capsys, "l4-1")
    (ssd,) = (line for line in out.splitlines() if " ssd " in line and "does not" not in line)
    assert ssd.split().count("-") == 1
    assert out.splitlines()[-1] == (
        "boavizta does not price epyc-7302p-1u, ssd: the part has no coefficient"
    )
    document = json.loads(printed(capsys, "l4-1", "--json"))
    (boavizta,) = (one for one in document["sets"] if one["coefficient_set"] == "boavizta")
    assert boavizta["host_kgco2e"] is None
    assert boavizta["server_kgco2e"] is None
    assert boavizta["accelerators_kgco2e"] > 0


def test_a_fab_adds_its_dies_beside_the_sets(capsys):
    document = json.loads(printed(capsys, "l4-1", "--fab", "iceland", "--json"))
    names = [one["coefficient_set"] for one in document["sets"]]
    assert names == [*coefficient_sets(), "act-2022@iceland"]
    of = {one["coefficient_set"]: one["server_kgco2e"] for one in document["sets"]}
    assert of["act-2022@iceland"] < of["act-2022"]


def test_a_lower_yield_costs_more(capsys):
    def total(*more):
        options = ("--set", "act-2022", "--fab", "korea", *more, "--json")
        return json.loads(printed(capsys, "l4-1", *options))["kgco2e"]

    assert total("--fab-yield", "0.6") > total() == total("--fab-yield", "0.875")


@pytest.mark.parametrize(
    ("arguments", "nearest"),
    [
        (["h100-sxm-9"], "h100-sxm-8"),
        (["t4-1", "--set", "act"], "act-2022"),
        (["t4-1", "--fab", "koria"], "korea"),
    ],
)
def test_unknown_names_are_3_with_the_nearest(arguments, nearest, capsys):
    assert run([*COMMAND, *arguments]) == 3
    assert f'nearest: "{nearest}"' in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["--set", "boavizta", "--fab", "korea"], ["--fab-yield", "0.9"]]
)
def test_a_fab_without_meaning_is_2(arguments, capsys):
    assert run([*COMMAND, "t4-1", *arguments]) == 2
    assert "--fab" in capsys.readouterr().err
