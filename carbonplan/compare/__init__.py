"""Variants of a scenario side by side: cases, their plans, and what these amount to."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from carbonplan.compare.asked import Asked, Matrix, matrix
    from carbonplan.compare.judgement import judged
    from carbonplan.compare.records import Comparison
    from carbonplan.compare.sweep import sweep

__all__ = ["Asked", "Comparison", "Matrix", "judged", "matrix", "sweep"]

_HOMES = {
    "Asked": "asked",
    "Matrix": "asked",
    "Comparison": "records",
    "matrix": "asked",
    "judged": "judgement",
    "sweep": "sweep",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
