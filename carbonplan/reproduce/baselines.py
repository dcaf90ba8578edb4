"""The plan beside its baselines, as every page shows them."""

from __future__ import annotations

from collections.abc import Sequence

from carbonplan.reproduce.cases import Found
from carbonplan.reproduce.claims import amount, markdown_table, percent

HEADER = ("case", "baseline", "status", "kgCO2e", "the plan saves", "what it is")


def baselines_table(found: Sequence[Found]) -> str:
    """Carbon of the baselines beside that of the plan."""
    rows = [
        (
            one.case.title,
            row["title"],
            row["status"],
            amount(row["impacts"].get("carbon")),
            percent(one.saved_against(row)),
            row["note"],
        )
        for one in found
        for row in one.baselines
    ]
    return markdown_table(HEADER, rows)
