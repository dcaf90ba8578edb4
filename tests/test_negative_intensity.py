"""The three policies for negative intensity, from the file to a verified plan."""

from __future__ import annotations

import pytest

from carbonplan.errors import InvalidInput
from carbonplan.pipeline import Options, Result, run
from carbonplan.scenario import load

SCENARIO = """\
carbonplan: 1
name: negative
horizon: {start: 2022-02-21T00:00:00Z, hours: 2}
signal: {kind: marginal, scope: location, basis: direct, negative: POLICY}
regions: [{region: aws-us-east-1}]
series: {intensity_g_per_kwh: intensity.csv}
fleet:
  skus: [l4-8]
  existing: [{sku: l4-8, region: aws-us-east-1, servers: 2}]
  stock: [{sku: l4-8, servers: 0}]
  tensor_parallel: [1]
  precisions: [fp8]
  clock_fractions: [1.0]
workloads:
  - name: chat
    kind: online
    llm: llama-3.1-8b
    classes: [{name: all, input_tokens: 500, output_tokens: 100, share: 1}]
    arrivals: {mean_rps: 3}
    ttft_s: 2.0
    tpot_s: 0.1
objective: {minimise: operational_carbon}
solver: {gap: 0}
"""
INTENSITY = "time_utc,aws-us-east-1\n2022-02-21T00:00Z,-400\n2022-02-21T01:00Z,300\n"


def planned(folder, policy: str, intensity: str = INTENSITY) -> Result:
    path = folder / "negative.yaml"
    path.write_text(SCENARIO.replace("POLICY", policy))
    (folder / "intensity.csv").write_text(intensity)
    return run(load(path), Options())


def test_each_policy_is_verified_and_each_allows_more(tmp_path):
    policies = ("floor", "no-idle-earning", "allow")
    results = {policy: planned(tmp_path, policy) for policy in policies}
    for policy, result in results.items():
        assert result.verification.violations == (), policy
    floor, serving, idle = (
        result.plan.impacts["operational_carbon"].value for result in results.values()
    )
    assert 0 < serving < floor
    assert idle < serving
    powered = results["allow"].plan.data["powered_servers"]
    assert float(powered.isel(slot=0).sum()) == 2


def test_without_negative_hours_the_policies_are_one(tmp_path):
    hours = INTENSITY.replace("-400", "400")
    totals = [
        planned(tmp_path, policy, hours).plan.impacts["operational_carbon"].value
        for policy in ("floor", "no-idle-earning")
    ]
    assert totals[0] == pytest.approx(totals[1], rel=1e-9)


def test_contracts_do_not_tell_idle_power_apart(tmp_path):
    path = tmp_path / "negative.yaml"
    contract = "{name: wind, region: aws-us-east-1, at_most_kw: 1, price_usd_per_kwh: 0.1}"
    contracts = f"supply:\n  contracts:\n    - {contract}\n"
    path.write_text(SCENARIO.replace("POLICY", "no-idle-earning") + contracts)
    with pytest.raises(InvalidInput) as caught:
        load(path)
    assert "signal.negative: found no-idle-earning with supply.contracts" in str(caught.value)
