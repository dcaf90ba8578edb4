"""Every fault with every provider: an exit code, words, no traceback, no secret, no file."""

from __future__ import annotations

import gzip
import json
import socket
import zlib
from dataclasses import replace
from functools import cache
from pathlib import Path
from time import sleep

import pytest

from carbonplan.providers import fetching
from tests.providers.servers import (
    ACKNOWLEDGED,
    CANARIES,
    PROVIDERS,
    Answer,
    Asked,
    after_login,
    as_json,
    em_document,
    generation_document,
    generation_series,
    good,
    period,
    serving,
    uk_document,
    watttime_document,
)

DEEP = b'{"data":' + b"[" * 100_000


def echo(asked: Asked) -> Answer:
    """HTML that holds all that was asked, headers included."""
    return Answer(f"<html>{asked.path} {json.dumps(asked.headers)}</html>".encode())


def refuse_and_echo(asked: Asked) -> Answer:
    return replace(echo(asked), status=403)


def drip(file) -> None:
    """A byte now and then, for ever."""
    file.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while True:
        file.write(b" ")
        file.flush()
        sleep(0.05)


def endless(file) -> None:
    """No length, no end."""
    file.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        file.write(b" " * 65536)


def truncated(file) -> None:
    file.write(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"data": [')


def no_http(file) -> None:
    file.write(b"220 mail.example.org ESMTP\r\n\r\n")


@cache
def bomb() -> Answer:
    """20 MB out of 20 kB."""
    body = gzip.compress(b" " * 20_000_000, 9)
    return Answer(body, headers={"Content-Encoding": "gzip"})


def with_gap(provider: str) -> Answer:
    """The second hour, or half of it, is missing."""
    gap = {"data": [], "meta": {}}
    if provider == "watttime":
        gap = watttime_document(2)
        del gap["data"][20]
    elif provider == "uk":
        gap = uk_document(2)
        gap["data"][3]["intensity"]["actual"] = None
    elif provider == "electricity-maps":
        gap = em_document([20.0, None])
    else:
        points = period("2025-01-01T00:00Z", "2025-01-01T02:00Z", "PT60M", {1: 10})
        return Answer(generation_document(generation_series("B04", points)))
    return as_json(gap)


def of_elsewhere(provider: str) -> Answer:
    """All as it should be, but of another zone."""
    answer = good(provider)(Asked("/", {}))
    swapped = (
        answer.body.replace(b"SE-SE3", b"SE-SE4")
        .replace(b"CAISO_NORTH", b"CAISO_SOUTH")
        .replace(b"10Y1001A1001A46L", b"10Y1001A1001A47J")
    )
    if provider == "uk":
        inner = {"regionid": 12, "data": json.loads(answer.body)["data"]}
        return as_json({"data": inner})
    return replace(answer, body=swapped)


FAULTS = {
    "refused": 9,
    "unknown-host": 9,
    "401": 9,
    "403-echo": 9,
    "404": 9,
    "429-absurd": 9,
    "503": 9,
    "slow-drip": 9,
    "endless": 9,
    "gzip-bomb": 9,
    "truncated": 9,
    "no-http": 9,
    "redirect-elsewhere": 9,
    "redirect-loop": 9,
    "html-echo": 9,
    "empty-object": 9,
    "empty-data": 9,
    "nan": 9,
    "double-key": 9,
    "deep": 9,
    "not-utf-8": 9,
    "other-zone": 9,
    "bad-gzip": 9,
    "gap": 3,
}
BODIES = {
    "empty-object": b"{}",
    "empty-data": b'{"data": [], "meta": {}}',
    "nan": b'{"zone": "SE-SE3", "data": [{"carbonIntensity": NaN}]}',
    "double-key": b'{"data": [], "data": []}',
    "deep": DEEP,
    "not-utf-8": b'{"\xff": 1}',
}


def behaviour(fault: str, provider: str):
    """What the server does."""
    if fault in BODIES:
        return Answer(BODIES[fault])
    return {
        "401": Answer(b'{"error": "no"}', 401),
        "403-echo": refuse_and_echo,
        "404": Answer(b"nothing", 404),
        "429-absurd": Answer(b"slowly", 429, {"Retry-After": "99999999"}),
        "503": Answer(b"later", 503),
        "slow-drip": Answer(raw=drip),
        "endless": Answer(raw=endless),
        "gzip-bomb": bomb(),
        "truncated": Answer(raw=truncated),
        "no-http": Answer(raw=no_http),
        "redirect-loop": lambda asked: Answer(b"", 302, {"Location": asked.path}),
        "html-echo": echo,
        "other-zone": of_elsewhere(provider),
        "bad-gzip": Answer(b"no gzip at all", headers={"Content-Encoding": "gzip"}),
        "gap": with_gap(provider),
    }[fault]


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("fault", FAULTS)
def test_fault(fault, provider, grid, monkeypatch):
    """F67 to F76 and T16: nothing leaks, nothing is written, every failure is in words."""
    limits = replace(fetching.LIMITS, answer_s=0.3, answer_bytes=2_000_000)
    monkeypatch.setattr(fetching, "LIMITS", limits)
    if fault == "refused":
        code, out, err = grid(provider, closed_port())
    elif fault == "unknown-host":
        code, out, err = grid(provider, "https://nowhere.invalid")
    elif fault == "redirect-elsewhere":
        code, out, err = redirected(provider, grid)
    else:
        with serving(after_login(behaviour(fault, provider))) as server:
            code, out, err = grid(provider, server.url)
    assert code == FAULTS[fault], err
    assert out == ""
    assert len(err) < 900
    assert not any(Path.cwd().iterdir())


def redirected(provider: str, grid) -> tuple[int, str, str]:
    """The other server never hears of it."""
    with serving(good(provider)) as other:
        away = Answer(b"", 302, {"Location": f"{other.url}/take"})
        with serving(after_login(away)) as server:
            told = grid(provider, server.url)
        assert other.asked == []
    return told


def closed_port() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


@pytest.mark.parametrize(
    "fault", ["401", "404", "503", "truncated", "html-echo", "empty-object"]
)
def test_faults_of_the_login(fault, grid):
    """The password is shown at the login alone, and told nowhere."""
    with serving(behaviour(fault, "watttime")) as server:
        code, _, err = grid("watttime", server.url)
    assert code == 9, err
    assert {asked.path for asked in server.asked} == {"/login"}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_what_an_answer_says_is_cut_and_cannot_act(provider, grid):
    body = b"\x1b]0;title\x07" + "\u202e".encode() + b"x" * 10_000
    with serving(after_login(Answer(body))) as server:
        code, _, err = grid(provider, server.url)
    assert code == 9
    assert "the provider answered" in err
    assert r"\x1b]0;title\x07\u202e" in err
    assert "\x1b" not in err
    assert "x" * 201 not in err


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_bug_has_a_traceback_without_secrets(provider, home, monkeypatch, capsys):
    """Not ``grid``: here a traceback is what is wanted."""
    from carbonplan.cli.main import run
    from carbonplan.providers import exchange
    from tests.providers.conftest import refuse_secrets
    from tests.providers.servers import VARIABLE, ZONE

    def broken(*_: object) -> None:
        raise RuntimeError("out of order")

    for name, value in {**CANARIES[provider], VARIABLE[provider]: "http://127.0.0.1:9"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(exchange, "_connected", broken)
    asked = ["--zone", ZONE[provider], "--from", "2025-01-01", "--to", "2025-01-02"]
    assert run(["data", "grid", provider, *asked]) == 1
    err = capsys.readouterr().err
    assert "RuntimeError: out of order" in err
    refuse_secrets(err, home)


XML_BOMBS = {
    "doctype": b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
    "entities": (
        b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
        b"<a>&b;</a>"
    ),
    "external": b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>',
    "undeclared": f'<Acknowledgement_MarketDocument xmlns="{ACKNOWLEDGED}">&x;</a>'.encode(),
    "depth": f'<GL_MarketDocument xmlns="{ACKNOWLEDGED}">'.encode() + b"<a>" * 1000,
    "other": b"<html><body>Service</body></html>",
    "zip": b"PK\x03\x04" + zlib.compress(b"x" * 100),
}


@pytest.mark.parametrize("document", XML_BOMBS)
def test_xml_that_is_more_than_data(document, grid):
    with serving(Answer(XML_BOMBS[document])) as server:
        code, _, err = grid("entsoe", server.url)
    assert code == 9
    assert "root:" not in err
