"""Accounts of a plan as plain values: for plan.json and ``carbonplan attribute --json``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carbonplan.plan.accounts import RULES, Account, By, Rule, accounts, total_account
from carbonplan.plan.idle import RULE as IDLE_RULE
from carbonplan.plan.totals import UNITS
from carbonplan.plan.variables import PHASES, STATES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr

    from carbonplan.catalogue.inputs import Inputs

SCHEMA_VERSION = 1  # of the section "attribution" of plan.json, and of a document
FUNCTIONAL_UNITS = ("request", "1000_output_tokens")


def attribution_summary(data: xr.Dataset, departures: Sequence[str]) -> dict[str, object]:
    """The section ``attribution`` of plan.json: workloads in both views.

    Parameters
    ----------
    departures
        In which the SCI scores are not what the standard asks for.
    """
    return {
        "schema_version": SCHEMA_VERSION,
        "idle_spread_by": IDLE_RULE,
        "sci": {"functional_units": list(FUNCTIONAL_UNITS), "departures": list(departures)},
        **{rule: _rows(data, "workload", rule) for rule in RULES},
        "total": account_row(total_account(data)),
    }


def attribution_document(data: xr.Dataset, by: By, rule: Rule) -> dict[str, object]:
    """Accounts of one view with their units, as one JSON document."""
    impacts = account_row(total_account(data))["impacts"]
    return {
        "schema_version": SCHEMA_VERSION,
        "by": by,
        "rule": rule,
        "idle_spread_by": IDLE_RULE,
        "units": {name: UNITS.get(name, "1") for name in impacts},
        "accounts": _rows(data, by, rule),
        "total": account_row(total_account(data)),
    }


def account_row(account: Account) -> dict[str, object]:
    """An account as plain values; of what serves nobody only what it is owed."""
    row: dict[str, object] = {
        "name": account.name,
        "serves": not account.idle,
        "accelerator_hours": account.accelerator_hours,
        "impacts": dict(account.impacts),
    }
    if account.idle:
        return row | {"meaning": STATES[account.name]}
    return row | {
        "requests": account.requests,
        "input_tokens": account.input_tokens,
        "output_tokens": account.output_tokens,
        "per_request": account.per_request(),
        **{f"per_1000_{phase}_tokens": account.per_ktoken(phase) for phase in PHASES},
        "sci_gco2e": account.sci_g(),
    }


def sci_departures(inputs: Inputs) -> list[str]:
    """In which a plan's carbon is not what the SCI standard asks for."""
    scenario = inputs.scenario
    found = []
    if scenario.signal.scope == "market" and not scenario.supply.contracts:
        found.append("carbon intensity is market-based, not the grid's")
    if scenario.embodied.charge != "owned-time":
        found.append(f"making of servers is charged by {scenario.embodied.charge}")
    if scenario.fleet.existing and not scenario.embodied.include_existing:
        found.append("the making of servers that stand already is not charged")
    return found


def _rows(data: xr.Dataset, by: By, rule: Rule) -> list[dict[str, object]]:
    return [account_row(account) for account in accounts(data, by, rule)]
