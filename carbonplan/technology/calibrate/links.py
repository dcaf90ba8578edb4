"""Latency and bandwidth of links, fitted on all-reduces of NCCL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from carbonplan.technology.calibration import UNKNOWN, CoefficientRow
from carbonplan.technology.communication import allreduce_s
from carbonplan.units import BYTES_PER_GB, MS_PER_S

if TYPE_CHECKING:
    import pandas as pd

LINKS = {  # link by measured systems, with its bandwidth in one direction [GB/s]
    "nvlink 3": {"a100_sxm": 300.0},
    "nvlink 4": {"h100_sxm": 450.0, "h200_sxm": 450.0},
    "nvlink 5": {"b200_sxm": 900.0, "b300_sxm": 900.0},
    "pcie": {"l40s": 32.0},
}
SWITCHED = ("nvlink 3", "nvlink 4", "nvlink 5")  # what an unknown link is taken for
PARAMETERS = {  # start, least and most plausible value
    "allreduce_base_us": (5.0, 0.5, 50.0),
    "allreduce_hop_us": (2.0, 0.1, 50.0),
    "link_efficiency": (0.7, 0.05, 0.95),
    "link_contention": (0.1, 0.01, 3.0),
}


@dataclass(frozen=True)
class LinkFit:
    """Coefficients of links of one kind, and how well they explain its all-reduces."""

    values: Mapping[str, float]
    rows: int
    median_abs_error: float


def fit_links(folder: Path) -> dict[str, LinkFit]:
    """Fits by link, and of all links with a switch under "gpu"; empty without the table."""
    import pandas as pd

    path = folder / "collectives_nccl_latency.csv"
    if not path.is_file():
        return {}
    table = pd.read_csv(path)
    table = table[(table["op_name"] == "all_reduce") & (table["nccl_dtype"] == "half")]
    pooled = {name: width for link in SWITCHED for name, width in LINKS[link].items()}
    return {link: _fit(table, systems) for link, systems in {**LINKS, "gpu": pooled}.items()}


def _fit(table: pd.DataFrame, systems: Mapping[str, float]) -> LinkFit:
    from scipy.optimize import least_squares

    table = table[table["system"].isin(list(systems))]
    peers = table["num_gpus"].to_numpy(float)
    message_bytes = 2.0 * table["message_elements"].to_numpy(float)
    link = table["system"].map(systems).to_numpy(float) * BYTES_PER_GB
    measured_s = table["latency_ms"].to_numpy() / MS_PER_S

    def errors(logs: NDArray[np.float64]) -> NDArray[np.float64]:
        base_us, hop_us, efficiency, contention = np.exp(logs)
        reached = link * efficiency / (peers / 2.0) ** contention
        return np.log(allreduce_s(message_bytes, peers, reached, base_us, hop_us) / measured_s)

    start, least, most = np.log(np.array(list(PARAMETERS.values()))).T
    found = least_squares(errors, start, bounds=(least, most), loss="soft_l1", f_scale=0.1)
    error = float(np.median(np.abs(np.expm1(errors(found.x)))))
    values = dict(zip(PARAMETERS, np.exp(found.x).tolist(), strict=True))
    return LinkFit(values, len(table), error)


def link_rows(fits: Mapping[str, LinkFit]) -> list[CoefficientRow]:
    """Rows of a calibration: the pooled values, and factors of every link on them.

    A link that was not measured is taken for one with a switch, as wide as those differ.
    """
    pooled = fits["gpu"]
    rows = [
        _row(coefficient, link, fit, pooled)
        for coefficient in PARAMETERS
        for link, fit in fits.items()
    ]
    return [*rows, *(_unknown(coefficient, rows) for coefficient in PARAMETERS)]


def _unknown(coefficient: str, rows: list[CoefficientRow]) -> CoefficientRow:
    """The factor one, with the spread of the links that have a switch."""
    known = [row for row in rows if row.coefficient == coefficient and row.name in SWITCHED]
    spread = float(np.exp(np.std(np.log([row.value for row in known]))))
    changes = {"name": UNKNOWN, "value": 1.0, "low": 1.0 / spread, "high": spread}
    return known[0].model_copy(update={**changes, "rows": 0, "median_abs_error": None})


def _row(coefficient: str, link: str, fit: LinkFit, pooled: LinkFit) -> CoefficientRow:
    is_pooled = link == "gpu"
    base = 1.0 if is_pooled else pooled.values[coefficient]
    value, error = fit.values[coefficient] / base, fit.median_abs_error
    return CoefficientRow(
        coefficient=coefficient,
        level="kind" if is_pooled else "link",
        name=link,
        value=value,
        low=value / (1.0 + error),
        high=value * (1.0 + error),
        unit="us" if is_pooled and coefficient.endswith("_us") else "1",
        rows=fit.rows,
        median_abs_error=error,
        evidence="derived",
        source="",
        date="",
    )
