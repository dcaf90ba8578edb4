"""Why a plan is as it is: what limits cost, why a server is bought, what would change it."""

from carbonplan.explain.document import document
from carbonplan.explain.explanation import (
    Asked,
    Explanation,
    asked_place,
    asked_questions,
    explain,
    explained,
)

__all__ = [
    "Asked",
    "Explanation",
    "asked_place",
    "asked_questions",
    "document",
    "explain",
    "explained",
]
