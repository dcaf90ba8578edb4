"""What is lost when typical days stand for all days, zone by zone."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ERROR_DIGITS = 4
TINY = 1e-9


@dataclass(frozen=True)
class ZoneError:
    """How well typical days stand for all days in one zone, in the unit of the series [1]."""

    zone: str
    mean: float
    typical_mean: float
    correction: float
    duration_curve_error: float  # root mean square over the sorted hours
    spread_ratio: float  # standard deviation, typical over all
    correlation_error: float  # mean absolute error of the correlations with the other zones
    filled_hours: int


def zone_errors(
    zones: Sequence[str],
    all_hours: NDArray[np.float64],
    typical_hours: NDArray[np.float64],
    weight: NDArray[np.float64],
    correction: NDArray[np.float64],
    filled_hours: Mapping[str, int],
) -> list[ZoneError]:
    """Errors of every zone.

    Parameters
    ----------
    all_hours, typical_hours
        (hour, zone), in the unit of the series.
    weight
        How many hours each typical hour stands for, (hour,) [1].
    correction
        What each zone was scaled or shifted by, (zone,).
    filled_hours
        Hours that were missing, by zone.
    """
    means = np.average(typical_hours, axis=0, weights=weight)
    spread = np.sqrt(np.average((typical_hours - means) ** 2, axis=0, weights=weight))
    difference = np.abs(_correlation(typical_hours, weight) - _correlation(all_hours))
    others = max(len(zones) - 1, 1)
    return [
        ZoneError(
            zone=zone,
            mean=float(all_hours[:, z].mean()),
            typical_mean=float(means[z]),
            correction=float(correction[z]),
            duration_curve_error=_duration_error(all_hours[:, z], typical_hours[:, z], weight),
            spread_ratio=_ratio(spread[z], all_hours[:, z].std(), TINY * means[z]),
            correlation_error=float(difference[z].sum() / others),
            filled_hours=filled_hours.get(zone, 0),
        )
        for z, zone in enumerate(zones)
    ]


def write_errors(errors: Sequence[ZoneError], path: Path) -> None:
    """Table of the errors of each zone."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(ZoneError.__dataclass_fields__)
        for error in errors:
            writer.writerow(
                [
                    f"{value:.{ERROR_DIGITS}f}" if isinstance(value, float) else value
                    for value in vars(error).values()
                ]
            )


@dataclass(frozen=True)
class PairError:
    """How well typical days keep what two series have to do with each other [1]."""

    one: str
    other: str
    correlation: float
    typical_correlation: float


def pair_errors(
    zones: Sequence[str],
    all_hours: NDArray[np.float64],
    typical_hours: NDArray[np.float64],
    weight: NDArray[np.float64],
) -> list[PairError]:
    """Correlations between zones of different series, the most wrong first.

    Parameters
    ----------
    zones
        Named after their series: ``price:DE``.
    all_hours, typical_hours
        (hour, zone).
    """
    true, typical = _correlation(all_hours), _correlation(typical_hours, weight)
    series = [zone.partition(":")[0] for zone in zones]
    pairs = [
        PairError(zones[i], zones[j], float(true[i, j]), float(typical[i, j]))
        for i in range(len(zones))
        for j in range(i)
        if series[i] != series[j]
    ]
    return sorted(pairs, key=lambda pair: -abs(pair.typical_correlation - pair.correlation))


def _correlation(
    hours: NDArray[np.float64], weight: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Correlation between zones over the hours (zone, zone); zero with a constant zone."""
    covariance = np.atleast_2d(np.cov(hours, rowvar=False, aweights=weight))
    spread = np.sqrt(np.diag(covariance))
    products = np.outer(spread, spread)
    tiny = 1e-12 * max(float(products.max()), 1.0)
    return np.divide(covariance, products, out=np.zeros_like(covariance), where=products > tiny)


def _ratio(part: float, whole: float, tiny: float) -> float:
    """Part over whole; 1 where the whole is nothing but rounding."""
    return float(part / whole) if whole > abs(tiny) else 1.0


def _duration_error(
    hours: NDArray[np.float64], typical: NDArray[np.float64], weight: NDArray[np.float64]
) -> float:
    """Root mean square between the two curves of hours in falling order."""
    order = np.argsort(typical)
    upto = np.cumsum(weight[order]) / weight.sum()
    rank = (np.arange(len(hours)) + 0.5) / len(hours)
    at = np.minimum(np.searchsorted(upto, rank), len(order) - 1)
    return float(np.sqrt(np.mean((np.sort(hours) - typical[order][at]) ** 2)))
