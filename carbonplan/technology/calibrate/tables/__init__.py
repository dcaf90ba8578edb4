"""Readers of public tables of measurements, one module for each family of them."""

from carbonplan.technology.calibrate.tables import (
    clocks,
    inferencex,
    llm_inference_bench,
    mlenergy,
    phases,
    published,
    studies,
)
from carbonplan.technology.calibrate.tables.reading import Table

TABLES: tuple[Table, ...] = (
    *mlenergy.TABLES,
    *phases.TABLES,
    *inferencex.TABLES,
    *llm_inference_bench.TABLES,
    *published.TABLES,
    *studies.TABLES,
    *clocks.TABLES,
)
