"""Scenario texts for tests: the least that is sound, and one that uses every section."""

from __future__ import annotations

from pathlib import Path

import pytest

from carbonplan.errors import InvalidInput
from carbonplan.scenario import LoadedScenario, load

MINIMAL = """\
carbonplan: 1
name: minimal
horizon: {start: 2024-04-16T00:00:00Z, hours: 24}
signal: {kind: average, scope: location, basis: lifecycle}
regions: [north]
fleet:
  skus: [h100-sxm-8]
workloads:
  - name: chat
    kind: online
    llm: llama-3.1-70b
    classes: conversation
    arrivals: {mean_rps: 12}
    ttft_s: 1.0
    tpot_s: 0.05
objective: {minimise: carbon}
"""

COMPLETE = """\
carbonplan: 1
name: complete
description: every section
horizon: {start: 2024-04-16T00:00:00Z, hours: 7 days, ends: closed}
signal: {kind: average, scope: location, basis: lifecycle, negative: allow}
regions:
  - north
  - {region: south, power_limit_kw: 2 MW, pue: 1.2, price_usd_per_kwh: 90 USD/MWh}
series:
  intensity_g_per_kwh: series/intensity.csv
fleet:
  skus: [h100-sxm-8, t4-4]
  existing: [{sku: t4-4, region: south, servers: 3}]
  stock:
    - {sku: t4-4, servers: 0}
    - {sku: h100-sxm-8, region: north, servers: 40}
  utilisation_limit: 75 %
  clock_fractions: [1, 80 %]
workloads:
  - name: chat
    kind: online
    llm: llama-3.1-70b
    classes:
      - {name: short, input_tokens: 300, output_tokens: 120, share: 0.7}
      - {name: long, input_tokens: 4 ktokens, output_tokens: 300, share: 30 %}
    arrivals: {mean_rps: 12 rps, shape: conversation}
    origins: [london, paris, madrid]
    ttft_s: 800 ms
    tpot_s: 0.05
    regions: [north]
  - name: night
    kind: batch
    llm: llama-3.1-8b
    classes: code
    arrivals: {file: series/night.csv}
    deadline_hours: 1 day
objective:
  weights: {cost: 1, carbon: 0.2}
  carbon_price_usd_per_tonne: 80
bounds:
  - {impact: water, at_most: 12 m3}
  - {impact: carbon, at_most: 3 tCO2e}
embodied: {charge: use, include_existing: true, host_lifetime_years: 72 months}
cost: {acquisition: rental, discount_rate: 5 %}
solver: {gap: 1e-3, time_limit_s: 10 min}
variants:
  hurried:
    workloads[chat]: {ttft_s: 0.4}
  small:
    fleet: {skus: [t4-4], stock: []}
    solver: {gap: 0.05}
"""


def written(folder: Path, text: str | bytes, name: str = "scenario.yaml") -> Path:
    """A file with this text."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def loaded(
    folder: Path, text: str | bytes, *overrides: str, **options: object
) -> LoadedScenario:
    """A scenario loaded from text."""
    return load(written(folder, text), overrides, **options)


def problems(folder: Path, text: str | bytes, *overrides: str, **options: object) -> list[str]:
    """The problems for which a text is refused."""
    with pytest.raises(InvalidInput) as refusal:
        loaded(folder, text, *overrides, **options)
    return list(refusal.value.problems)


def minimal(old: str = "", new: str = "") -> str:
    """The minimal scenario with one piece of it replaced."""
    assert old in MINIMAL
    return MINIMAL.replace(old, new, 1)
