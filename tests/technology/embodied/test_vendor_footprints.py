"""Servers of the catalogue against the product carbon footprints that vendors publish.

A sheet states sockets, memory and drives. A server of the catalogue with just these, priced
with a set, is what the sheet may be held against: the spread of sheet over price is that of the
vendors, and a set agrees with them where its price lies inside, from the 10th to the 90th
percentile.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import least_squares

from carbonplan.catalogue.hardware import coefficient_sets, embodied_coefficients, servers
from carbonplan.technology.embodied import embodied_footprint
from tests.technology.embodied.example_servers import server_named, with_quantities

PAGE = Path(__file__).resolve().parents[3] / "docs" / "embodied.md"
ENTRY_GB = 64.0  # up to this memory a server is sold to be filled
CPU_SKUS = ("epyc-9654-2", "epyc-9754-2", "xeon-8480-2", "xeon-8592-2", "xeon-6980p-2")
AGREES = {
    "entry": {"greensku-2024", "vendor-pcf"},
    "configured": {"eserve-2025-first", "boavizta", "nvidia-pcf", "vendor-pcf"},
}
SSD_KGCO2E_PER_GB = 0.0183


@dataclass(frozen=True)
class Sheet:
    """What a vendor states of a rack server."""

    model: str
    kgco2e: float  # manufacture
    sockets: int
    dram_gb: float
    ssd_gb: float

    @property
    def size(self) -> str:
        return "entry" if self.dram_gb <= ENTRY_GB else "configured"


@pytest.fixture(scope="module")
def sheets(shared_data: Path) -> list[Sheet]:
    """PowerEdge R and ProLiant DL with one or two sockets, each model once."""
    path = shared_data / "embodied" / "server_product_carbon_footprints.csv"
    with path.open() as file:
        rows = sorted(csv.DictReader(file), key=lambda row: row["dataset"], reverse=True)
    found: dict[str, Sheet] = {}
    for row in rows:
        model = row["name"].lower().replace("poweredge ", "").strip()
        rack = row["manufacturer"] == "Dell" and model[0] == "r" and model[1].isdigit()
        stated = row["embodied_manufacture_kg"] and row["memory_gb"]
        if (rack or "proliant dl" in model) and stated and row["cpus_count"] in ("1", "2"):
            found.setdefault(model, _sheet(model, row))
    return list(found.values())


def _sheet(model: str, row: dict[str, str]) -> Sheet:
    drives, drive_gb = (float(row[c] or 0) for c in ("ssd_quantity_count", "ssd_size_gb"))
    return Sheet(
        model=model,
        kgco2e=float(row["embodied_manufacture_kg"]),
        sockets=int(row["cpus_count"]),
        dram_gb=float(row["memory_gb"]),
        ssd_gb=drives * drive_gb,
    )


def sheet_over_price(sheets: Sequence[Sheet], sku: str, coefficient_set: str) -> np.ndarray:
    """10th, 50th and 90th percentile of a vendor's figure over ours for the same server [1]."""
    rows = embodied_coefficients(coefficient_set)
    server = server_named(sku)
    ours = [
        embodied_footprint(
            with_quantities(server, {"dram": one.dram_gb, "ssd": one.ssd_gb}, one.sockets), rows
        ).kgco2e
        for one in sheets
    ]
    return np.percentile([one.kgco2e for one in sheets] / np.array(ours), [10, 50, 90])


def verdict(low: float, high: float) -> str:
    return "below" if low > 1 else "above" if high < 1 else "inside"


def test_sheets(sheets):
    assert len(sheets) == 41
    assert sum(one.size == "configured" for one in sheets) == 7


@pytest.mark.parametrize("size", AGREES)
@pytest.mark.parametrize("sku", CPU_SKUS)
def test_cpu_servers_lie_inside_the_spread_of_vendors(sheets, size, sku):
    like = [one for one in sheets if one.size == size]
    inside = {
        name
        for name in coefficient_sets()
        for low, _, high in [sheet_over_price(like, sku, name)]
        if verdict(low, high) == "inside"
    }
    assert inside == AGREES[size]


def test_the_page_states_each_spread(sheets):
    page = PAGE.read_text(encoding="utf-8")
    for size in AGREES:
        like = [one for one in sheets if one.size == size]
        for name in coefficient_sets():
            low, middle, high = sheet_over_price(like, "xeon-8480-2", name)
            row = f"| {size} | {name} | {low:.2f} | {middle:.2f} | {high:.2f} |"
            assert f"{row} {verdict(low, high)} |" in page


def test_the_vendor_set_is_the_fit_of_these_sheets(sheets):
    """Least squares of the logarithm: server, socket and GB; SSD fixed."""
    drivers = np.array([(1, one.sockets, one.dram_gb) for one in sheets])
    ssd = SSD_KGCO2E_PER_GB * np.array([one.ssd_gb for one in sheets])
    published = np.log([one.kgco2e for one in sheets])
    fit = least_squares(
        lambda k: published - np.log(drivers @ k + ssd),
        [300, 300, 2],
        bounds=(0, np.inf),
        x_scale=[100, 100, 1],
    )
    rows = {(r.part, r.technology): r for r in embodied_coefficients("vendor-pcf")}
    shipped = [rows["chassis", ""], rows["package", "cpu"], rows["dram", "ddr5"]]
    assert [row.kgco2e_per_unit for row in shipped] == pytest.approx(fit.x, rel=2e-3)
    low, high = np.percentile(np.exp(fit.fun), [10, 90])
    for row in shipped:
        assert row.low_kgco2e_per_unit == pytest.approx(row.kgco2e_per_unit * low, rel=5e-3)
        assert row.high_kgco2e_per_unit == pytest.approx(row.kgco2e_per_unit * high, rel=5e-3)


def test_gpu_servers_lie_among_published_nodes(shared_data):
    """Eight H100 with 2 TB of DRAM and 30 TB of SSD, against every whole node published."""
    path = shared_data / "embodied" / "gpu_server_node_embodied_estimates.csv"
    with path.open() as file:
        nodes = [
            float(row["node_embodied_kg"])
            for row in csv.DictReader(file)
            if "H100" in row["node"]
        ]
    nodes.append(4_179.4)  # EServe with its first constants
    server = with_quantities(server_named("h100-sxm-8"), {"dram": 2_000, "ssd": 30_000})
    inside = {
        name
        for name in coefficient_sets()
        if min(nodes)
        <= embodied_footprint(server, embodied_coefficients(name)).kgco2e
        <= max(nodes)
    }
    assert inside == {
        *("act-2022", "eserve-2025", "eserve-2025-first", "greensku-2024", "vendor-pcf")
    }


def test_hosts_of_gpu_servers_lie_among_published_hosts():
    """1,084 kg (EServe) to 5,700 kg (EcoLogits) for the host of eight H100."""
    (server,) = servers(["h100-sxm-8"])
    for name in set(coefficient_sets()) - {"nvidia-pcf"}:
        host = embodied_footprint(server, embodied_coefficients(name)).host_kgco2e
        assert 1_083.7 <= host <= 5_700
