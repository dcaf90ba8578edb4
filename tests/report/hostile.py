"""A plan whose every name and sentence is what an attacker would choose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from carbonplan.plan import ImpactTotal, Plan
from tests.report.example_plan import example_plan

NAMES = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style></svg><b>",
    "{{ 7 * 7 }}{% raw %}",
    r"$\frac{",
    "a\u202eb\u2066c\x1b[31m\x00\r\n\t\ud800",
    "x" * 5000,
    "漢字 🦙",
)


@cache
def named(name: str) -> Plan:
    """A plan of two hours in which every text is the name, numbered where it must differ."""
    plan = example_plan(2)
    dims = ("sku", "region", "configuration", "engine", "request_class")
    renamed = {
        dim: {label: f"{name}{i}" for i, label in enumerate(plan.data[dim].values.tolist())}
        for dim in dims
    }
    data = plan.data.assign_coords({dim: list(renamed[dim].values()) for dim in dims})
    for text in ("workload", "engine_llm"):
        (dim,) = data[text].dims
        data[text] = (dim, [name] * data.sizes[dim])
    for text, labels in (("configuration_engine", "engine"), ("engine_sku", "sku")):
        (dim,) = data[text].dims
        data[text] = (dim, [renamed[labels][label] for label in data[text].values.tolist()])
    impacts = {
        key: replace(total, by_region=_named(total.by_region, name), unit=total.unit)
        for key, total in plan.impacts.items()
    }
    impacts[name] = ImpactTotal(1.0, name, {name: 1.0}, {name: 1.0})
    summary = _summary(plan.summary, name)
    summary["places"] = {
        renamed["region"][region]: place for region, place in plan.summary["places"].items()
    }
    return Plan(name, data, impacts, summary)


def _named(parts: Mapping[str, float], name: str) -> dict[str, float]:
    return {f"{name}{i}": value for i, value in enumerate(parts.values())}


def _summary(found: object, name: str) -> object:
    """Every text replaced, every number kept; keys too where they are shown."""
    match found:
        case str():
            return name
        case Mapping():
            return {key: _summary(value, name) for key, value in found.items()}
        case list():
            return [_summary(value, name) for value in found]
    return found
