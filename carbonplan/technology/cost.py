"""Cost of owning a server, spread over the hours that it is owned."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from carbonplan.catalogue.records import Server
from carbonplan.units import HOURS_PER_YEAR


def annuity_factor(discount_rate: ArrayLike, lifetime_years: ArrayLike) -> NDArray[np.float64]:
    r"""Yearly payment that repays one unit of money over a lifetime [1/year].

    .. math:: \frac{d}{1 - (1 + d)^{-n}}, \qquad 1/n \text{ for } d = 0
    """
    rate, years = np.broadcast_arrays(
        np.asarray(discount_rate, dtype=float), np.asarray(lifetime_years, dtype=float)
    )
    repaid = -np.expm1(-years * np.log1p(rate))
    straight = np.asarray(1.0 / years)
    return np.divide(rate, repaid, out=straight, where=rate > 0)


def purchase_usd_per_hour(
    purchase_usd: ArrayLike, lifetime_years: ArrayLike, discount_rate: ArrayLike
) -> NDArray[np.float64]:
    """Purchase spread over every hour of the lifetime, used or not [USD/h]."""
    yearly = np.asarray(purchase_usd) * annuity_factor(discount_rate, lifetime_years)
    return yearly / HOURS_PER_YEAR


def server_usd_per_hour(server: Server, acquisition: str, discount_rate: float) -> float:
    """What one server costs in every hour, energy apart [USD/h].

    Bought, it is written off with its accelerators, which are most of its price; rented, it
    costs its rental price.

    Raises
    ------
    ValueError
        If it is to be rented and has no rental price.
    """
    if acquisition == "purchase":
        years = server.sku.accelerator_lifetime_years
        return float(purchase_usd_per_hour(server.price.purchase_usd, years, discount_rate))
    if server.price.rental_usd_per_hour is None:
        raise ValueError(f"{server.name} has no rental price")
    return server.price.rental_usd_per_hour
