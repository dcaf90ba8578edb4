"""``attribute``: what workloads, classes, regions or SKUs of a plan are owed."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from carbonplan.cli.options import Json, PlanFolder
from carbonplan.cli.output import show, show_json


class By(StrEnum):
    """What accounts are of."""

    WORKLOAD = "workload"
    CLASS = "class"
    REGION = "region"
    SKU = "sku"


class Rule(StrEnum):
    """Whether what serves nobody stands apart, or is borne by whom accelerators serve."""

    DIRECT = "direct"
    LOADED = "loaded"


def attribute(
    plan_folder: PlanFolder,
    by: Annotated[By, typer.Option("--by", help="What accounts are of.")] = By.WORKLOAD,
    rule: Annotated[
        Rule,
        typer.Option(
            "--rule",
            help="direct: what serves nobody stands apart; loaded: it is spread over those "
            "served, by accelerator hours.",
        ),
    ] = Rule.DIRECT,
    as_json: Json = False,
) -> None:
    """Say to whom a plan's carbon, energy, water and cost are owed.

    In all, by request and by thousand tokens in and out; the sums are the plan's totals.
    """
    from carbonplan.plan import read
    from carbonplan.plan.account_documents import attribution_document
    from carbonplan.report.attribution import attribution_section
    from carbonplan.report.text import section_text

    plan = read(plan_folder)
    if as_json:
        document = attribution_document(plan.data, by.value, rule.value)
        show_json({"scenario": plan.scenario_name, **document})
        return
    show(section_text(attribution_section(plan, by.value, rule.value)))
