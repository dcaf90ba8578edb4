"""Amounts at places divided among holders: request classes by phase, or states of idleness."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from carbonplan.plan.variables import PHASES, STATES

Floats = NDArray[np.float64]
Places = NDArray[np.intp]
Shape = tuple[int, int, int]  # holders, SKUs, regions


@dataclass(frozen=True)
class Shares:
    """How amounts at places are divided among holders; the shares of a place sum to one.

    Attributes
    ----------
    place
        Position of the amount, counted through its array, (entry,).
    target
        Position of the holder at its SKU and region, counted through ``shape``, (entry,).
    share
        Of the amount at the place, (entry,) [1].
    shape
        Holders, SKUs and regions: each class in each phase, then each state.
    """

    place: Places
    target: Places
    share: Floats
    shape: Shape

    def of(self, amounts: Floats) -> Floats:
        """Amounts divided among their holders, (holder, sku, region)."""
        parts = amounts.ravel()[self.place] * self.share
        divided = np.bincount(self.target, parts, minlength=int(np.prod(self.shape)))
        return divided.reshape(self.shape)


def holders(classes: int) -> int:
    """How many there are of that may hold something."""
    return len(PHASES) * classes + len(STATES)


def of_class(request_class: Places, phase: str) -> Places:
    """Numbers of classes in a phase, as holders."""
    return len(PHASES) * request_class + PHASES.index(phase)


def shares_at(
    holder: Places,
    at: tuple[Places, Places, Places],
    share: Floats,
    amounts: tuple[int, ...],
    sku: Places,
    shape: Shape,
) -> Shares:
    """Shares of amounts over (something, region, slot)."""
    return Shares(
        place=np.ravel_multi_index(at, amounts),
        target=np.ravel_multi_index((holder, sku, at[1]), shape),
        share=share,
        shape=shape,
    )


def of_states(states: Mapping[str, Floats], shape: Shape) -> list[Shares]:
    """Shares of states over (sku, region, slot) as entries."""
    found = []
    for state, share in states.items():
        at = np.nonzero(share)
        holder = np.full(len(at[0]), of_state(state, classes(shape)))
        found.append(shares_at(holder, at, share[at], share.shape, at[0], shape))
    return found


def joined(*shares: Shares) -> Shares:
    arrays = {
        name: np.concatenate([getattr(one, name) for one in shares])
        for name in ("place", "target", "share")
    }
    return Shares(**arrays, shape=shares[0].shape)


def of_state(state: str, classes: int) -> int:
    """Number of a state in which nobody is served, as a holder."""
    return len(PHASES) * classes + list(STATES).index(state)


def classes(shape: Shape) -> int:
    return (shape[0] - len(STATES)) // len(PHASES)
