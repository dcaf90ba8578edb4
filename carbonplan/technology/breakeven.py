r"""Break-even: when does a newer machine repay the carbon of its making?

Both do the same work, each for a share u of the hours at its operating point, and idle else.
1,000 output tokens take (a, p, R: ``work.py``; making M in kg; lifetime L in years)

.. math:: c(u) = I\,\Bigl(a + \frac{p}{u R}\Bigr) + \frac{1000\,M}{8760\,L\,u\,R} \quad [g]

of carbon on a grid of intensity I [g/kWh]. What stands already has been made: the second term
of the old machine counts only where it is asked for. So the new one repays its making where

.. math::

    I\,(A u + B) \ge E, \qquad
    A = a_{old} - a_{new}, \qquad
    B = \frac{p_{old}}{R_{old}} - \frac{p_{new}}{R_{new}}, \qquad
    E = E_{new} - E_{old}, \qquad E_i = \frac{1000\,M_i}{8760\,L_i\,R_i}

which is linear in intensity, in utilisation and in the lifetime of the new machine:

.. math::

    I^* = \frac{E}{A u + B}, \qquad
    u^* = \frac{E / I - B}{A}, \qquad
    L^* = \frac{L\,E_{new}}{I\,(A u + B) + E_{old}}

Source
------
``nguyen-2024`` for the carbon of a prompt, C = E I + (t / L) M; solved for its break-even here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from carbonplan.technology.work import Work
from carbonplan.units import G_PER_KG, HOURS_PER_YEAR

Side = Literal["above", "below", "always", "never"]
MOST_UTILISATION = 1.0


@dataclass(frozen=True)
class Machine:
    """A machine at work, and what was spent on making it."""

    name: str
    work: Work
    embodied_kgco2e: float
    lifetime_years: float

    @property
    def making_g_per_ktoken(self) -> float:
        """Carbon of its making for 1,000 output tokens if it never stands idle [g]."""
        hourly_g = embodied_g_per_hour(self.embodied_kgco2e, self.lifetime_years)
        return hourly_g / self.work.ktokens_per_hour


@dataclass(frozen=True)
class Threshold:
    """Where a new machine repays its making: on one side of a value, always, or never."""

    side: Side
    value: float | None
    reason: str


@dataclass(frozen=True)
class Replacement:
    """A new machine in place of an old one, for the same work."""

    old: Machine
    new: Machine
    charge_old: bool = False  # its making too; else it is sunk

    @property
    def active_saving_kwh(self) -> float:
        """A: energy above idle that 1,000 output tokens take less [kWh]."""
        return self.old.work.active_kwh_per_ktoken - self.new.work.active_kwh_per_ktoken

    @property
    def idle_saving_kwh(self) -> float:
        """B: idle energy that they take less at full utilisation [kWh]."""
        old, new = self.old.work, self.new.work
        return old.idle_kw / old.ktokens_per_hour - new.idle_kw / new.ktokens_per_hour

    @property
    def charged_old_g(self) -> float:
        """E_old: what they are charged for the old machine, at full utilisation [g]."""
        return self.old.making_g_per_ktoken if self.charge_old else 0.0

    @property
    def making_g(self) -> float:
        """E: what they are charged more for the new machine, at full utilisation [g]."""
        return self.new.making_g_per_ktoken - self.charged_old_g

    def saving_kwh(self, utilisation: float) -> float:
        """A u + B: the energy saved, times the utilisation [kWh]."""
        return self.active_saving_kwh * utilisation + self.idle_saving_kwh

    def old_g_per_ktoken(self, intensity_g_per_kwh: float, utilisation: float) -> float:
        """Carbon of 1,000 output tokens by the old machine [g]."""
        used_g = operational_g_per_ktoken(self.old.work, intensity_g_per_kwh, utilisation)
        return used_g + self.charged_old_g / utilisation

    def new_g_per_ktoken(self, intensity_g_per_kwh: float, utilisation: float) -> float:
        """Carbon of 1,000 output tokens by the new machine [g]."""
        used_g = operational_g_per_ktoken(self.new.work, intensity_g_per_kwh, utilisation)
        return used_g + self.new.making_g_per_ktoken / utilisation


def operational_g_per_ktoken(
    work: Work, intensity_g_per_kwh: float, utilisation: float
) -> float:
    """Carbon of the energy for 1,000 output tokens, :math:`I (a + p / (u R))` [g]."""
    idle_kwh = work.idle_kw / (utilisation * work.ktokens_per_hour)
    return intensity_g_per_kwh * (work.active_kwh_per_ktoken + idle_kwh)


def intensity_threshold(pair: Replacement, utilisation: float) -> Threshold:
    """At which carbon intensity the new machine repays its making, :math:`I^*` [g/kWh]."""
    return _threshold(
        pair.saving_kwh(utilisation),
        pair.making_g,
        always="it takes no more energy for the same work, and no more making",
        never="it takes no less energy for the same work, and has to be made",
    )


def utilisation_threshold(pair: Replacement, intensity_g_per_kwh: float) -> Threshold:
    """At which utilisation the new machine repays its making, :math:`u^*` [1]."""
    return _threshold(
        intensity_g_per_kwh * pair.active_saving_kwh,
        pair.making_g - intensity_g_per_kwh * pair.idle_saving_kwh,
        most=MOST_UTILISATION,
        always="it saves more than its making at any utilisation",
        never="it saves less than its making at any utilisation",
    )


def lifetime_threshold(
    pair: Replacement, intensity_g_per_kwh: float, utilisation: float
) -> Threshold:
    """At which age the new machine has repaid its making, :math:`L^*` [years]."""
    saved_g = intensity_g_per_kwh * pair.saving_kwh(utilisation)
    return _threshold(
        saved_g + pair.charged_old_g,
        pair.new.lifetime_years * pair.new.making_g_per_ktoken,
        always="it takes nothing to make",
        never="the work emits no less with it, at any age",
    )


def embodied_g_per_hour(embodied_kgco2e: float, lifetime_years: float) -> float:
    """Making of a machine, written off evenly over its lifetime [g/h]."""
    return embodied_kgco2e * G_PER_KG / (lifetime_years * HOURS_PER_YEAR)


def crossover_g_per_kwh(
    embodied_kgco2e: float, lifetime_years: float, mean_power_kw: float
) -> float:
    r"""Carbon intensity at which running a machine emits as much as its making [g/kWh].

    .. math:: I^* = 1000\,M / (8760\,L\,\bar P)

    Source
    ------
    ``eserve-2025``: 11.4 g/kWh for a node of eight H100, and 25.1 with its first coefficients.
    """
    return embodied_g_per_hour(embodied_kgco2e, lifetime_years) / mean_power_kw


def _threshold(
    slope: float, needed: float, *, always: str, never: str, most: float | None = None
) -> Threshold:
    """Positive x, up to ``most``, with slope · x ≥ needed."""
    if slope == 0:
        holds = needed <= 0
        return Threshold("always" if holds else "never", None, always if holds else never)
    value = needed / slope
    inside = value > 0 and (most is None or value <= most)
    if inside:
        side: Side = "above" if slope > 0 else "below"
        return Threshold(side, value, "")
    holds = (slope > 0) == (value <= 0)
    return Threshold("always" if holds else "never", None, always if holds else never)
