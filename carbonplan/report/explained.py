"""A plan with its explanation, as ``carbonplan explain --out`` wrote it, for its report."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from carbonplan.catalogue.text import read_text
from carbonplan.errors import InvalidInput
from carbonplan.report.sections.explanation import explanation

if TYPE_CHECKING:
    from carbonplan.plan import Plan

LIMIT_BYTES = 50_000_000


def with_explanation(plan: Plan, path: Path) -> Plan:
    """The plan, with the explanation of a file in its summary.

    Raises
    ------
    InvalidInput
        The file holds no explanation, or that of another plan.
    """
    try:
        document = json.loads(read_text(path, LIMIT_BYTES))
    except (ValueError, RecursionError) as error:
        raise InvalidInput(str(path), [f"not valid JSON ({error})"]) from error
    if not isinstance(document, Mapping) or not _is_of(plan, document):
        raise InvalidInput(
            str(path),
            [f"does not explain this plan of {plan.scenario_name}; see explain --out"],
        )
    explained = replace(plan, summary={**plan.summary, "explanation": document})
    try:
        explanation(explained)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        reason = f"not as explain --out writes it: {type(error).__name__} {error}"
        raise InvalidInput(str(path), [reason]) from error
    return explained


def _is_of(plan: Plan, document: Mapping) -> bool:
    """Whether it speaks of a plan of this scenario that is as good."""
    own, told = plan.summary.get("objective"), document.get("objective")
    if not isinstance(own, Mapping) or not isinstance(told, Mapping):
        return False
    same = all(own.get(key) == told.get(key) for key in ("impact", "value"))
    return same and document.get("scenario") == plan.scenario_name
