"""Scenario files: read, resolved, checked. Importing the package alone costs nothing."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from carbonplan.scenario.describe import json_schema
    from carbonplan.scenario.loaded import LoadedScenario, load
    from carbonplan.scenario.surprises import warnings
    from carbonplan.scenario.write import resolved_text

__all__ = ["LoadedScenario", "json_schema", "load", "resolved_text", "warnings"]

_HOMES = {
    "LoadedScenario": "loaded",
    "json_schema": "describe",
    "load": "loaded",
    "resolved_text": "write",
    "warnings": "surprises",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
