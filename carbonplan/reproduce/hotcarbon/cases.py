"""The cases of HotCarbon'24: a day of little and of more load, with both cards and with one."""

from __future__ import annotations

from collections.abc import Sequence

from carbonplan.reproduce.cases import Case

SCENARIO = "reproduce-hotcarbon"
BASELINES = ("performance-optimal", "energy-optimal", "cost-optimal")
SIZES = {None: "1B", "3b": "3B", "7b": "7B"}  # of the LLM, by variant
LOADS_RPS = (1, 20)  # by region
OLD, NEW = "t4-1", "rtx-6000-ada-1"
SERVICES = ("quebec", "california", "pacificorp")


def cases(*, quick: bool = False) -> Sequence[Case]:
    """What is solved; in a hurry, the smallest LLM and the smallest load."""
    variants = list(SIZES)[: 1 if quick else None]
    loads = LOADS_RPS[: 1 if quick else None]
    return [
        case for variant in variants for rps in loads for case in _with_either(variant, rps)
    ]


def _with_either(variant: str | None, rps: int) -> Sequence[Case]:
    """A plan with both cards, and one with each of them alone."""
    name, title = f"{SIZES[variant].lower()}-{rps}", f"{SIZES[variant]}, {rps} requests/s"
    load = tuple(f"workloads[{one}].arrivals.mean_rps={rps}" for one in SERVICES)
    return [
        Case(name, title, SCENARIO, variant, load, BASELINES),
        *(
            Case(
                f"{name}-{sku}",
                f"{title}, only {sku}",
                SCENARIO,
                variant,
                (*load, f"fleet.skus=[{sku}]"),
            )
            for sku in (OLD, NEW)
        ),
    ]
