"""Measured modes in a plan: what their names stand for, and what was measured of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from carbonplan.catalogue.inputs import Inputs, MeasuredProfile, WorkloadClass
from carbonplan.catalogue.records import ModelCard, Server
from carbonplan.technology.operating import Replica
from carbonplan.units import W_PER_KW

if TYPE_CHECKING:
    from carbonplan.verify.case import Case, Floats


def llms_in_modes(inputs: Inputs) -> set[str]:
    """LLMs of which modes were measured; nothing else may serve them."""
    return {one.llm for one in inputs.profiles if one.replica_power_w is not None}


def mode_replica(
    inputs: Inputs, server: Server, llm: ModelCard, parsed: re.Match[str]
) -> Replica | str:
    """The replica of a mode, or why there is none that may serve."""
    name, clock = parsed["mode"], int(parsed["clock"])
    found = _measured(
        inputs,
        (llm.llm, server.name, int(parsed["tp"]), int(parsed["pp"] or 1), parsed["precision"]),
        clock,
        name,
    )
    if found is None or int(parsed["measured_clock"]) != clock or parsed["role"]:
        return f"no mode for {name!r} was measured so"
    if found.max_rate_rps <= 0.0:
        return f"the mode serves no {name!r}, as measured"
    pairs = (
        (found.ttft_s, found.ttft_limit_s),
        (found.tpot_s, found.tpot_limit_s),
        (found.latency_s, found.latency_limit_s),
    )
    if any(a is not None and b is not None and a > b for a, b in pairs):
        return f"the mode for {name!r} breaks its own limits"
    return Replica(
        server,
        llm,
        found.tensor_parallel,
        found.pipeline_parallel,
        found.precision,
        found.clock_fraction,
        mode=name,
    )


def _measured(
    inputs: Inputs, engine: tuple, clock_percent: int, class_name: str
) -> MeasuredProfile | None:
    """The row that a mode was measured in."""
    for one in inputs.profiles:
        where = (one.llm, one.sku, one.tensor_parallel, one.pipeline_parallel, one.precision)
        if (
            one.replica_power_w is not None
            and where == engine
            and round(100 * one.clock_fraction) == clock_percent
            and class_name in names_of(inputs, one)
        ):
            return one
    return None


def names_of(inputs: Inputs, profile: MeasuredProfile) -> set[str]:
    """Names of the classes that a profile is of."""
    return {one.name for one in inputs.classes if _is_of(profile, one)}


def _is_of(profile: MeasuredProfile, one: WorkloadClass) -> bool:
    within = one.name.removeprefix(f"{one.workload.name}/")
    called = (one.name, within, one.request_class.request_class)
    return profile.request_class in called and profile.llm in one.workload.llms


def measured_of(case: Case, replica: Replica) -> MeasuredProfile:
    """What was measured of a mode in use."""
    engine = (
        replica.llm.llm,
        replica.server.name,
        replica.tensor_parallel,
        replica.pipeline_parallel,
        replica.precision,
    )
    found = _measured(case.inputs, engine, round(100 * replica.clock_fraction), replica.mode)
    assert found is not None, replica  # only what was measured is laid out
    return found


def put_modes(case: Case, pairs: Mapping[str, Floats]) -> None:
    """Operating points of modes, over (k, c): those of their own class, none of others."""
    limit = case.inputs.scenario.fleet.utilisation_limit
    for c, replica in enumerate(case.running):
        if not replica.mode:
            continue
        for values in pairs.values():
            values[:, c] = 0.0
        k, measured = case.class_names.index(replica.mode), measured_of(case, replica)
        pairs["rate_rps"][k, c] = measured.max_rate_rps * limit
        pairs["ttft_s"][k, c] = pairs["worst_ttft_s"][k, c] = measured.ttft_s
        pairs["tpot_s"][k, c] = measured.tpot_s or 0.0


def put_mode_needs(case: Case, needs: Mapping[str, Floats]) -> None:
    """What replicas of modes need whatever they serve, over (e,); starts stay the model's."""
    for e, replica in enumerate(case.engine_running):
        if replica.mode:
            measured = measured_of(case, replica)
            needs["accelerators"][e] = measured.accelerators or replica.accelerators
            needs["loaded_kw"][e] = (measured.replica_power_w or 0.0) / W_PER_KW
