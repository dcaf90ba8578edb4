"""Where the suite finds its scenarios and leaves its results."""

from __future__ import annotations

from pathlib import Path

BENCH = Path(__file__).resolve().parent
ROOT = BENCH.parent

DEMO_WEEK = ROOT / "scenarios" / "demo-week.yaml"
ONE_HOUR = ROOT / "scenarios" / "one-hour.yaml"
EIGHT_REGIONS = BENCH / "scenarios" / "eight-regions-week.yaml"
EIGHT_REGIONS_SERIES = BENCH / "scenarios" / "series" / "eight-regions-week-intensity.csv"
SMALL_FLEET = BENCH / "scenarios" / "small-fleet.yaml"
COMPARE_REGIONS = ROOT / "scenarios" / "compare-regions.yaml"
SLIT = ROOT / "scenarios" / "reproduce-slit.yaml"
FIVE_YEARS = ROOT / "scenarios" / "five-years.yaml"
CONVERSATIONS = ROOT.parent / "shared" / "data" / "traces" / "azure_llm_2023_conv.csv.gz"

PAGE = ROOT / "docs" / "performance.md"
RESULTS = BENCH / "results"  # not kept in the repository
