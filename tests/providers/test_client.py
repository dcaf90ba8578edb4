"""How a provider is asked: secure connections, tries, redirects, tokens and rates."""

from __future__ import annotations

import gzip
from dataclasses import replace
from email.utils import formatdate

import pytest

from carbonplan.providers import fetching, uk, watttime
from carbonplan.providers.addresses import Address
from carbonplan.providers.client import Client, FixedAccess
from carbonplan.providers.failures import ProviderFailed
from carbonplan.providers.records import Credentials, Question, Rate
from carbonplan.providers.redaction import Redactor
from tests.providers.servers import (
    WATTTIME_TOKEN,
    Answer,
    after_login,
    as_json,
    good,
    packed,
    serving,
    uk_document,
)

TOKEN = "canary-1"


@pytest.fixture
def client(clock):
    """A client with a token in the header and in the query."""

    def made(url: str, provider=uk.PROVIDER, timing=None, **limits: float) -> Client:
        host, port = url.removeprefix("http://").split(":")
        credentials = Credentials({"auth-token": TOKEN}, (("securityToken", TOKEN),))
        return Client(
            provider,
            Address("http", host, int(port), ""),
            FixedAccess(credentials),
            Redactor([TOKEN]),
            limits=replace(fetching.LIMITS, **limits),
            timing=timing or clock.timing(),
        )

    return made


def test_the_question_its_token_and_the_answer(client):
    with serving(Answer(b"yes")) as server:
        assert client(server.url).get(Question("/a", (("b", "c d"),))) == b"yes"
    (asked,) = server.asked
    assert asked.path == f"/a?b=c+d&securityToken={TOKEN}"
    assert asked.headers["auth-token"] == TOKEN


def test_a_packed_answer(client):
    with serving(packed(Answer(b"yes" * 1000))) as server:
        assert client(server.url).get(Question("/")) == b"yes" * 1000


def test_an_answer_in_chunks(client):
    def chunks(file) -> None:
        file.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        file.write(b"2\r\nye\r\n1\r\ns\r\n0\r\n\r\n")

    with serving(Answer(raw=chunks)) as server:
        assert client(server.url).get(Question("/")) == b"yes"


@pytest.mark.parametrize("length", [-9, 20])
def test_a_packed_answer_that_ends_early_is_none(client, length):
    ending = gzip.compress(b"x" * 1000)[:length]
    with (
        serving(Answer(ending, headers={"Content-Encoding": "gzip"})) as server,
        pytest.raises(ProviderFailed, match="ended within the answer, 4 times"),
    ):
        client(server.url).get(Question("/"))
    assert len(server.asked) == 4


def test_the_largest_answer_is_read_and_one_byte_more_is_not(client):
    with serving(Answer(b"x" * 100)) as server:
        assert len(client(server.url, answer_bytes=100).get(Question("/"))) == 100
        with pytest.raises(ProviderFailed, match="an answer of more than"):
            client(server.url, answer_bytes=99).get(Question("/"))


def test_failures_keep_no_trace_of_the_request(client):
    """Causes and contexts are printed with a traceback, or sent to collectors of errors."""
    with (
        serving(Answer(b"", 302, {"Location": "https://other.example/"})) as server,
        pytest.raises(ProviderFailed) as redirected,
    ):
        client(server.url).get(Question("/"))
    with pytest.raises(ProviderFailed) as refused:
        client(server.url).get(Question("/"))
    for failed in (redirected.value, refused.value):
        assert failed.__cause__ is None
        assert failed.__context__ is None
        assert TOKEN not in repr(failed.args)


def test_secrets_are_in_no_representation():
    shown = f"{Credentials({'a': TOKEN}, (('b', TOKEN),))!r} {Redactor([TOKEN])!r}"
    assert TOKEN not in shown + repr(FixedAccess(Credentials({"a": TOKEN})))


def test_429_and_503_are_tried_again_after_what_is_asked_or_longer_each_time(client, clock):
    busy = Answer(b"", 503)
    told = Answer(b"", 429, {"Retry-After": "7"})
    with serving(busy, told, busy, Answer(b"yes")) as server:
        assert client(server.url).get(Question("/")) == b"yes"
    assert clock.slept == [0.75, 7.0, 3.0]  # (1 + ½) / 2 of 1 and of 4 s, and what was asked


def test_a_date_to_come_back_at(client, clock):
    later = Answer(b"", 429, {"Retry-After": formatdate(clock.now_s + 20, usegmt=True)})
    with serving(later, Answer(b"yes")) as server:
        client(server.url).get(Question("/"))
    assert clock.slept == [20.0]


def test_too_long_a_wait_is_not_waited_for(client, clock):
    with (
        serving(Answer(b"", 429, {"Retry-After": "86400"})) as server,
        pytest.raises(ProviderFailed, match="come back in 86400 s"),
    ):
        client(server.url).get(Question("/"))
    assert (clock.slept, len(server.asked)) == ([], 1)


def test_four_tries_and_no_more(client):
    with (
        serving(Answer(b"", 503)) as server,
        pytest.raises(ProviderFailed, match="HTTP 503, 4 times"),
    ):
        client(server.url).get(Question("/"))
    assert len(server.asked) == 4


def test_other_errors_are_not_tried_again(client):
    with (
        serving(Answer(b"", 418)) as server,
        pytest.raises(ProviderFailed, match="HTTP 418"),
    ):
        client(server.url).get(Question("/"))
    assert len(server.asked) == 1


def test_one_redirect_to_the_same_place_is_followed(client):
    with serving(Answer(b"", 307, {"Location": "/moved?x=1"}), Answer(b"yes")) as server:
        assert client(server.url).get(Question("/")) == b"yes"
    assert [asked.path for asked in server.asked] == [f"/?securityToken={TOKEN}", "/moved?x=1"]


@pytest.mark.parametrize(
    "location",
    [
        "https://127.0.0.1/",
        "//other.example/",
        "http://127.0.0.1:1/",
        "http://x@127.0.0.1/",
        "ftp://127.0.0.1/",
        "http://127.0.0.1:99999/",
        "http://[::1/",
        "/a b\tc",
    ],
)
def test_a_redirect_that_leaves_is_not_followed(client, location):
    with (
        serving(Answer(b"", 302, {"Location": location})) as server,
        pytest.raises(ProviderFailed, match="redirects elsewhere"),
    ):
        client(server.url).get(Question("/"))
    assert len(server.asked) == 1


def test_no_redirect_without_a_place(client):
    with (
        serving(Answer(b"", 302)) as server,
        pytest.raises(ProviderFailed, match="redirects again and again"),
    ):
        client(server.url).get(Question("/"))


def test_requests_stay_within_the_rate(client, clock):
    slow = replace(uk.PROVIDER, rate=Rate(2, 300.0))
    timing = replace(clock.timing(), clock=lambda: clock.now_s)
    with serving(Answer(b"yes")) as server:
        asking = client(server.url, slow, timing)
        for _ in range(3):
            asking.get(Question("/"))
    assert clock.slept == [300.0]


def test_watttime_logs_in_again_once_where_a_token_has_grown_old(grid):
    old = Answer(b"", 401)
    login = as_json({"token": WATTTIME_TOKEN})
    with serving(login, old, login, good("watttime")) as server:
        code, _, err = grid("watttime", server.url)
    assert code == 0, err
    paths = [asked.path.partition("?")[0] for asked in server.asked]
    assert paths == ["/login", "/v3/historical", "/login", "/v3/historical"]
    shown = [asked.headers["Authorization"].split()[0] for asked in server.asked]
    assert shown == ["Basic", "Bearer", "Basic", "Bearer"]


def test_watttime_stops_when_the_new_token_is_refused_too(grid):
    with serving(after_login(Answer(b"", 401))) as server:
        code, _, err = grid("watttime", server.url)
    assert code == 9
    assert "token refused (HTTP 401)" in err
    assert len(server.asked) == 4


def test_documented_rates():
    assert watttime.PROVIDER.rate == Rate(3000, 300.0)
    assert Rate(100, 300.0) == watttime.LOGIN_RATE


def test_a_certificate_of_a_trusted_authority(grid, authority, secured, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(authority[1]))
    with serving(good("uk"), context=secured()) as server:
        code, _, err = grid("uk", server.url)
    assert code == 0, err


@pytest.mark.parametrize(
    ("trusted", "host", "expired", "words"),
    [
        (False, "localhost", False, "certificate"),
        (True, "other.example", False, "not valid for 'localhost'"),
        (True, "localhost", True, "expired"),
    ],
)
def test_other_certificates(
    grid, authority, secured, monkeypatch, trusted, host, expired, words
):
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(authority[1]))
    with serving(good("uk"), context=secured(host, expired=expired)) as server:
        code, _, err = grid("uk", server.url)
    assert code == 9
    assert "its certificate is not to be trusted" in err
    assert words in err
    assert "--offline" in err
    assert server.asked == []


def test_a_server_that_speaks_no_tls(grid):
    with serving(as_json(uk_document(2))) as server:
        code, _, err = grid("uk", server.url.replace("http", "https"))
    assert code == 9
    assert "no secure connection" in err
