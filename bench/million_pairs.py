"""(e) A million pairs of a request class and a replica: their operating points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import product
from typing import TYPE_CHECKING

from bench.cases import Clock
from bench.runner import Run, fresh, interleaved
from bench.section import Section, at_most, medians, percent, recorded

if TYPE_CHECKING:
    from carbonplan.catalogue.records import ModelCard, Server
    from carbonplan.technology.figures import Replica
    from carbonplan.technology.points import ClassLimits

CLASSES, REPLICAS, QUICK_REPLICAS = 100, 10_000, 1_000
LONGEST_S = 10.0  # for a million pairs
UTILISATION_LIMIT = 0.8
PRECISIONS = ("bf16", "fp8", "int4")
CLOCKS = (1.0, 0.8, 0.6)
INPUT_TOKENS = (100, 300, 1_000, 3_000, 8_000)
OUTPUT_TOKENS = (30, 100, 300, 1_000)
LIMITS_S = ((0.5, 0.03), (1.0, 0.05), (2.0, 0.1), (5.0, 0.2), (None, None))  # TTFT and TPOT
OURS = "carbonplan"


def measure(*, quick: bool) -> Section:
    """Evaluate all pairs; a quick measurement takes a tenth of the replicas."""
    replicas = QUICK_REPLICAS if quick else REPLICAS
    runs = interleaved(
        {OURS: partial(fresh, "bench.million_pairs:evaluated", replicas=replicas)}
    )
    found = medians(runs)[OURS]
    pairs = found.result["pairs"]
    return Section(
        key="e",
        size=f"{CLASSES} classes on {replicas:,} replicas: {pairs:,} pairs",
        columns=("way", "s", "pairs/s", "peak MB", "pairs that can serve"),
        rows=(row(OURS, found),),
        targets=(
            at_most(
                "operating points of all pairs",
                found.seconds,
                LONGEST_S * replicas / REPLICAS,
                "s",
            ),
        ),
        runs=recorded(runs),
    )


def evaluated(replicas: int) -> dict[str, object]:
    """Operating points of all pairs; records are read and replicas listed before the clock."""
    from carbonplan.technology.calibration import load_calibration
    from carbonplan.technology.operating import OK, operating_points

    running, classes, calibration = many_replicas(replicas), many_classes(), load_calibration()
    clock = Clock()
    with clock.running():
        points = operating_points(running, classes, UTILISATION_LIMIT, calibration)
    return {
        "seconds": clock.seconds,
        "pairs": points.rejection.size,
        "serving": float((points.rejection == OK).mean()),
    }


def many_replicas(count: int) -> tuple[Replica, ...]:
    """So many of all that the catalogue's SKUs and LLMs can form, evenly picked."""
    from carbonplan.catalogue.cards import card_names, cards
    from carbonplan.catalogue.hardware import servers, sku_names

    found = tuple(formed(servers(sku_names()), cards(card_names())))
    return tuple(found[place * len(found) // count] for place in range(count))


def formed(servers: Sequence[Server], llms: Sequence[ModelCard]) -> Iterator[Replica]:
    """Replicas of every LLM in every precision, split and clock."""
    from carbonplan.technology.figures import Replica

    for server, llm, precision, clock in product(servers, llms, PRECISIONS, CLOCKS):
        for split in (1, 2, 4, 8):
            if split <= server.sku.accelerators:
                yield Replica(server, llm, split, 1, precision, clock)


def many_classes() -> tuple[ClassLimits, ...]:
    """A hundred classes: short and long, with strict limits and without any."""
    from carbonplan.technology.points import ClassLimits

    return tuple(
        ClassLimits(inputs, outputs, ttft_s, tpot_s)
        for inputs, outputs, (ttft_s, tpot_s) in product(INPUT_TOKENS, OUTPUT_TOKENS, LIMITS_S)
    )


def row(name: str, run: Run) -> tuple[str, ...]:
    """A line of the table."""
    return (
        name,
        f"{run.seconds:.2f}",
        f"{run.result['pairs'] / run.seconds:,.0f}",
        f"{run.peak_mb:.0f}",
        percent(run.result["serving"]),
    )
