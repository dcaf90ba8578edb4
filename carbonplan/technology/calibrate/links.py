"""Latency and bandwidth of links, fitted on all-reduces of NCCL."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from carbonplan.technology.calibrate.fit import Fitted, Parameter
from carbonplan.technology.communication import allreduce_s
from carbonplan.units import BYTES_PER_GB, MS_PER_S

LINKS = {  # link family by measured systems, with its bandwidth in one direction [GB/s]
    "nvlink 3": {"a100_sxm": 300.0},
    "nvlink 4": {"h100_sxm": 450.0, "h200_sxm": 450.0},
    "nvlink 5": {"b200_sxm": 900.0, "b300_sxm": 900.0},
    "pcie": {"l40s": 32.0},
}
LINKS["gpu"] = {**LINKS["nvlink 3"], **LINKS["nvlink 4"], **LINKS["nvlink 5"]}
PARAMETERS = (
    ("allreduce_base_us", 5.0, 0.5, 50.0, "us"),
    ("allreduce_hop_us", 2.0, 0.1, 50.0, "us"),
    ("link_efficiency", 0.7, 0.05, 1.0, "1"),
    ("link_contention", 0.1, 0.01, 3.0, "1"),
)


def fit_links(folder: Path) -> tuple[Fitted, ...]:
    """Coefficients of every link family, and pooled over the links that are not a host bus."""
    import pandas as pd

    table = pd.read_csv(folder / "collectives_nccl_latency.csv")
    table = table[(table["op_name"] == "all_reduce") & (table["nccl_dtype"] == "half")]
    return tuple(
        fitted
        for family, systems in LINKS.items()
        for fitted in _fit_family(family, table[table["system"].isin(systems)], systems)
    )


def _fit_family(family, table, systems: dict[str, float]) -> tuple[Fitted, ...]:
    from scipy.optimize import least_squares

    peers = table["num_gpus"].to_numpy(float)
    message_bytes = 2.0 * table["message_elements"].to_numpy(float)
    link = table["system"].map(systems).to_numpy(float) * BYTES_PER_GB
    measured_s = table["latency_ms"].to_numpy() / MS_PER_S

    def errors(logs: NDArray[np.float64]) -> NDArray[np.float64]:
        base_us, hop_us, efficiency, contention = np.exp(logs)
        reached = link * efficiency / (peers / 2.0) ** contention
        return np.log(allreduce_s(message_bytes, peers, reached, base_us, hop_us) / measured_s)

    start, least, most = (np.log([p[i] for p in PARAMETERS]) for i in (1, 2, 3))
    found = least_squares(errors, start, bounds=(least, most), loss="soft_l1", f_scale=0.1)
    error = float(np.median(np.abs(np.expm1(errors(found.x)))))
    return tuple(
        Fitted(
            Parameter(name, family, first, lowest, highest, unit),
            value,
            max(value / (1.0 + error), lowest),
            min(value * (1.0 + error), highest),
            len(table),
            error,
        )
        for (name, first, lowest, highest, unit), value in zip(
            PARAMETERS, np.exp(found.x).tolist(), strict=True
        )
    )
