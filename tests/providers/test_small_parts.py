"""Redaction, tokens, addresses, waiting and the cache, each by itself."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import carbonplan
from carbonplan.errors import UsageError
from carbonplan.providers import electricity_maps, watttime
from carbonplan.providers.addresses import Address, address_of
from carbonplan.providers.cache import Cache, cache_folder
from carbonplan.providers.exchange import _reached
from carbonplan.providers.failures import ProviderFailed, excerpt
from carbonplan.providers.records import Rate
from carbonplan.providers.redaction import Redactor
from carbonplan.providers.tokens import secrets_of
from carbonplan.providers.waiting import Budget, Timing, asked_s, pause_s

EM = electricity_maps.PROVIDER
VARIABLE = "CARBONPLAN_ELECTRICITY_MAPS_TOKEN"


class TestRedaction:
    def test_every_spelling_is_taken_out(self):
        redactor = Redactor(["a+b/c d"])
        told = "a+b/c d, a%2Bb%2Fc%20d, a%2Bb%2Fc+d, YStiL2MgZA==, YStiL2MgZA"
        assert redactor.clean(told) == "***, ***, ***, ***, ***"

    def test_what_is_learned_later_and_what_contains_it(self):
        redactor = Redactor(["ab"])
        redactor.learn("abc")
        assert redactor.clean("abc ab") == "*** ***"
        assert redactor.finds(b"..abc..")
        assert not redactor.finds(b"a b c")

    def test_nothing_to_take_out(self):
        assert Redactor([""]).clean("as it is") == "as it is"


def test_an_excerpt_is_short_and_cannot_act():
    assert excerpt("a\nb\x00\u202e\ud800") == r"a\nb\x00\u202e\ud800"
    assert len(excerpt("\x00" * 500)) == 200


class TestTokens:
    def test_from_the_environment(self):
        assert secrets_of(EM, {VARIABLE: " abc "}) == ("abc",)
        both = {"CARBONPLAN_WATTTIME_USER": "a", "CARBONPLAN_WATTTIME_PASSWORD": "b"}
        assert secrets_of(watttime.PROVIDER, both) == ("a", "b")

    def test_from_a_file_of_the_user_alone(self, tmp_path):
        file = tmp_path / "token"
        file.write_text("abc\n")
        file.chmod(0o600)
        assert secrets_of(EM, {f"{VARIABLE}_FILE": str(file)}) == ("abc",)

    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
    def test_a_file_that_others_can_read_is_refused(self, tmp_path, mode):
        file = tmp_path / "token"
        file.write_text("canary\n")
        file.chmod(mode)
        with pytest.raises(ProviderFailed, match="chmod 600") as failed:
            secrets_of(EM, {f"{VARIABLE}_FILE": str(file)})
        assert "canary" not in str(failed.value)

    @pytest.mark.parametrize("content", ["", "canary\nother", "canary" * 1000])
    def test_a_file_that_is_no_token(self, tmp_path, content):
        file = tmp_path / "token"
        file.write_text(content)
        file.chmod(0o600)
        with pytest.raises(ProviderFailed, match="expected one line") as failed:
            secrets_of(EM, {f"{VARIABLE}_FILE": str(file)})
        assert "canary" not in str(failed.value)

    def test_no_file_a_folder_and_a_pipe(self, tmp_path):
        os.mkfifo(tmp_path / "pipe")
        for name, words in (("none", "No such file"), (".", "is no file"), ("pipe", "no file")):
            with pytest.raises(ProviderFailed, match=words):
                secrets_of(EM, {f"{VARIABLE}_FILE": str(tmp_path / name)})

    @pytest.mark.parametrize("token", ["canary\r\nHost: x", "can ary", "canär", "canary\x00"])
    def test_characters_that_no_token_has(self, token):
        with pytest.raises(ProviderFailed, match="expected one word") as failed:
            secrets_of(EM, {VARIABLE: token})
        assert token not in str(failed.value)

    def test_none_says_where_one_is_looked_for(self):
        with pytest.raises(ProviderFailed, match=f"set {VARIABLE}, or {VARIABLE}_FILE"):
            secrets_of(EM, {})


class TestAddresses:
    def test_its_own_or_that_of_the_user(self):
        assert str(address_of(EM, {})) == "https://api.electricitymaps.com"
        there = {"CARBONPLAN_ELECTRICITY_MAPS_URL": "https://proxy.example:8443/em/"}
        assert str(address_of(EM, there)) == "https://proxy.example:8443/em"

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.9.9.9"])
    def test_http_to_this_machine(self, host):
        there = {"CARBONPLAN_ELECTRICITY_MAPS_URL": f"http://{host}:80"}
        assert str(address_of(EM, there)) == f"http://{host}"

    @pytest.mark.parametrize(
        ("url", "words"),
        [
            ("http://example.org", "http is for this machine alone"),
            ("http://localhost.example.org", "http is for this machine alone"),
            ("https://a:canary@example.org", "without a user"),
            ("https://example.org?token=canary", "without a user, a query"),
            ("https://example.org#x", "fragment"),
            ("file:///etc/passwd", "such as https"),
            ("example.org", "such as https"),
            ("https://", "such as https"),
            ("https://example.org:0", "such as https"),
            ("https://example.org:x", "such as https"),
            ("https://[::1", "such as https"),
            ("https://example.org/a b", "characters"),
        ],
    )
    def test_other_addresses(self, url, words):
        with pytest.raises(UsageError, match=words) as failed:
            address_of(EM, {"CARBONPLAN_ELECTRICITY_MAPS_URL": url})
        assert "canary" not in str(failed.value)


class TestWaiting:
    @pytest.mark.parametrize(
        ("header", "seconds"),
        [
            ("120", 120),
            (None, 0),
            ("", 0),
            ("-5", 0),
            ("1e9", 0),
            ("soon", 0),
            ("9" * 400, 0),
            ("Thu, 01 Jan 1970 00:01:40 GMT", 90),
            ("Thu, 01 Jan 1970 00:00:01 GMT", 0),
            ("Thu, 99 Jan 1970 00:00:01 GMT", 0),
        ],
    )
    def test_what_a_provider_asks_for(self, header, seconds):
        assert asked_s(header, 10.0) == seconds

    def test_longer_each_time_and_by_chance(self):
        never = replace(Timing(), chance=lambda: 0.0, wall=lambda: 0.0)
        always = replace(never, chance=lambda: 1.0)
        assert [pause_s(attempt, None, never) for attempt in range(6)] == [0.5, 1, 2, 4, 8, 15]
        assert pause_s(3, None, always) == 8
        assert pause_s(3, "60", always) == 60

    def test_a_budget(self, clock):
        timing = replace(clock.timing(), clock=lambda: clock.now_s)
        budget = Budget(Rate(2, 10.0), timing)
        budget.take()
        clock.now_s += 4
        for _ in range(3):
            budget.take()
        assert clock.slept == [6.0, 4.0]


class TestCache:
    def test_what_is_put_is_got_under_its_key_alone(self, tmp_path):
        cache = Cache(tmp_path / "a" / "b")
        cache.put("key", b"body\nof it", 5.0)
        kept = cache.get("key")
        assert (kept.body, kept.at_s) == (b"body\nof it", 5.0)
        assert cache.get("other") is None
        (file,) = (tmp_path / "a" / "b").iterdir()
        assert file.stat().st_mode & 0o077 == 0
        assert file.parent.stat().st_mode & 0o077 == 0
        cache.drop("key")
        assert cache.get("key") is None

    def test_any_damage_makes_it_absent(self, tmp_path):
        cache = Cache(tmp_path)
        cache.put("key", b"0123456789", 5.0)
        (file,) = tmp_path.iterdir()
        whole = file.read_bytes()
        for cut in range(0, len(whole), 7):
            file.write_bytes(whole[:cut])
            assert cache.get("key") is None
        end = whole.index(b"\n")
        for at in [*range(20, end, 11), *range(end, len(whole))]:
            file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            found = cache.get("key")
            assert found is None or found.body == b"0123456789"
        file.write_bytes(b"[" * 100_000 + b"\n")
        assert cache.get("key") is None

    def test_an_entry_of_another_key_is_not_taken(self, tmp_path):
        cache = Cache(tmp_path)
        cache.put("one", b"body", 5.0)
        (file,) = tmp_path.iterdir()
        content = file.read_bytes()
        cache.put("two", b"other", 5.0)
        for path in tmp_path.iterdir():
            path.write_bytes(content)
        assert cache.get("one").body == b"body"
        assert cache.get("two") is None

    def test_without_a_folder_or_where_it_cannot_be_written(self, tmp_path):
        nowhere = Cache(None)
        nowhere.put("key", b"", 0.0)
        nowhere.drop("key")
        assert nowhere.get("key") is None
        assert "no home folder" in nowhere.trouble
        (tmp_path / "file").write_text("")
        blocked = Cache(tmp_path / "file")
        blocked.put("key", b"", 0.0)
        assert "cannot be written" in blocked.trouble
        assert "\n" not in blocked.trouble

    def test_nothing_is_left_where_the_disk_is_full(self, tmp_path, monkeypatch):
        def full(_: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        cache = Cache(tmp_path)
        cache.put("key", b"body", 0.0)
        assert "No space left" in cache.trouble
        assert list(tmp_path.iterdir()) == []

    def test_two_runs_write_one_entry(self, tmp_path):
        """A reader has the one or the other, whole, at any time."""
        writer = (
            "import sys\nfrom pathlib import Path\n"
            "from carbonplan.providers.cache import Cache\n"
            "cache = Cache(Path(sys.argv[1]))\n"
            "for _ in range(60): cache.put('key', sys.argv[2].encode() * 50_000, 1.0)\n"
            "sys.exit(cache.trouble or 0)"
        )
        runs = [
            subprocess.Popen([sys.executable, "-c", writer, str(tmp_path), sign])
            for sign in "ab"
        ]
        seen = set()
        while any(run.poll() is None for run in runs):
            kept = Cache(tmp_path).get("key")
            seen.add(kept and kept.body)
        assert seen <= {None, b"a" * 50_000, b"b" * 50_000}
        assert [run.returncode for run in runs] == [0, 0]
        assert len(list(tmp_path.iterdir())) == 1

    @pytest.mark.parametrize("at_s", [float("nan"), float("inf"), -1.0, 1e300])
    def test_a_time_that_is_none(self, tmp_path, at_s):
        cache = Cache(tmp_path)
        cache.put("key", b"body", at_s)
        assert cache.get("key") is None

    def test_where_it_lies(self):
        assert str(cache_folder({"HOME": "/h"})) == "/h/.cache/carbonplan/providers"
        assert str(cache_folder({"XDG_CACHE_HOME": "/x"})) == "/x/carbonplan/providers"
        relative = {"XDG_CACHE_HOME": "x", "HOME": "/h"}
        assert str(cache_folder(relative)) == "/h/.cache/carbonplan/providers"
        assert cache_folder({}) is None

    def test_the_head_of_an_entry(self, tmp_path):
        Cache(tmp_path).put("key", b"body", 5.0)
        (file,) = tmp_path.iterdir()
        head = json.loads(file.read_bytes().partition(b"\n")[0])
        assert sorted(head) == ["at_s", "key", "sha256"]


def test_certificates_are_checked_everywhere():
    """F67: nothing in the package turns the checks off."""
    package = Path(carbonplan.__file__).parent
    off = ("CERT_NONE", "_create_unverified", "check_hostname = False", "verify=False")
    for module in package.rglob("*.py"):
        text = module.read_text("utf-8")
        assert not any(word in text for word in off), module


def test_a_host_with_several_places(monkeypatch):
    """The next place is tried where one does not answer, within one time for all."""
    family = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        places = [(*family, ("127.0.0.2", 1)), (*family, ("127.0.0.1", port))]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: places)
        address = Address("http", "a.example", 80, "")
        _reached(address, lambda: 5.0).close()
        places.pop()
        with pytest.raises(ConnectionRefusedError):
            _reached(address, lambda: 5.0)
