"""What a provider is, what it is asked, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlencode

import numpy as np
from numpy.typing import NDArray

from carbonplan.catalogue.series import HOUR, utc_text

Window = Literal["past", "recent", "forecast"]


@dataclass(frozen=True)
class Rate:
    """At most so many requests in any window of time."""

    requests: int
    window_s: float


@dataclass(frozen=True)
class Provider:
    """A service that publishes grid data.

    Attributes
    ----------
    key
        Name in the command line, the cache and the metadata.
    variable
        Beginning of the names of its environment variables.
    secrets
        Endings of the variables that hold what it wants to see; empty where it is open.
    rate
        Documented limit that requests are kept within.
    """

    key: str
    label: str
    base_url: str
    variable: str
    licence: str
    secrets: tuple[str, ...] = ()
    rate: Rate | None = None


@dataclass(frozen=True)
class Span:
    """Hours from ``first`` up to, but without, ``last``."""

    first: np.datetime64
    last: np.datetime64

    @property
    def hours(self) -> NDArray[np.datetime64]:
        """Every hour of the span."""
        return np.arange(self.first, self.last, HOUR)

    def parts(self, most_hours: int) -> list[Span]:
        """The span cut into pieces that a provider answers in one go."""
        starts = np.arange(self.first, self.last, most_hours * HOUR)
        return [Span(start, min(start + most_hours * HOUR, self.last)) for start in starts]

    def __str__(self) -> str:
        return f"{utc_text(self.first)} to {utc_text(self.last)}"


@dataclass(frozen=True)
class Question:
    """One request, without its secrets: it may be shown, and names an entry of the cache."""

    path: str
    query: tuple[tuple[str, str], ...] = ()
    span: Span | None = None  # of which the answer is used

    @property
    def target(self) -> str:
        """Path and query."""
        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path


@dataclass(frozen=True)
class Credentials:
    """What is added to a request and shown nowhere."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Meaning:
    """What the numbers are: the signal of a scenario, and the key of its series."""

    series: Literal["intensity_g_per_kwh", "price_usd_per_kwh"]
    unit: str
    kind: Literal["average", "marginal"] | None = None
    scope: Literal["location", "market"] | None = None
    basis: Literal["lifecycle", "direct"] | None = None
    note: str = ""


@dataclass(frozen=True)
class Points:
    """Values of one zone in the provider's own slots, which may differ in length.

    Attributes
    ----------
    starts
        (point,), by the minute in UTC; in any order, doubles included.
    minutes
        Length of each slot, (point,), a multiple of five that divides the hour [min].
    values
        (point,); NaN where the provider says that it has none.
    estimated
        Whether the provider calls the value an estimate, (point,).
    revised
        When the provider made or last changed the values, as far as it says; ISO 8601.
    """

    zone: str
    starts: NDArray[np.datetime64]
    minutes: NDArray[np.int64]
    values: NDArray[np.float64]
    estimated: NDArray[np.bool_]
    revised: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def within(self, span: Span) -> Points:
        """Only the slots that begin in the span."""
        held = (self.starts >= span.first) & (self.starts < span.last)
        return Points(
            self.zone,
            self.starts[held],
            self.minutes[held],
            self.values[held],
            self.estimated[held],
            self.revised,
            self.notes,
        )


@dataclass(frozen=True)
class Source:
    """One kind of series of one provider.

    Attributes
    ----------
    questions
        What to ask for a zone and a span; without a span, for what there is.
    read
        Values in an answer; the second argument is the zone that it must be of, or ``None``.
    """

    provider: Provider
    meaning: Meaning
    questions: Callable[[str, Span | None], list[Question]]
    read: Callable[[bytes, str | None], Points]


def points(
    zone: str,
    starts: Sequence[np.datetime64],
    minutes: int | Sequence[int],
    values: Sequence[float],
    estimated: bool | Sequence[bool] = False,
    revised: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> Points:
    """Points from lists; one length and one flag may stand for all."""
    count = len(values)
    return Points(
        zone,
        np.array(starts, dtype="datetime64[m]"),
        np.broadcast_to(np.asarray(minutes, dtype=np.int64), count).copy(),
        np.array(values, dtype=np.float64),
        np.broadcast_to(np.asarray(estimated, dtype=bool), count).copy(),
        tuple(revised),
        tuple(notes),
    )


def joined(parts: Sequence[Points]) -> Points:
    """Several answers of one zone as one."""
    return Points(
        parts[0].zone,
        np.concatenate([part.starts for part in parts]),
        np.concatenate([part.minutes for part in parts]),
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.estimated for part in parts]),
        tuple(time for part in parts for time in part.revised),
        tuple(dict.fromkeys(note for part in parts for note in part.notes)),
    )
