"""The table of a profile, and beside it what it was measured on and how."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from carbonplan.catalogue.measurements import Measurement
from carbonplan.catalogue.writing import table_text, write_whole
from carbonplan.profile.measuring import Measured


def description_path(table: Path) -> Path:
    """``h100.csv`` is described by ``h100.json``."""
    return table.with_suffix(".json")


def write_profile(
    measured: Measured, description: Mapping[str, object], table: Path
) -> dict[str, object]:
    """Write the description, then the table that ``calibrate`` and scenarios read."""
    whole = {
        **description,
        "rows": len(measured.rows),
        "runs_that_did_not_fit": measured.left_out,
    }
    write_whole(description_path(table), json.dumps(whole, indent=2) + "\n")
    write_whole(table, table_text(measured.rows, list(Measurement.model_fields)))
    return whole
