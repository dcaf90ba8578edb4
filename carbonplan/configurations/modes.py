"""Modes: replicas as they were measured, each for one request class.

A mode draws its power whenever it runs, and it serves its class alone: replicas of different
classes are different engines. It may span servers and have any number of accelerators, since
it was measured. Where an LLM has modes, nothing else serves it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.catalogue.inputs import Inputs, MeasuredProfile, WorkloadClass
from carbonplan.configurations.records import Configuration, Rejection
from carbonplan.configurations.routes import network_allowance_s
from carbonplan.technology.operating import Replica, operating_points
from carbonplan.technology.planning import calibration_of
from carbonplan.units import MS_PER_S, W_PER_KW

if TYPE_CHECKING:
    import xarray as xr

    from carbonplan.technology.points import OperatingPoints

OVER_PAIRS = ("rate_rps", "energy_kj_per_request", "ttft_s")


@dataclass(frozen=True)
class Mode:
    """A measured replica and the request class that it serves."""

    configuration: Configuration
    serves: WorkloadClass
    measured: MeasuredProfile


def llms_in_modes(inputs: Inputs) -> set[str]:
    """LLMs that replicas serve only as they were measured."""
    return {profile.llm for profile in inputs.profiles if profile.is_mode}


def modes(inputs: Inputs, llm: str) -> list[Mode]:
    """Modes of an LLM on SKUs of the fleet, for the classes of the scenario."""
    skus = {server.name for server in inputs.servers}
    return [
        Mode(configuration_of(profile, one), one, profile)
        for profile in inputs.profiles
        if profile.is_mode and profile.llm == llm and profile.sku in skus
        for one in inputs.classes
        if is_of(profile, one)
    ]


def is_of(profile: MeasuredProfile, one: WorkloadClass) -> bool:
    """Whether a profile was measured for a class."""
    names = (one.name, one.label, one.request_class.request_class)
    return profile.request_class in names and profile.llm in one.workload.llms


def configuration_of(profile: MeasuredProfile, one: WorkloadClass) -> Configuration:
    """The configuration that a profile was measured of: a mode is that of one class."""
    return Configuration(
        profile.llm,
        profile.sku,
        profile.tensor_parallel,
        profile.pipeline_parallel,
        profile.precision,
        profile.clock_fraction,
        mode=one.name if profile.is_mode else "",
        measured_on=profile.accelerators,
    )


def too_slow(mode: Mode, network_s: float) -> str:
    """Why a mode cannot serve its class, in words; empty if it can."""
    measured, workload = mode.measured, mode.serves.workload
    limits = (
        ("TTFT", measured.ttft_s, measured.ttft_limit_s),
        ("TTFT with network", measured.ttft_s + network_s, workload.ttft_s),
        ("TPOT", measured.tpot_s, measured.tpot_limit_s),
        ("TPOT", measured.tpot_s, workload.tpot_s),
        ("latency", measured.latency_s, measured.latency_limit_s),
    )
    if measured.max_rate_rps == 0:
        return "serves no request per second, as measured"
    for name, found_s, limit_s in limits:
        if found_s is not None and limit_s is not None and found_s > limit_s:
            return (
                f"{name} {found_s * MS_PER_S:.4g} ms measured, {limit_s * MS_PER_S:.4g} ms "
                "allowed"
            )
    return ""


def mode_tables(inputs: Inputs) -> tuple[list[Mode], list[xr.Dataset], list[Rejection]]:
    """Modes that serve, their tables, and the others with a reason each."""
    kept: list[Mode] = []
    tables, rejected = [], []
    network_s = {
        workload.name: network_allowance_s(inputs, workload)
        for workload in inputs.scenario.workloads
        if llms_in_modes(inputs).intersection(workload.llms)
    }
    for llm in dict.fromkeys(card.llm for card in inputs.llms):
        serving = []
        for mode in modes(inputs, llm):
            reason = too_slow(mode, network_s[mode.serves.workload.name])
            if reason:
                rejected.append(Rejection(mode.configuration, "slo", reason))
            else:
                serving.append(mode)
        if serving:
            tables.append(_table(inputs, serving))
            kept += serving
    return kept, tables, rejected


def _table(inputs: Inputs, serving: Sequence[Mode]) -> xr.Dataset:
    """The table of configurations for modes: one class each, and all of the power at idle."""
    import xarray as xr

    names = [one.name for one in inputs.classes]
    pair, single, engine = ("request_class", "configuration"), ("configuration",), ("engine",)
    limit = inputs.scenario.fleet.utilisation_limit
    by_pair = {name: np.zeros((len(names), len(serving))) for name in OVER_PAIRS}
    for c, mode in enumerate(serving):
        place = names.index(mode.serves.name), c
        by_pair["rate_rps"][place] = (
            mode.measured.max_rate_rps * limit / mode.serves.workload.headroom
        )
        by_pair["ttft_s"][place] = mode.measured.ttft_s
    configurations = [mode.configuration for mode in serving]
    engines = [one.engine for one in configurations]
    return xr.Dataset(
        {name: (pair, values) for name, values in by_pair.items()}
        | {name: (engine, values) for name, values in _by_engine(inputs, serving).items()},
        {
            "request_class": names,
            "configuration": [one.name for one in configurations],
            "engine": engines,
            "sku": (single, [one.sku for one in configurations]),
            "llm": (single, [one.llm for one in configurations]),
            "role": (single, [one.role for one in configurations]),
            "on_host": (single, np.zeros(len(serving), dtype=bool)),
            "configuration_engine": (single, engines),
        },
    )


def _by_engine(inputs: Inputs, serving: Sequence[Mode]) -> dict[str, np.ndarray]:
    """What a replica of each mode needs whatever it serves, (engine,); starts are modelled."""
    nothing = np.zeros(len(serving))
    start_hours = start_energy_kwh = nothing
    if inputs.scenario.fleet.start_costs:
        points = _starts(inputs, serving)
        start_hours, start_energy_kwh = points.start_hours, points.start_energy_kwh
    power_w = np.array([mode.measured.replica_power_w for mode in serving], dtype=float)
    return {
        "accelerators": np.array([float(m.configuration.accelerators) for m in serving]),
        "host_share": nothing,
        "host_dram_gb": nothing,
        "loaded_kw": power_w / W_PER_KW,
        "working_kw": nothing,
        "start_hours": start_hours,
        "start_fraction": np.minimum(start_hours / inputs.scenario.horizon.slot_hours, 1.0),
        "start_energy_kwh": start_energy_kwh,
    }


def _starts(inputs: Inputs, serving: Sequence[Mode]) -> OperatingPoints:
    """The model's points of the replicas, of which starts alone are taken."""
    return operating_points(
        list(replicas(inputs, serving)),
        [],
        inputs.scenario.fleet.utilisation_limit,
        calibration_of(inputs),
    )


def replicas(inputs: Inputs, serving: Sequence[Mode]) -> Iterator[Replica]:
    """Replicas of modes as the technology functions see them."""
    servers = {server.name: server for server in inputs.servers}
    llms = {card.llm: card for card in inputs.llms}
    for mode in serving:
        one = mode.configuration
        yield Replica(
            servers[one.sku],
            llms[one.llm],
            one.tensor_parallel,
            one.pipeline_parallel,
            one.precision,
            one.clock_fraction,
            mode=one.mode,
        )
