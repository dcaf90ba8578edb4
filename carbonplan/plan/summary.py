"""What plan.json says besides the impacts, as plain JSON values."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from carbonplan.catalogue.bands import KEPT, MOVED
from carbonplan.plan.at_load import in_words
from carbonplan.plan.objective import named_objective
from carbonplan.plan.provenance import fingerprint, versions
from carbonplan.plan.records import SCHEMA_VERSION
from carbonplan.plan.risk import risk_summary
from carbonplan.plan.rounding import rounding_gap

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from carbonplan.catalogue.inputs import Inputs
    from carbonplan.catalogue.records import Record
    from carbonplan.configurations import Configurations
    from carbonplan.program import Program
    from carbonplan.scenario.fields import Stance
    from carbonplan.solve.solution import Solution


def summary(
    inputs: Inputs,
    configurations: Configurations,
    program: Program,
    solution: Solution,
    values: NDArray[np.float64],
    *,
    servers: list[dict[str, object]],
    clean_hours: dict[str, dict[str, float] | None],
    evidence: Mapping[str, object],
    attribution: Mapping[str, object],
    at_load: Mapping[str, float],
    timings: Mapping[str, float],
    warnings: Sequence[str],
) -> dict[str, object]:
    """Status, proof, sizes, times and provenance of a plan; what is unknown is None."""
    objective = float(program.cost @ values) + program.offset
    bound, gap, notes = _proof(objective, solution.bound)
    rounding = rounding_gap(inputs, configurations, program, values)
    if rounding.reason:
        known = "not known" if rounding.gap is None else f"{rounding.gap:.2%}"
        notes = [*notes, f"rounding gap {known}: {rounding.reason}"]
    notes = [*notes, *in_words(at_load)]
    replicas = program.columns["Replicas"].positions
    scenario = inputs.scenario
    return {
        "schema_version": SCHEMA_VERSION,
        "description": scenario.description,
        "fingerprint": fingerprint(inputs),
        "status": str(solution.status),
        "objective": {**named_objective(scenario.objective), "value": objective},
        "bound": bound,
        "gap": gap,
        "rounding_gap": rounding.gap,
        "rounding_condition": None if rounding.gap is None else rounding.reason or None,
        "replicas": "whole" if program.integer[replicas].all() else "continuous",
        "servers": servers,
        "clean_hours": clean_hours,
        "places": _places(inputs),
        "sizes": _sizes(program),
        "timings_s": dict(timings),
        "stance": _stance(scenario.uncertainty.stance),
        "evidence": dict(evidence),
        "risk": risk_summary(program, values, scenario),
        "attribution": dict(attribution),
        "serving_at_load": dict(at_load),
        "signal": scenario.signal.model_dump(mode="json"),
        "coefficient_sets": {"embodied": scenario.embodied.coefficient_set},
        "solver": {
            "name": solution.solver,
            "nodes": solution.nodes,
            "seconds": solution.seconds,
            "steps": list(solution.steps),
            "interrupted_by": solution.interrupted_by,
        },
        "versions": versions(),
        "sources": _sources(inputs),
        "records_by_evidence": _records_by_evidence(inputs),
        "notes": list(notes),
        "warnings": list(warnings),
    }


def _places(inputs: Inputs) -> dict[str, dict[str, object]]:
    """Where the regions lie, for a map."""
    fields = {"name", "zone", "latitude_deg", "longitude_deg"}
    return {one.region: one.model_dump(mode="json", include=fields) for one in inputs.regions}


def _stance(stance: Stance) -> dict[str, object]:
    """At which end of their bands figures stand, which ones, and which stay as they are."""
    if stance == "central":
        return {"end": stance, "moved": [], "kept": []}
    return {"end": stance, "moved": list(MOVED), "kept": list(KEPT)}


def _proof(
    objective: float, bound: float | None
) -> tuple[float | None, float | None, list[str]]:
    """Bound and gap that can be stood by, and what had to be said about them.

    A bound above the plan's own objective proves no more than the objective itself.
    """
    if bound is None or not math.isfinite(bound):
        return None, None, ["the solver proved no bound"]
    bound = min(bound, objective)
    if objective == bound:
        return bound, 0.0, []
    if objective == 0.0:
        return bound, None, ["the gap has no meaning: the objective is 0"]
    return bound, (objective - bound) / abs(objective), []


def _sizes(program: Program) -> dict[str, int]:
    rows, columns = program.matrix.shape
    return {
        "rows": rows,
        "columns": columns,
        "nonzeros": int(program.matrix.nnz),
        "integers": int(program.integer.sum()),
    }


def _records(inputs: Inputs) -> list[Record]:
    """Every record that the plan rests on."""
    of_servers = [
        record
        for server in inputs.servers
        for record in (server.sku, server.host, server.accelerator, server.power, server.price)
    ]
    parts = [part for server in inputs.servers for part in server.parts]
    classes = [one.request_class for one in inputs.classes]
    chosen = inputs.scenario.embodied.coefficient_set
    coefficients = [c for c in inputs.embodied_coefficients if c.coefficient_set == chosen]
    records = [*of_servers, *parts, *inputs.llms, *inputs.regions, *classes, *coefficients]
    return list(dict.fromkeys(records))


def _sources(inputs: Inputs) -> list[dict[str, object]]:
    """Sources of the figures in use; of own measurements, what their user calls them."""
    listed = [source.model_dump(mode="json", exclude={"note"}) for source in inputs.sources]
    own = {one.source for one in (*inputs.profiles, *inputs.measurements)}
    fitted = [] if inputs.calibration is None else [inputs.calibration.name]
    return [*listed, *({"key": key} for key in (*sorted(own), *fitted))]


def _records_by_evidence(inputs: Inputs) -> dict[str, int]:
    """How many of the records in use are measured, published, derived and assumed."""
    counts = Counter(record.evidence for record in _records(inputs))
    counts["measured"] += len(inputs.profiles) + len(inputs.measurements)
    return dict(sorted(counts.items()))
