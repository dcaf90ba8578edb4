"""carbonplan plans fleets of servers for large language models at least carbon.

>>> import carbonplan
>>> plan = carbonplan.load("scenarios/one-hour.yaml").solve()  # doctest: +SKIP
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from carbonplan.plan.rendering import show_by

if TYPE_CHECKING:
    from carbonplan.api import Question
    from carbonplan.plan import Plan

__all__ = ["load"]


def load(
    path: str | Path,
    overrides: Sequence[str] = (),
    variant: str | None = None,
    allowed_folders: Sequence[Path] = (),
    stance: str | None = None,
) -> Question:
    """Load a scenario file; see ``carbonplan.api.load``."""
    from carbonplan.api import load as load_question

    return load_question(path, overrides, variant, allowed_folders, stance)


def _in_a_notebook(plan: Plan) -> str:
    """A plan as HTML; what draws it is imported when a notebook asks."""
    from carbonplan.report.notebook import notebook_html

    return notebook_html(plan)


show_by(_in_a_notebook)


def __getattr__(name: str) -> str:
    """``__version__``, read when it is asked for: start-up does without it."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("carbonplan")
    except PackageNotFoundError:  # a checkout that was not installed
        return "0.0.0"
