"""A window of FREESH's pool layer as an ordinary scenario, in a folder of its own.

The study's GPUs are servers of one accelerator that stand already, on hosts that draw nothing;
its modes are measured profiles, which draw their whole power whenever they run; its sites are
regions with a PUE of 1. Replicas are held over the window, and all of the plan is to be proven.

Emission factors e, whose unit the source does not state, are taken as g/kWh. A kilogram of a
plan is then 3.6e9 e W s.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from carbonplan.catalogue.hardware import servers, sku_names
from carbonplan.errors import InvalidInput, nearest
from carbonplan.reproduce.freesh.data import STEPS_PER_WINDOW, Profile, Study
from carbonplan.units import G_PER_KG, MS_PER_S, SECONDS_PER_HOUR, W_PER_KW

STEP = timedelta(minutes=5)
START = datetime(2000, 1, 1, tzinfo=UTC)  # the source gives steps and no date
LLM = "llama-3.1-70b"  # a card for the name alone: modes need none of its figures
HOST = "none"
OWN = ("assumed", "scenario")
EWS_PER_KG = G_PER_KG * W_PER_KW * SECONDS_PER_HOUR  # e in g/kWh: e W s in a kilogram
J_PER_KWH = W_PER_KW * SECONDS_PER_HOUR
IMPACT = {"carbon": "operational_carbon", "energy": "energy"}


@dataclass(frozen=True)
class Question:
    """What is asked of every window.

    Attributes
    ----------
    partitions
        Ways of dividing the requests that may be chosen.
    objective
        "carbon" or "energy".
    headroom, demand_divisor
        The study's alpha and beta.
    """

    partitions: tuple[str, ...]
    objective: str = "carbon"
    headroom: float = 1.1
    demand_divisor: float = 2.0


def write_window(study: Study, question: Question, window: int, folder: Path) -> Path:
    """Write the scenario of a window with its tables; the path of its file."""
    first = window * STEPS_PER_WINDOW
    steps = range(first, first + STEPS_PER_WINDOW)
    for name, rows in own_tables(study).items():
        write_csv(folder / "catalogue" / name, rows)
    write_csv(folder / "modes.csv", mode_rows(study, question))
    write_csv(folder / "emissions.csv", emission_rows(study, steps))
    write_csv(folder / "demand.csv", demand_rows(study, question, steps))
    path = folder / f"window-{window:02d}.yaml"
    document = scenario(study, question, window)
    path.write_text(json.dumps(document, indent=1), encoding="utf-8")  # JSON is YAML
    return path


def scenario(study: Study, question: Question, window: int) -> dict[str, object]:
    """The scenario of a window, as it is written."""
    slot_hours = STEP.total_seconds() / SECONDS_PER_HOUR
    hours = STEPS_PER_WINDOW * slot_hours
    return {
        "carbonplan": 1,
        "name": f"freesh-window-{window:02d}",
        "catalogue": "catalogue",
        "horizon": {
            "start": _text(START + window * STEPS_PER_WINDOW * STEP),
            "hours": hours,
            "slot_hours": slot_hours,
            "ends": "closed",
        },
        "signal": {
            "kind": "marginal",
            "scope": "location",
            "basis": "direct",
            "negative": "allow",
        },
        "regions": study.sites,
        "series": {"intensity_g_per_kwh": "emissions.csv"},
        "fleet": {
            "skus": study.gpus,
            "existing": [
                {"sku": row.gpu, "region": row.site, "servers": row.installed}
                for row in study.installed
                if row.installed
            ],
            "stock": [{"sku": gpu, "servers": 0} for gpu in study.gpus],
            "replicas": "whole",
            "utilisation_limit": 1,
            "switch_off": False,
            "start_costs": False,
            "hold_hours": hours,
            "profiles": "modes.csv",
        },
        "workloads": [_workload(study, question)],
        "objective": {"minimise": IMPACT[question.objective]},
        "solver": {"gap": 0},
    }


def _workload(study: Study, question: Question) -> dict[str, object]:
    """All requests as one workload, whose classes each have their own demand."""
    profiles = [row for row in study.profiles if row.partition in question.partitions]
    return {
        "name": "requests",
        "kind": "online",
        "llm": LLM,
        "partitions": {
            partition: [
                {"name": name, "input_tokens": 1, "output_tokens": 1}  # modes need no lengths
                for name in study.classes(partition)
            ]
            for partition in question.partitions
        },
        "arrivals": {"file": "demand.csv", "by": "class"},
        "ttft_s": max(row.ttft_limit_ms for row in profiles) / MS_PER_S,
        "tpot_s": max(row.tbt_limit_ms for row in profiles) / MS_PER_S,
        "headroom": question.headroom,
    }


def mode_rows(study: Study, question: Question) -> list[dict[str, object]]:
    """Modes as rows of measured profiles."""
    return [_mode(row) for row in study.profiles if row.partition in question.partitions]


def _mode(row: Profile) -> dict[str, object]:
    return {
        "llm": LLM,
        "sku": row.gpu,
        "tensor_parallel": row.gpus_per_replica,
        "pipeline_parallel": 1,
        "precision": "bf16",
        "clock_fraction": 1,
        "request_class": f"{row.partition}/{row.request_class}",
        "max_rate_rps": row.max_throughput_rps,
        "energy_j_per_request": 0,
        "ttft_s": row.ttft_ms / MS_PER_S,
        "source": "freesh-2025",
        "replica_power_w": row.replica_power_w,
        "accelerators": row.gpus_per_replica,
        "tpot_s": row.tbt_ms / MS_PER_S,
        "latency_s": row.latency_s,
        "ttft_limit_s": row.ttft_limit_ms / MS_PER_S,
        "tpot_limit_s": row.tbt_limit_ms / MS_PER_S,
        "latency_limit_s": row.latency_limit_s,
    }


def emission_rows(study: Study, steps: Sequence[int]) -> list[dict[str, object]]:
    """Emission factors of the window's steps."""
    return [
        {"time_utc": _time(step)}
        | {site: study.emission_factor[site, step] for site in study.sites}
        for step in steps
    ]


def demand_rows(
    study: Study, question: Question, steps: Sequence[int]
) -> list[dict[str, object]]:
    """Demand of the window's steps by class, divided as the study does."""
    return [
        {"time_utc": _time(step)}
        | {
            f"{partition}/{name}": study.demand_rps[partition, name, step]
            / question.demand_divisor
            for partition in question.partitions
            for name in study.classes(partition)
        }
        for step in steps
    ]


def own_tables(study: Study) -> dict[str, list[dict[str, object]]]:
    """The study's GPUs and sites as tables of the catalogue.

    Every figure that the study does not have stands where it counts for nothing: power of hosts
    and of idle GPUs, prices of servers that cannot be bought, water.
    """
    accelerators = {gpu: accelerator_of(gpu) for gpu in study.gpus}
    known = dict(zip(("evidence", "source"), OWN, strict=True))
    sites, gpus = study.sites, study.gpus
    return {
        "hardware/hosts.csv": [
            {"host": HOST, "cpu": "unknown", "sockets": 1, "cores": 1, "dram_gb": 1}
            | {"dram_type": "ddr4", "ssd_gb": 0, "idle_w": 0, "load_w": 0, "off_w": 0, **known}
        ],
        "hardware/parts.csv": [
            {"item": HOST, "part": "chassis", "technology": "", "quantity": 0, "unit": "piece"}
            | known
        ],
        "hardware/accelerator_power.csv": [
            {"accelerator": name, "idle_w": 0, "parked_w": 0, **known}
            for name in dict.fromkeys(accelerators.values())
        ],
        "hardware/skus.csv": [
            {"sku": gpu, "host": HOST, "accelerator": accelerators[gpu], "accelerators": 1}
            | {"host_lifetime_years": 1, "accelerator_lifetime_years": 1, "nic_gb_per_s": 1}
            | known
            for gpu in gpus
        ],
        "hardware/prices.csv": [
            {"sku": gpu, "purchase_usd": 1, "rental_usd_per_hour": ""}
            | {"low_purchase_usd": 1, "high_purchase_usd": 1, **known}
            for gpu in gpus
        ],
        "sites/regions.csv": [
            {"region": site, "name": site, "provider": "FREESH", "zone": site}
            | {"latitude_deg": 0, "longitude_deg": 0, **known}
            for site in sites
        ],
        "sites/facilities.csv": [{"region": site, "pue": 1, **known} for site in sites],
        "sites/water.csv": [{"region": site, "wue_l_per_kwh": 0, **known} for site in sites],
        "sites/prices.csv": [
            {"region": site, "price_usd_per_kwh": 0, **known} for site in sites
        ],
        "grid/water.csv": [
            {"zone": site, "factor_set": "none", "ewif_l_per_kwh": 0, **known} for site in sites
        ],
    }


def accelerator_of(gpu: str) -> str:
    """The catalogue's accelerator that a GPU is called like; only its name counts."""
    names = sorted({server.accelerator.accelerator for server in servers(sku_names())})
    alike = [name for name in names if name.split("-")[0] == gpu.lower().split("-")[0]]
    if not alike:
        problem = f'no accelerator is called like "{gpu}"{nearest(gpu, names)}'
        raise InvalidInput("installed_gpus.csv", [problem])
    return alike[0]


def write_csv(path: Path, rows: Iterable[Mapping[str, object]]) -> None:
    """Write rows that all have the same columns."""
    rows = list(rows)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.getvalue(), encoding="utf-8")


def _time(step: int) -> str:
    return _text(START + step * STEP)


def _text(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")
