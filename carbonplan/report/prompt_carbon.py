"""The study of a prompt's carbon as rows, for tables and for CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from carbonplan.catalogue.grids import Grid
from carbonplan.technology.prompt_carbon import PromptCarbon, ratios
from carbonplan.units import MG_PER_G

Row = Mapping[str, object]
COLUMNS = (
    *("llm", "machine", "accelerators", "batch", "phase", "time_s", "power_w"),
    *("energy_j_per_prompt", "embodied_g_per_prompt", "grid", "intensity_g_per_kwh"),
    "operational_g_per_prompt",
)


def rows(study: PromptCarbon, on: Sequence[Grid]) -> Iterator[Row]:
    """A row for each replica, batch that it holds, phase and grid."""
    for k, j in np.argwhere(study.fits.T):
        replica = study.replicas[k]
        for phase in ("prefill", "decode"):
            found = getattr(study, phase)
            for grid in on:
                operational_g = found.operational_g(grid.intensity_g_per_kwh)
                values = (
                    *(replica.llm.llm, replica.server.name, replica.accelerators),
                    *(int(study.batches[j]), phase),
                    *(float(found.time_s[j, k]), float(found.power_w[j, k])),
                    *(float(found.energy_j[j, k]), float(found.embodied_g[j, k])),
                    *(grid.name, grid.intensity_g_per_kwh, float(operational_g[j, k])),
                )
                yield dict(zip(COLUMNS, values, strict=True))


def table_csv(study: PromptCarbon, on: Sequence[Grid]) -> str:
    """The rows as CSV."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows(study, on))
    return text.getvalue()


def short_rows(study: PromptCarbon, on: Sequence[Grid]) -> Iterator[Row]:
    """A row for each replica and batch; what one prompt takes, both phases in a row."""
    for k, j in np.argwhere(study.fits.T):
        replica, before, after = study.replicas[k], study.prefill, study.decode
        yield {
            "llm": replica.llm.llm,
            "machine": replica.server.name,
            "batch": int(study.batches[j]),
            "prefill_s": float(before.time_s[j, k]),
            "decode_s": float(after.time_s[j, k]),
            "prefill_j": float(before.energy_j[j, k]),
            "decode_j": float(after.energy_j[j, k]),
            "embodied_mg": float(study.embodied_g[j, k] * MG_PER_G),
            **{
                f"{grid.name}_mg": float(
                    study.total_g(grid.intensity_g_per_kwh)[j, k] * MG_PER_G
                )
                for grid in on
            },
        }


def ratio_rows(study: PromptCarbon, on: Sequence[Grid]) -> Iterator[Row]:
    """Energy and carbon of each further machine over those of the first, by LLM."""
    machines = list(dict.fromkeys(replica.server.name for replica in study.replicas))
    by_name = {(r.llm.llm, r.server.name): k for k, r in enumerate(study.replicas)}
    for llm in dict.fromkeys(replica.llm.llm for replica in study.replicas):
        for machine in machines[1:]:
            new, old = by_name[llm, machine], by_name[llm, machines[0]]
            for name, quantity in _quantities(study, on):
                found = ratios(study, quantity, new, old)
                yield {
                    "llm": llm,
                    "ratio": f"{machine} / {machines[0]}",
                    "of": name,
                    "batch_1": found and found.alone,
                    "largest_common_batch": found and found.largest,
                    "best_batch_of_each": found and found.best,
                    "less_from_batch": found and found.less_from,
                }


def misfits(study: PromptCarbon) -> list[str]:
    """LLMs that memory does not hold, in words."""
    return [
        f"{replica.llm.llm} in {replica.precision} does not fit {replica.server.name}"
        for replica, fits in zip(study.replicas, study.fits.T, strict=True)
        if not fits.any()
    ]


def _quantities(
    study: PromptCarbon, on: Sequence[Grid]
) -> Iterator[tuple[str, NDArray[np.float64]]]:
    yield "energy", study.energy_j
    for grid in on:
        yield f"carbon in {grid.name}", study.total_g(grid.intensity_g_per_kwh)
