"""Rules of power under contract and of shares of the fleet: what is asked for can be had."""

from __future__ import annotations

from collections.abc import Iterator

from carbonplan.errors import nearest
from carbonplan.scenario.messages import Problem
from carbonplan.scenario.schema import Scenario
from carbonplan.scenario.supply import Contract, Supply
from carbonplan.scenario.wording import quoted


def contract_has_room(contract: Contract) -> Iterator[Problem]:
    """The least that must be contracted is no more than can be."""
    if contract.at_least_kw > contract.at_most_kw:
        yield Problem(
            ("at_least_kw",),
            f"found {contract.at_least_kw:g}, expected at most the {contract.at_most_kw:g} of "
            "at_most_kw",
        )


def matching_needs_contracts(supply: Supply) -> Iterator[Problem]:
    """What is matched is matched by contracts."""
    if supply.matched_share > 0 and not supply.contracts:
        yield Problem(
            ("matched_share",),
            f"found {supply.matched_share:g} without contracts, expected some to match with",
        )


def contracts_serve_regions(scenario: Scenario) -> Iterator[Problem]:
    """The region of a contract is one of the scenario's."""
    regions = [site.region for site in scenario.regions]
    for i, contract in enumerate(scenario.supply.contracts):
        if contract.region not in regions:
            yield Problem(
                ("supply", "contracts", i, "region"),
                f"{quoted(contract.region)} is not in regions"
                f"{nearest(contract.region, regions)}",
            )


def region_shares_can_hold(scenario: Scenario) -> Iterator[Problem]:
    """No division among the regions leaves each of them less than an equal share."""
    most = scenario.fleet.largest_region_share
    regions = sum(site.server_limit != 0 for site in scenario.regions)
    if regions and most * regions < 1:
        yield Problem(
            ("fleet", "largest_region_share"),
            f"found {most:g}, expected at least 1/{regions}: of {regions} regions the largest "
            "has no less",
        )


RULES_OF_SUPPLY = (
    (("supply", "regions"), contracts_serve_regions),
    (("fleet", "regions"), region_shares_can_hold),
)
