"""A home of its own, a clock that costs no time, and no proxy or token of the developer's."""

from __future__ import annotations

import http.client
import logging
import os
import ssl
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import typer

from carbonplan.cli.main import app, run
from carbonplan.providers import fetching
from carbonplan.providers.waiting import Timing
from tests.providers.servers import CANARIES, SECRETS, VARIABLE, ZONE

COMMAND = typer.main.get_command(app)  # made once: it takes longer than most of the tests


class Clock:
    """Time that passes by sleeping alone."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.now_s = 1_750_000_000.0

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now_s += seconds

    def timing(self) -> Timing:
        return replace(Timing(), wall=lambda: self.now_s, sleep=self.sleep, chance=lambda: 0.5)


@pytest.fixture
def clock(monkeypatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(fetching, "SYSTEM", made.timing())
    return made


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A fresh home and folder to work in."""
    for name in list(os.environ):
        if name.startswith(("CARBONPLAN_", "XDG_", "SSL_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path


@pytest.fixture
def grid(home, clock, monkeypatch, capsys, caplog) -> Callable[..., tuple[int, str, str]]:
    """``data grid PROVIDER`` against an address; looks for secrets in all that it left."""

    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(typer.main, "get_command", lambda _: COMMAND)
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 1)

    def ask(provider: str, url: str, *options: str) -> tuple[int, str, str]:
        monkeypatch.setenv(VARIABLE[provider], url)
        for name, value in CANARIES[provider].items():
            monkeypatch.setenv(name, value)
        asked = ["--zone", ZONE[provider], "--from", "2025-01-01", "--to", "2025-01-01T02:00Z"]
        code = run(["data", "grid", provider, *(options or asked)])
        out, err = capsys.readouterr()
        refuse_secrets(out + err + caplog.text + str(clock), home)
        assert "Traceback" not in err
        return code, out, err

    return ask


def refuse_secrets(text: str, folder) -> None:
    """No secret in what was said, nor in the name or the content of any file."""
    found = [text]
    for path in sorted(folder.rglob("*")):
        found.append(str(path))
        if path.is_file():
            found.append(path.read_bytes().decode("utf-8", "replace"))
    for secret in SECRETS:
        assert not any(secret in place for place in found), f"{secret} leaked"


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    """A certificate authority of our own, and its certificate in a file."""
    trustme = pytest.importorskip("trustme", reason="makes certificates for local servers")
    made = trustme.CA()
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    made.cert_pem.write_to_path(str(path))
    return made, path


@pytest.fixture
def secured(authority) -> Callable[..., ssl.SSLContext]:
    """Server contexts with a certificate for a host, of today or expired."""

    def context(host: str = "localhost", *, expired: bool = False) -> ssl.SSLContext:
        today = datetime.now(UTC)
        times = (
            {"not_before": today - timedelta(days=9), "not_after": today - timedelta(days=2)}
            if expired
            else {}
        )
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority[0].issue_cert(host, **times).configure_cert(made)
        return made

    return context
