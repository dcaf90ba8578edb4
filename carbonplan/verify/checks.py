"""Statements that must hold at many places at once, and the words for where they do not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

TOLERANCE = 1e-6  # relative; of figures below the floor, times the floor
MOST_LISTED = 5  # places named by one check, the worst first


@dataclass(frozen=True)
class Check:
    """A statement, at how many places it was looked at, and where it does not hold."""

    name: str
    places: int
    violations: tuple[str, ...] = ()


Axes = Sequence[Sequence[str]]  # labels along each dimension


def at_most(
    name: str,
    quantity: str,
    found: ArrayLike,
    allowed: ArrayLike,
    axes: Axes,
    *,
    floor: float = 1.0,
) -> Check:
    """``found <= allowed`` at every place; what is not a number violates it."""
    found, allowed = _broadcast(found, allowed, axes)
    words = "at most {} allowed"
    return _check(name, quantity, found, allowed, found - allowed, words, axes, floor)


def at_least(
    name: str, quantity: str, found: ArrayLike, needed: ArrayLike, axes: Axes
) -> Check:
    """``found >= needed`` at every place."""
    found, needed = _broadcast(found, needed, axes)
    return _check(name, quantity, found, needed, needed - found, "at least {} needed", axes)


def equal(
    name: str,
    quantity: str,
    found: ArrayLike,
    expected: ArrayLike,
    axes: Axes,
    *,
    floor: float = 1.0,
) -> Check:
    """``found == expected`` at every place, relative to the figures or, if larger, a floor."""
    found, expected = _broadcast(found, expected, axes)
    missed = np.where(found == expected, 0.0, np.abs(found - expected))
    return _check(name, quantity, found, expected, missed, "{} expected", axes, floor)


def whole(name: str, quantity: str, found: ArrayLike, axes: Axes) -> Check:
    """Whole numbers at every place."""
    found = np.asarray(found, dtype=float)
    return equal(name, quantity, found, np.round(found), axes)


def fails(name: str, places: int, violations: Sequence[str]) -> Check:
    """A check whose violations were worded elsewhere; the first of them are listed."""
    return Check(name, places, _shortened(name, list(violations), len(violations)))


def _broadcast(
    found: ArrayLike, other: ArrayLike, axes: Axes
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    shape = tuple(len(labels) for labels in axes)
    found, other = np.asarray(found, dtype=float), np.asarray(other, dtype=float)
    return np.broadcast_to(found, shape), np.broadcast_to(other, shape)


def _check(
    name: str,
    quantity: str,
    found: NDArray[np.float64],
    reference: NDArray[np.float64],
    missed: NDArray[np.float64],
    words: str,
    axes: Axes,
    floor: float = 1.0,
) -> Check:
    """Violations where ``missed`` is beyond the tolerance, the worst first."""
    size = np.where(np.isfinite(reference), np.maximum(np.abs(found), np.abs(reference)), 1.0)
    wrong = ~(missed <= TOLERANCE * np.maximum(size, floor))
    places = np.argwhere(wrong)
    if not len(places):
        return Check(name, int(missed.size))
    by_size = np.argsort(-missed[wrong], kind="stable")[:MOST_LISTED]
    texts = [
        f"{name}[{_place(axes, place)}]: {quantity}: {found[place]:.9g} found, "
        + words.format(f"{reference[place]:.9g}")
        for place in map(tuple, places[by_size])
    ]
    return Check(name, int(missed.size), _shortened(name, texts, len(places)))


def _place(axes: Axes, place: tuple[int, ...]) -> str:
    return ", ".join(labels[position] for labels, position in zip(axes, place, strict=True))


def _shortened(name: str, texts: list[str], count: int) -> tuple[str, ...]:
    listed = texts[:MOST_LISTED]
    more = count - len(listed)
    return (*listed, f"{name}: and at {more} more") if more else tuple(listed)
