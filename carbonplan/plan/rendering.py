"""How a plan shows itself in a notebook: by whoever can draw it, which this layer cannot."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from carbonplan.plan.records import Plan

Renderer = Callable[["Plan"], str]

_renderers: list[Renderer] = []


def show_by(renderer: Renderer) -> None:
    """From now on, plans show themselves as the HTML that ``renderer`` makes of them."""
    _renderers[:] = [renderer]


def shown(plan: Plan) -> str | None:
    """The plan as HTML; None where nobody offered to make it, so that words are shown."""
    return _renderers[0](plan) if _renderers else None
