"""A grid series as it is asked for: zones under names, a span, and what to do about gaps."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from carbonplan.catalogue.series import TIME
from carbonplan.errors import InvalidInput, UsageError
from carbonplan.providers.cache import Cache, cache_folder
from carbonplan.providers.fetching import Fetched, Fetcher, KeptRule, Report, of_files
from carbonplan.providers.hours import MOST_HOURS, Fill, ZoneSeries, hourly, whole_span
from carbonplan.providers.records import Source, Span
from carbonplan.providers.writing import scenario_lines, write_files
from carbonplan.units import SECONDS_PER_HOUR

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/ -]{0,63}")
ZONE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
TIME_ASKED = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:00(:00)?Z)?")


@dataclass(frozen=True)
class Wish:
    """What the user asks for.

    Attributes
    ----------
    names
        Columns of the zones, in their order; empty: the zones' own names.
    files
        Downloads to read instead of asking.
    """

    zones: tuple[str, ...]
    names: tuple[str, ...]
    span: Span | None
    files: tuple[Path, ...]
    fill: Fill | None
    rule: KeptRule
    out: Path


@dataclass(frozen=True)
class Made:
    """What was written.

    Attributes
    ----------
    words
        What is worth saying about where it came from.
    """

    metadata: Mapping[str, object]
    lines: str
    words: tuple[str, ...]


def make(source: Source, wish: Wish, environment: Mapping[str, str], report: Report) -> Made:
    """Fetch or read what is asked for, and write it; ``report`` hears of what takes long.

    Raises
    ------
    CarbonplanError
        Nothing is written then.
    """
    _refuse(wish)
    cache = Cache(cache_folder(environment))
    if wish.files:
        fetched = of_files(source, wish.files, wish.zones)
    else:
        fetcher = Fetcher(source, environment, cache, wish.rule)
        fetched = [fetcher.zone(zone, wish.span, report) for zone in wish.zones]
    span = wish.span or _common_span(fetched)
    names = _names(wish, fetched)
    zones = {
        name: (part, hourly(part.points, span, wish.fill))
        for name, part in zip(names, fetched, strict=True)
    }
    metadata = write_files(wish.out, source, span, zones, wish.fill)
    words = [*_words(zones), *([cache.trouble] if cache.trouble and not wish.files else [])]
    return Made(metadata, scenario_lines(wish.out, source, span, zones), tuple(words))


def span_of(first: str | None, last: str | None) -> Span | None:
    """The span between two options of the command line; both or neither."""
    if first is None and last is None:
        return None
    if first is None or last is None:
        raise UsageError("--from and --to go together")
    span = Span(_time("--from", first), _time("--to", last))
    if span.last <= span.first:
        raise UsageError(f"--to {last} is not after --from {first}")
    if len(span.hours) > MOST_HOURS:
        raise UsageError(f"{span} is longer than five years")
    return span


def _time(option: str, text: str) -> np.datetime64:
    try:
        if TIME_ASKED.fullmatch(text):
            return np.datetime64(text.rstrip("Z"), "m")
    except ValueError:
        pass
    raise UsageError(
        f"{option}: expected a day such as 2025-01-01, or a whole hour in UTC such as "
        "2025-01-01T06:00Z"
    )


def _refuse(wish: Wish) -> None:
    if not wish.zones and not wish.files:
        raise UsageError("--zone is missing: what is to be asked for?")
    if len(set(wish.zones)) < len(wish.zones):
        raise UsageError("--zone: one zone twice")
    problems = [
        f"--zone {zone!a}: expected letters, digits, - and _"
        for zone in wish.zones
        if not ZONE.fullmatch(zone)
    ]
    problems += [
        f"--region {name!a}: expected letters, digits and ._-/ and at most 64 of them"
        for name in wish.names
        if not NAME.fullmatch(name) or name == TIME
    ]
    if problems:
        raise InvalidInput("names", problems)


def _names(wish: Wish, fetched: Sequence[Fetched]) -> tuple[str, ...]:
    names = wish.names or tuple(part.points.zone for part in fetched)
    if len(names) != len(fetched):
        found = ", ".join(part.points.zone for part in fetched)
        raise UsageError(f"--region: {len(names)} names for {len(fetched)} zones ({found})")
    if len(set(names)) < len(names):
        raise UsageError("--region: one name twice")
    return names


def _common_span(fetched: Sequence[Fetched]) -> Span:
    """The hours that every zone has begun and none has ended."""
    spans = [whole_span(part.points) for part in fetched]
    common = Span(max(span.first for span in spans), min(span.last for span in spans))
    if common.last <= common.first:
        raise InvalidInput("zones", ["have no hour in common"])
    return common


def _words(zones: Mapping[str, tuple[Fetched, ZoneSeries]]) -> list[str]:
    words = []
    for name, (fetched, hours) in zones.items():
        if fetched.origin == "cache":
            age_h = fetched.age_s / SECONDS_PER_HOUR
            words.append(f"{name}: from the cache, {age_h:.1f} h old")
        if hours.missing:
            words.append(f"{name}: no value for {'; '.join(hours.missing[:5])}{_more(hours)}")
            words.append(f"{name}: {len(hours.filled)} hours filled, as --fill says")
        if hours.share_estimated:
            words.append(f"{name}: {hours.share_estimated:.1%} estimated by the provider")
        words += [f"{name}: {note}" for note in hours.notes]
    return words


def _more(hours: ZoneSeries) -> str:
    rest = len(hours.missing) - 5
    return f" and {rest} more" if rest > 0 else ""
