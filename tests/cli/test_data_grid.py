"""``data grid``: from a provider, or a download, to a scenario that solves."""

from __future__ import annotations

import csv
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
import typer

import carbonplan
from carbonplan.cli.main import app, run
from carbonplan.providers import fetching
from carbonplan.providers.waiting import Timing
from tests.providers.servers import (
    CANARIES,
    PROVIDERS,
    VARIABLE,
    ZONE,
    Answer,
    as_json,
    em_document,
    good,
    hourly_generation,
    period,
    price_document,
    price_series,
    serving,
    uk_document,
    uk_region,
    watttime_document,
)

COMMAND = typer.main.get_command(app)  # made once: it takes longer than most of the tests
SPAN = ("--from", "2025-01-01", "--to", "2025-01-01T02:00Z")
SCENARIO = """
carbonplan: 1
name: from-the-grid
horizon: {start: 2025-01-01T00:00:00Z, hours: 2}
signal: {kind: average, scope: location, basis: direct}
series:
  intensity_g_per_kwh: "series.csv"
regions:
  - {region: aws-eu-west-1, power_limit_kw: 100}
fleet: {skus: [h100-sxm-8], clock_fractions: [1.0], tensor_parallel: [1], precisions: [fp8]}
workloads:
  - name: chat
    kind: online
    llm: llama-3.1-8b
    classes: azure-conversation
    arrivals: {mean_rps: 20}
    origins: [london]
    ttft_s: 0.5
    tpot_s: 0.04
objective: {minimise: carbon}
solver: {gap: 0.0}
"""


class Now:
    """A wall clock that stands until it is moved."""

    s = 1_750_000_000.0


@pytest.fixture(autouse=True)
def now(tmp_path, monkeypatch) -> type[Now]:
    """A folder to work in, a home, and the time."""
    for name in list(os.environ):
        if name.startswith(("CARBONPLAN_", "XDG_", "SSL_")):
            monkeypatch.delenv(name)
    for tokens in CANARIES.values():
        for name, value in tokens.items():
            monkeypatch.setenv(name, value)
    (tmp_path / "work").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setattr(typer.main, "get_command", lambda _: COMMAND)
    monkeypatch.setattr(Now, "s", Now.s)
    timing = replace(Timing(), wall=lambda: Now.s, sleep=lambda _: None)
    monkeypatch.setattr(fetching, "SYSTEM", timing)
    return Now


@pytest.fixture
def ask(monkeypatch, capsys):
    """A command against a server; exit code, stdout, stderr."""

    def asked(provider: str, url: str, *options: str) -> tuple[int, str, str]:
        monkeypatch.setenv(VARIABLE[provider], url)
        code = run(["data", "grid", provider, *options])
        out, err = capsys.readouterr()
        return code, out, err

    return asked


def written(path: str = "series.csv") -> list[dict[str, str]]:
    with Path(path).open(newline="") as file:
        return list(csv.DictReader(file))


def metadata(path: str = "series.csv") -> dict:
    return json.loads(Path(f"{path}.meta.json").read_text("utf-8"))


def test_from_a_server_to_a_plan(ask):
    """Fetched, pasted, validated and solved; Dublin stands in for a site in Great Britain."""
    with serving(good("uk")) as server:
        code, out, err = ask("uk", server.url, *SPAN, "--region", "aws-eu-west-1")
    assert (code, err) == (0, "")
    for line in SCENARIO.strip().splitlines()[2:6]:
        assert line in out
    assert [row["aws-eu-west-1"] for row in written()] == ["101.000", "111.000"]
    Path("scenario.yaml").write_text(SCENARIO, encoding="utf-8")
    assert run(["validate", "scenario.yaml"]) == 0
    question = carbonplan.load("scenario.yaml")
    intensity = question.inputs().series["intensity_kgco2e_per_kwh"]
    assert intensity.values.ravel().tolist() == [0.101, 0.111]
    assert question.solve().summary["status"] == "optimal"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_json_of_every_provider(provider, ask):
    with serving(good(provider)) as server:
        options = ("--zone", ZONE[provider], *SPAN, "--region", "here", "--json")
        code, out, _ = ask(provider, server.url, *options)
    assert code == 0
    made = json.loads(out)
    beside = metadata()
    assert {key: made[key] for key in beside} == beside
    assert made["columns"]["here"]["zone"] == ZONE[provider]
    assert made["columns"]["here"]["origin"] == "network"
    assert made["columns"]["here"]["retrieved_at"] == "2025-06-15T15:06:40Z"
    assert made["licence"]
    assert made["signal"]["kind"] == ("marginal" if provider == "watttime" else "average")
    assert made["signal"]["basis"] == (
        "direct" if provider in ("uk", "watttime") else "lifecycle"
    )
    assert "series.csv" in made["scenario"]


def test_several_zones_are_several_columns(ask):
    with serving(good("entsoe")) as server:
        options = ("--zone", "SE3", "--zone", "10Y1001A1001A46L", *SPAN)
        code, _, _ = ask("entsoe", server.url, *options, "--region", "a", "--region", "b")
    assert code == 0
    assert list(written()[0]) == ["time_utc", "a", "b"]


def test_many_questions_are_announced(ask):
    """40 days are four weeks and a half of hours, of which the server has two."""
    long = ("--zone", "GB", "--from", "2025-01-01", "--to", "2025-02-10")
    with serving(good("uk")) as server:
        code, _, err = ask("uk", server.url, *long, "--fill", "previous")
    assert (code, len(server.asked)) == (0, 4)
    assert err.startswith("GB: 4 questions to UK Carbon Intensity\n")
    assert len(written()) == 40 * 24


def test_a_forecast_without_a_span(ask):
    with serving(as_json(em_document([5.0, 6.0, 7.0], "forecast"))) as server:
        code, out, _ = ask("electricity-maps", server.url, "--zone", "SE-SE3", "--forecast")
    assert code == 0
    assert "hours: 3" in out
    assert server.asked[0].path.startswith("/v3/carbon-intensity/forecast?zone=SE-SE3")


def test_a_forecast_that_is_shorter_than_the_span(ask):
    with serving(good("watttime")) as server:
        options = ("--zone", "CAISO_NORTH", "--forecast", "--from", "2025-01-01")
        code, _, err = ask("watttime", server.url, *options, "--to", "2025-01-01T04:00Z")
    assert code == 3
    assert "no value for 2025-01-01T02:00Z to 2025-01-01T04:00Z" in err
    assert not list(Path.cwd().iterdir())


def test_gaps_are_filled_when_asked_and_told(ask):
    document = em_document([10.0, None, 30.0])
    options = ("--zone", "SE-SE3", "--from", "2025-01-01", "--to", "2025-01-01T03:00Z")
    with serving(as_json(document)) as server:
        assert ask("electricity-maps", server.url, *options)[0] == 3
        code, out, err = ask("electricity-maps", server.url, *options, "--fill", "linear")
    assert code == 0
    assert [row["SE-SE3"] for row in written()] == ["10.000", "20.000", "30.000"]
    assert "1 hours filled" in out
    assert "no value for 2025-01-01T01:00Z to 2025-01-01T02:00Z" in err
    column = metadata()["columns"]["SE-SE3"]
    assert column["filled"] == ["2025-01-01T01:00Z"]
    assert metadata()["fill"] == "linear"


def test_hours_that_stay_empty_are_empty_cells(ask):
    options = ("--zone", "SE-SE3", "--from", "2025-01-01", "--to", "2025-01-01T03:00Z")
    with serving(as_json(em_document([10.0, None, 30.0]))) as server:
        code, _, _ = ask("electricity-maps", server.url, *options, "--fill", "none")
    assert code == 0
    assert [row["SE-SE3"] for row in written()] == ["10.000", "", "30.000"]


def test_estimates_are_told(ask):
    with serving(good("electricity-maps")) as server:
        code, out, err = ask("electricity-maps", server.url, "--zone", "SE-SE3", *SPAN)
    assert code == 0
    assert "# SE-SE3: 50.0% estimated by the provider" in out
    assert "50.0% estimated" in err
    column = metadata()["columns"]["SE-SE3"]
    assert column["share_estimated"] == 0.5
    assert column["revised"] == {
        "first": "2025-02-01T06:07:08Z",
        "last": "2025-02-02T06:07:08Z",
    }


class TestCache:
    def test_a_fresh_answer_is_not_asked_for_again(self, ask, now):
        with serving(good("uk")) as server:
            ask("uk", server.url, *SPAN)
            now.s += 600
            code, _, err = ask("uk", server.url, *SPAN, "--overwrite")
            assert (code, len(server.asked)) == (0, 1)
            assert "from the cache, 0.2 h old" in err
            assert metadata()["columns"]["GB"]["origin"] == "cache"
            now.s += 3600
            ask("uk", server.url, *SPAN, "--overwrite")
            assert len(server.asked) == 2
            now.s += 7200
            ask("uk", server.url, *SPAN, "--overwrite", "--max-age-hours", "3")
            assert len(server.asked) == 2

    def test_offline(self, ask, now, monkeypatch):
        with serving(good("uk")) as server:
            ask("uk", server.url, *SPAN)
        for name in CANARIES["electricity-maps"]:
            monkeypatch.delenv(name)
        now.s += 1e6
        offline = (*SPAN, "--overwrite", "--offline")
        code, _, err = ask("uk", server.url, *offline)
        assert code == 0
        assert "277.8 h old" in err
        code, _, err = ask("uk", server.url, *offline, "--max-age-hours", "5")
        assert code == 9
        assert "277.8 h old, more than --max-age-hours allows" in err
        code, _, err = ask("uk", server.url, *offline, "--zone", "13")
        assert code == 9
        assert "no answer to this is kept" in err
        code, _, err = ask("electricity-maps", server.url, "--zone", "DE", *offline)
        assert code == 9  # and not for want of a token
        assert "no answer to this is kept" in err

    def test_a_damaged_answer_is_asked_for_again(self, ask, tmp_path):
        with serving(good("uk")) as server:
            ask("uk", server.url, *SPAN)
            (kept,) = (tmp_path / "home").rglob("*.answer")
            kept.write_bytes(kept.read_bytes()[:-1])
            code, _, _ = ask("uk", server.url, *SPAN, "--overwrite")
            assert (code, len(server.asked)) == (0, 2)

    def test_an_answer_that_no_longer_reads_is_asked_for_again(self, ask, tmp_path):
        from carbonplan.providers.cache import Cache

        with serving(good("uk")) as server:
            ask("uk", server.url, *SPAN)
            (kept,) = (tmp_path / "home").rglob("*.answer")
            key = json.loads(kept.read_bytes().partition(b"\n")[0])["key"]
            Cache(kept.parent).put(key, b"{}", Now.s)
            code, _, _ = ask("uk", server.url, *SPAN, "--overwrite")
            assert (code, len(server.asked)) == (0, 2)

    def test_what_cannot_be_used_is_not_kept(self, ask, tmp_path):
        with serving(as_json({})) as server:
            ask("uk", server.url, *SPAN)
        assert not list(tmp_path.rglob("*.answer"))

    def test_an_answer_that_holds_the_token_is_not_kept(self, ask, tmp_path, monkeypatch):
        monkeypatch.setenv("CARBONPLAN_ELECTRICITY_MAPS_TOKEN", "secret/1")
        document = em_document([1.0, 2.0], note="secret/1")
        with serving(as_json(document)) as server:
            code, _, _ = ask("electricity-maps", server.url, "--zone", "SE-SE3", *SPAN)
        assert code == 0
        assert not list(tmp_path.rglob("*.answer"))

    @pytest.mark.parametrize("home", ["", "/proc/nowhere"])
    def test_without_a_home_that_can_be_written(self, ask, monkeypatch, home):
        monkeypatch.setenv("HOME", home)
        with serving(good("uk")) as server:
            code, _, err = ask("uk", server.url, *SPAN)
        assert code == 0
        assert err.startswith("no cache: ")
        assert len(err.splitlines()) == 1


class TestFiles:
    """Downloads, without a network or a token."""

    @pytest.fixture(autouse=True)
    def alone(self, monkeypatch):
        for tokens in CANARIES.values():
            for name in tokens:
                monkeypatch.delenv(name)
        monkeypatch.setattr("socket.socket.connect", None)

    @pytest.mark.parametrize(
        ("provider", "content", "zone"),
        [
            ("electricity-maps", em_document([1.0, 2.0]), "SE-SE3"),
            ("watttime", watttime_document(2), "CAISO_NORTH"),
            ("uk", uk_document(2), "GB"),
            ("uk", uk_region(2), "13"),
            ("entsoe", hourly_generation(2), "SE3"),
        ],
    )
    def test_of_every_provider(self, provider, content, zone):
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        Path("download").write_bytes(body)
        assert run(["data", "grid", provider, "--file", "download"]) == 0
        assert len(written()) == 2
        assert metadata()["columns"][zone]["asked"] == ["download"]
        assert run(["data", "grid", provider, "--file", "download", "--overwrite", *SPAN]) == 0

    def test_csv_of_a_year(self):
        header = (
            "Datetime (UTC),Country,Zone name,Zone id,Carbon intensity gCO₂eq/kWh (direct),"
            "Carbon intensity gCO₂eq/kWh (Life cycle),Data source,Data estimated\n"
        )
        row = "2025-01-01 0{}:00:00,Sweden,South Central Sweden,SE-SE3,3,{},x,false\n"
        Path("year.csv").write_text(header + row.format(0, 20) + row.format(1, 21), "utf-8")
        command = ["data", "grid", "electricity-maps", "--file", "year.csv"]
        assert run([*command, "--basis", "direct", "--region", "aws-eu-north-1"]) == 0
        assert [row["aws-eu-north-1"] for row in written()] == ["3.000", "3.000"]
        assert metadata()["signal"]["basis"] == "direct"

    def test_prices(self):
        points = period(
            "2025-01-01T00:00Z", "2025-01-01T01:00Z", "PT60M", {1: 40}, "price.amount"
        )
        Path("a44.xml").write_bytes(price_document(price_series(points)))
        command = ["data", "grid", "entsoe", "--of", "price", "--file", "a44.xml"]
        assert run([*command, "--usd-per-eur", "1.1"]) == 0
        assert written() == [{"time_utc": "2025-01-01T00:00Z", "SE3": "0.044000"}]
        assert metadata()["series"] == "price_usd_per_kwh"
        assert metadata()["signal"] is None

    def test_weeks_of_a_zone_are_put_together(self):
        rows = uk_document(4)["data"]
        for name, part in (("a.json", rows[:4]), ("b.json", rows[4:])):
            Path(name).write_text(json.dumps({"data": part}), encoding="utf-8")
        assert run(["data", "grid", "uk", "--file", "b.json", "--file", "a.json"]) == 0
        assert len(written()) == 4

    def test_all_that_is_wrong_is_told(self, capsys):
        Path("a.json").write_text("{}", encoding="utf-8")
        Path("b.json").write_text(json.dumps(uk_document(1)), encoding="utf-8")
        command = ["data", "grid", "uk", "--file", "a.json", "--file", "b.json"]
        assert run([*command, "--zone", "GB", "--zone", "13"]) == 3
        err = capsys.readouterr().err
        assert 'a.json: no list "data"' in err
        assert "no file is of zone 13" in err
        assert run([*command[:-2], "--file", "b.json", "--zone", "13", "--zone", "14"]) == 3
        assert "b.json: is of zone GB, not of 13, 14" in capsys.readouterr().err
        assert run(["data", "grid", "uk", "--file", "none.json"]) == 9
        assert "No such file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (("uk",), 2, "--from and --to are missing"),
        (("watttime", *SPAN), 2, "--zone is missing"),
        (("uk", "--from", "2025-01-01", "--forecast"), 2, "go together"),
        (("uk", "--from", "2025-01-01", "--to", "2025-01-01"), 2, "is not after"),
        (("uk", "--from", "2025-13-01", "--to", "2026-01-01"), 2, "expected a day"),
        (("uk", "--from", "2025-01-01T00:30Z", "--to", "2026-01-01"), 2, "expected a day"),
        (("uk", "--from", "1925-01-01", "--to", "2025-01-01"), 2, "longer than five years"),
        (("uk", *SPAN, "--zone", "13", "--zone", "13"), 2, "one zone twice"),
        (("uk", *SPAN, "--zone", "99"), 3, "from 1 to 17"),
        (("uk", *SPAN, "--zone", "../../x"), 3, "expected letters"),
        (("entsoe", *SPAN, "--zone", "SE9"), 3, "nearest"),
        (("watttime", *SPAN, "--zone", "A&b=c"), 3, "expected letters"),
        (("uk", *SPAN, "--region", "=cmd()"), 3, "--region '=cmd()'"),
        (("uk", *SPAN, "--region", "time_utc"), 3, "--region 'time_utc'"),
        (("entsoe", *SPAN, "--of", "price"), 2, "needs --usd-per-eur"),
        (("entsoe", *SPAN, "--usd-per-eur", "1"), 2, "is for --of price"),
        (("electricity-maps", "--forecast", "--recent"), 2, "exclude each other"),
    ],
)
def test_what_has_no_meaning(monkeypatch, capsys, options, code, words):
    monkeypatch.setattr("socket.socket.connect", None)
    assert run(["data", "grid", *options]) == code
    assert words in capsys.readouterr().err


def test_names_and_zones_must_be_as_many(ask):
    with serving(good("uk")) as server:
        code, _, err = ask("uk", server.url, *SPAN, "--region", "a", "--region", "b")
    assert code == 2
    assert "2 names for 1 zones (GB)" in err


def test_what_lies_there_is_not_replaced(ask):
    Path("series.csv.meta.json").write_text("mine", encoding="utf-8")
    with serving(good("uk")) as server:
        code, _, _ = ask("uk", server.url, *SPAN)
    assert (code, server.asked) == (2, [])
    assert Path("series.csv.meta.json").read_text("utf-8") == "mine"


def test_an_address_comes_from_the_user_alone(capsys, monkeypatch):
    """F78: a scenario that names an address makes no request."""
    monkeypatch.setattr("socket.socket.connect", None)
    Path("scenario.yaml").write_text(
        SCENARIO.replace('"series.csv"', "https://169.254.169.254/latest/series.csv"), "utf-8"
    )
    assert run(["validate", "scenario.yaml"]) == 3
    assert "series" in capsys.readouterr().err


def test_tokens_are_no_options(capsys):
    for provider in PROVIDERS:
        assert run(["data", "grid", provider, "--help"]) == 0
        shown = capsys.readouterr().out
        assert "--token" not in shown
        assert "--url" not in shown
        assert run(["data", "grid", provider, "--token", "x"]) == 2


def test_a_server_error_shown_as_json(ask):
    with serving(Answer(b"no", 404)) as server:
        code, out, _ = ask("uk", server.url, *SPAN, "--json")
    assert code == 9
    error = json.loads(out)["error"]
    assert (error["kind"], error["exit_code"]) == ("ProviderFailed", 9)
