"""Market documents of ENTSO-E, read from XML without anything that XML can do beside data.

A document type, an entity or an external reference ends the reading at once; depth and size
are limited. Curves: in A01 every position stands, in A03 one that is absent repeats the last.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn
from xml.parsers import expat

import numpy as np

from carbonplan.providers.answers import instant, within
from carbonplan.providers.failures import UnusableAnswer, excerpt

NAMESPACE = re.compile(r"urn:iec62325\.351:tc57wg16:451-\d+:\w+:\d+:\d+")
DEEPEST = 16
MOST_ELEMENTS = 2_000_000  # read
MOST_KEPT = 200_000  # of those, without points
MOST_POSITIONS = 1_500_000  # of a document; A03 makes many out of few
LONGEST_TEXT = 4096
MINUTES = {"PT15M": 15, "PT30M": 30, "PT60M": 60, "PT1H": 60}
EVERY_POSITION, REPEATED = "A01", "A03"
ACKNOWLEDGEMENT = "Acknowledgement_MarketDocument"


@dataclass(slots=True)
class Element:
    """An element: its name without namespace, its text, and what it holds.

    Attributes
    ----------
    points
        Texts by name of every Point that it holds; there are too many for elements.
    """

    name: str
    text: str = ""
    inner: dict[str, list[Element]] = field(default_factory=dict)
    points: list[dict[str, str]] = field(default_factory=list)

    def all(self, name: str) -> list[Element]:
        """Elements of a name that this one holds."""
        return self.inner.get(name, [])

    def one(self, *path: str) -> Element:
        """The one element at a path."""
        found = self
        for name in path:
            there = found.all(name)
            if len(there) != 1:
                raise UnusableAnswer(f"{found.name}: {len(there)} of {name}, expected one")
            found = there[0]
        return found

    def said(self, *path: str) -> str:
        """Text of the one element at a path."""
        return self.one(*path).text.strip()

    def maybe(self, name: str) -> str | None:
        """Text of an element that may be absent."""
        return self.said(name) if self.all(name) else None


@dataclass(frozen=True)
class Value:
    """Name of the element that holds the value of a point, and where it must lie."""

    name: str
    least: float
    most: float


@dataclass(frozen=True)
class Stretch:
    """Values of one period of a series; NaN where a position is absent."""

    starts: list[np.datetime64]
    minutes: int
    values: list[float]


def parsed(content: bytes) -> Element:
    """Root of a market document; an acknowledgement instead of one is told as such."""
    root = _Reader().read(content)
    if root.name == ACKNOWLEDGEMENT:
        reasons = [text for reason in root.all("Reason") if (text := reason.maybe("text"))]
        raise UnusableAnswer(f"no data: {excerpt('; '.join(reasons)) or 'no reason given'}")
    return root


def stretches(root: Element, value: Value) -> Iterator[tuple[Element, Stretch]]:
    """Each TimeSeries of a document with each of its periods."""
    positions = 0
    for series in root.all("TimeSeries"):
        for stretch in _of_series(series, value):
            positions += len(stretch.starts)
            if positions > MOST_POSITIONS:
                raise UnusableAnswer("more positions than any document has")
            yield series, stretch


def _of_series(series: Element, value: Value) -> Iterator[Stretch]:
    curve = series.maybe("curveType") or EVERY_POSITION
    if curve not in (EVERY_POSITION, REPEATED):
        raise UnusableAnswer(f'curve type "{excerpt(curve)}"; expected A01 or A03')
    periods = series.all("Period")
    if not periods:
        raise UnusableAnswer("a TimeSeries without a Period")
    for period in periods:
        yield _stretch(period, value, repeats=curve == REPEATED)


def _stretch(period: Element, value: Value, *, repeats: bool) -> Stretch:
    start = instant(period.said("timeInterval", "start"))
    end = instant(period.said("timeInterval", "end"))
    resolution = period.said("resolution")
    if resolution not in MINUTES:
        raise UnusableAnswer(
            f'resolution "{excerpt(resolution)}"; expected PT15M, PT30M or PT60M'
        )
    minutes = MINUTES[resolution]
    count, rest = divmod(int((end - start).astype(int)), minutes)
    if count < 1 or rest or count > MOST_POSITIONS:
        raise UnusableAnswer(f"a Period that is no whole number of {resolution}")
    values = np.full(count, np.nan)
    for point in period.points:
        position = _position(point.get("position", ""), count)
        if not np.isnan(values[position]):
            raise UnusableAnswer(f"position {position + 1} stands twice")
        values[position] = _number(point.get(value.name, ""), value)
    if repeats:
        values = _repeated(values)
    starts = start + np.arange(count) * np.timedelta64(minutes, "m")
    return Stretch(list(starts), minutes, values.tolist())


def _repeated(values: np.ndarray) -> np.ndarray:
    """Each absent position as the last before it; what comes before the first stays absent."""
    last = np.maximum.accumulate(np.where(np.isnan(values), -1, np.arange(len(values))))
    return np.where(last >= 0, values[np.maximum(last, 0)], np.nan)


def _position(text: str, count: int) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 9 or not 1 <= int(text) <= count:
        raise UnusableAnswer(f'position "{excerpt(text)}"; expected 1 to {count}')
    return int(text) - 1


def _number(text: str, value: Value) -> float:
    try:
        found = float(text) if "_" not in text else float("nan")
    except ValueError:
        found = float("nan")
    return within(value.name, found, value.least, value.most)


def _texts(point: Element) -> dict[str, str]:
    if any(len(elements) > 1 for elements in point.inner.values()):
        raise UnusableAnswer("a Point that says one thing twice")
    return {name: elements[0].text.strip() for name, elements in point.inner.items()}


class _Reader:
    """Builds elements while expat reads, and ends at the first thing that is no data."""

    def __init__(self) -> None:
        self._open: list[Element] = []
        self._root: Element | None = None
        self._count = self._kept = 0
        parser = expat.ParserCreate("utf-8", " ")  # whatever the document says
        parser.buffer_text = True
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        parser.StartDoctypeDeclHandler = self._refuse
        parser.EntityDeclHandler = self._refuse
        parser.UnparsedEntityDeclHandler = self._refuse
        parser.ExternalEntityRefHandler = self._refuse
        parser.SkippedEntityHandler = self._refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        self._parser = parser

    def read(self, content: bytes) -> Element:
        try:
            self._parser.Parse(content, True)
        except expat.ExpatError:
            raise UnusableAnswer("expected XML") from None
        if self._root is None:
            raise UnusableAnswer("expected XML")
        return self._root

    @staticmethod
    def _refuse(*_found: object) -> NoReturn:
        raise UnusableAnswer("XML with a document type or an entity, which is not read")

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        namespace, _, local = name.rpartition(" ")
        self._count += 1
        self._kept += 1
        too_many = self._count > MOST_ELEMENTS or self._kept > MOST_KEPT
        if len(self._open) >= DEEPEST or too_many:
            raise UnusableAnswer("XML that is nested too deeply, or too long")
        element = Element(local)
        if self._open:
            self._open[-1].inner.setdefault(local, []).append(element)
        elif not NAMESPACE.fullmatch(namespace):
            raise UnusableAnswer(f"<{excerpt(local)}> is no market document of ENTSO-E")
        else:
            self._root = element
        self._open.append(element)

    def _end(self, _name: str) -> None:
        element = self._open.pop()
        if element.name == "Point" and self._open:
            self._open[-1].points.append(_texts(element))
            self._kept -= 1 + len(element.inner)
            del self._open[-1].inner["Point"]

    def _text(self, text: str) -> None:
        element = self._open[-1]
        if len(element.text) + len(text) > LONGEST_TEXT:
            raise UnusableAnswer("XML with a text that is too long")
        element.text += text
