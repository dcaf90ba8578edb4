"""From a source and zones to their points: kept answers, the provider, or downloaded files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from carbonplan.catalogue.shipped import shown
from carbonplan.errors import EnvironmentFailed, InvalidInput
from carbonplan.providers import entsoe, watttime
from carbonplan.providers.addresses import address_of
from carbonplan.providers.cache import Cache, Kept
from carbonplan.providers.client import Access, Client, FixedAccess, NetworkLimits
from carbonplan.providers.electricity_maps import PROVIDER as ELECTRICITY_MAPS
from carbonplan.providers.failures import ProviderFailed, UnusableAnswer
from carbonplan.providers.hours import whole_span
from carbonplan.providers.records import (
    Credentials,
    Points,
    Provider,
    Question,
    Source,
    Span,
    joined,
)
from carbonplan.providers.redaction import Redactor
from carbonplan.providers.tokens import secrets_of
from carbonplan.providers.waiting import Timing
from carbonplan.units import MINUTES_PER_HOUR, SECONDS_PER_HOUR

SYSTEM = Timing()
LIMITS = NetworkLimits()
FRESH_S = 3600.0  # so long a kept answer is taken for new
MOST_FILE_BYTES = 50_000_000
SHORTEST_MINUTES = 5
MANY_QUESTIONS = 4

Report = Callable[[str], None]


@dataclass(frozen=True)
class Fetched:
    """Points of one zone, and where they come from.

    Attributes
    ----------
    origin
        ``network``, ``cache`` or ``file``.
    oldest_s
        When the oldest answer was retrieved, in seconds since 1970.
    age_s
        How long ago that was.
    asked
        Questions without secrets, or file names.
    """

    points: Points
    origin: str
    oldest_s: float
    age_s: float
    asked: tuple[str, ...]


@dataclass(frozen=True)
class KeptRule:
    """How old a kept answer may be.

    Attributes
    ----------
    offline
        Only kept answers count.
    most_age_s
        ``None``: an hour, and any age where there is no network to ask.
    """

    offline: bool = False
    most_age_s: float | None = None

    def allows(self, age_s: float) -> bool:
        """Whether an answer of this age may be used; one from the future may not."""
        if self.most_age_s is None:
            return self.offline or -FRESH_S <= age_s <= FRESH_S
        return -FRESH_S <= age_s <= self.most_age_s


class Fetcher:
    """Answers questions of one source, from the cache or from the provider."""

    def __init__(
        self, source: Source, environment: Mapping[str, str], cache: Cache, rule: KeptRule
    ) -> None:
        self._source = source
        self._environment = environment
        self._cache = cache
        self._rule = rule
        self._address = address_of(source.provider, environment)
        self._client: Client | None = None

    def zone(self, zone: str, span: Span | None, report: Report) -> Fetched:
        """All that is asked of a zone; ``report`` hears of it where it is much.

        Raises
        ------
        ProviderFailed
            There is no usable answer, or none is kept and the provider may not be asked.
        """
        questions = self._source.questions(zone, span)
        if len(questions) >= MANY_QUESTIONS:
            report(f"{zone}: {len(questions)} questions to {self._source.provider.label}")
        answers = [self._answer(question, zone) for question in questions]
        origin = "network" if any(told == "network" for _, told, _ in answers) else "cache"
        oldest_s = min(at_s for _, _, at_s in answers)
        return Fetched(
            joined([points for points, _, _ in answers]),
            origin,
            oldest_s,
            max(0.0, SYSTEM.wall() - oldest_s),
            tuple(f"{self._address}{question.target}" for question in questions),
        )

    def _answer(self, question: Question, zone: str) -> tuple[Points, str, float]:
        key = f"{self._source.provider.key} {self._address}{question.target}"
        kept = self._cache.get(key)
        if kept and self._rule.allows(SYSTEM.wall() - kept.at_s):
            try:
                return self._used(kept.body, question, zone), "cache", kept.at_s
            except UnusableAnswer:  # of another version of this program: asked again
                self._cache.drop(key)
                kept = None
        if self._rule.offline:
            raise self._nothing_kept(kept)
        return self._asked(question, zone, key)

    def _asked(self, question: Question, zone: str, key: str) -> tuple[Points, str, float]:
        client = self._client = self._client or client_for(
            self._source.provider, self._environment
        )
        content, at_s = client.get(question), SYSTEM.wall()
        try:
            points = self._used(content, question, zone)
        except UnusableAnswer as unusable:
            reason = unusable.reason
        else:
            if not client.redactor.finds(content):
                self._cache.put(key, content, at_s)
            return points, "network", at_s
        raise client.answered(content, reason)

    def _used(self, content: bytes, question: Question, zone: str) -> Points:
        points = _checked(self._source.read(content, zone))
        return points.within(question.span) if question.span else points

    def _nothing_kept(self, kept: Kept | None) -> ProviderFailed:
        label = self._source.provider.label
        if kept:
            age_h = (SYSTEM.wall() - kept.at_s) / SECONDS_PER_HOUR
            return ProviderFailed(
                f"{label}: the kept answer is {age_h:.1f} h old, more than --max-age-hours "
                "allows; without --offline it is asked again"
            )
        return ProviderFailed(
            f"{label}: no answer to this is kept; without --offline it is asked for"
        )


def client_for(provider: Provider, environment: Mapping[str, str]) -> Client:
    """A client that shows the provider the user's token in the way that it wants."""
    secrets = secrets_of(provider, environment)
    redactor = Redactor(secrets)
    access = _access(provider, secrets)
    if provider is watttime.PROVIDER:
        redactor = Redactor((secrets[1], ":".join(secrets)))
    address = address_of(provider, environment)
    return Client(provider, address, access, redactor, limits=LIMITS, timing=SYSTEM)


def _access(provider: Provider, secrets: Sequence[str]) -> Access:
    ways: Mapping[str, Callable[..., Access]] = {
        ELECTRICITY_MAPS.key: lambda token: FixedAccess(Credentials({"auth-token": token})),
        entsoe.PROVIDER.key: lambda token: FixedAccess(
            Credentials(query=((entsoe.TOKEN, token),))
        ),
        watttime.PROVIDER.key: watttime.Login,
    }
    return ways[provider.key](*secrets) if secrets else FixedAccess()


def of_files(source: Source, files: Sequence[Path], zones: Sequence[str]) -> list[Fetched]:
    """Points in downloaded files, by zone; files of one zone are put together.

    Raises
    ------
    InvalidInput
        A file is no such answer, or of a zone that was not asked for; all are told.
    """
    by_zone: dict[str, list[tuple[Points, Path]]] = {}
    problems = []
    for file in files:
        try:
            points = _checked(
                source.read(_content(file), zones[0] if len(zones) == 1 else None)
            )
        except UnusableAnswer as unusable:
            problems.append(f"{shown(file)}: {unusable.reason}")
            continue
        if zones and points.zone not in zones:
            problems.append(
                f"{shown(file)}: is of zone {points.zone}, not of {', '.join(zones)}"
            )
        by_zone.setdefault(points.zone, []).append((points, file))
    problems += [f"no file is of zone {zone}" for zone in zones if zone not in by_zone]
    if problems:
        raise InvalidInput(f"files of {source.provider.label}", problems)
    return [_of_file(by_zone[zone]) for zone in zones or by_zone]


def _of_file(parts: Sequence[tuple[Points, Path]]) -> Fetched:
    oldest_s = min(file.stat().st_mtime for _, file in parts)
    return Fetched(
        joined([points for points, _ in parts]),
        "file",
        oldest_s,
        max(0.0, SYSTEM.wall() - oldest_s),
        tuple(file.name for _, file in parts),
    )


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            content = stream.read(MOST_FILE_BYTES + 1)
    except OSError as error:
        raise EnvironmentFailed(f"{file}: {error.strerror}") from None
    if len(content) > MOST_FILE_BYTES:
        raise UnusableAnswer(f"is larger than {MOST_FILE_BYTES / 1e6:g} MB")
    return content


def _checked(points: Points) -> Points:
    """Points whose slots divide the hours that they lie in, and lie together."""
    if not points.starts.size:
        raise UnusableAnswer("holds no values")
    hours = points.starts.astype("datetime64[h]").astype("datetime64[m]")
    into_hour = (points.starts - hours).astype(np.int64)
    crooked = (points.minutes % SHORTEST_MINUTES != 0) | (
        MINUTES_PER_HOUR % points.minutes != 0
    )
    if (crooked | (into_hour % points.minutes != 0)).any():
        raise UnusableAnswer("has slots that do not divide the hour")
    whole_span(points)
    return points


def utc_second(at_s: float) -> str:
    """A time in seconds since 1970 as it is written in files."""
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
