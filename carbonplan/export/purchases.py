"""What to order, as a table for spreadsheets and one to read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from carbonplan.export.documents import header
from carbonplan.export.names import code, one_line
from carbonplan.export.records import Note

if TYPE_CHECKING:
    from carbonplan.export.records import Order, Rollout

COLUMNS = (
    "stage",
    "action",
    "region",
    "sku",
    "from",
    "count",
    "unit_price",
    "total_price",
    "price_in",
    "embodied_kgco2e_each",
    "embodied_kgco2e",
    "lead_time_years",
    "price_evidence",
    "price_source",
)


def purchase_files(rollout: Rollout) -> Iterator[tuple[str, bytes]]:
    """The list as CSV and as Markdown; every stage, whichever is exported otherwise."""
    yield "purchases/purchases.csv", csv_of(rollout.orders)
    yield "purchases/purchases.md", _markdown(rollout).encode("utf-8")


def purchase_notes(rollout: Rollout) -> Iterator[Note]:
    """What the list does not say."""
    target = "purchases"
    if not rollout.orders:
        yield Note(target, "the list is empty", "the plan buys nothing; what stands is enough")
        return
    why = "prices are those of the plan's catalogue, with the evidence beside them; no offers"
    yield Note(target, "offers are left out", why)
    for sku in dict.fromkeys(order.sku for order in rollout.orders if order.unit_usd is None):
        yield Note(target, "a price is left out", "the catalogue has no rent of it", sku)
    undated = [o.sku for o in rollout.orders if o.lead_years is None and o.action != "move"]
    for sku in dict.fromkeys(undated):
        why = "the scenario gives none under renewal.lead_times"
        yield Note(target, "a lead time is left out", why, sku)


def csv_of(orders: tuple[Order, ...]) -> bytes:
    """Orders as CSV; no text is a formula to a spreadsheet."""
    import pandas as pd

    from carbonplan.plan.tabulate import csv_bytes

    table = pd.DataFrame([_row(order) for order in orders], columns=list(COLUMNS))
    numbers = ["unit_price", "total_price", "lead_time_years"]
    table[numbers] = table[numbers].astype(float)
    return csv_bytes(table)


def _row(order: Order) -> dict[str, object]:
    named = {
        "stage": order.stage,
        "action": order.action,
        "region": order.region,
        "sku": order.sku,
        "from": order.origin,
        "price_in": order.unit,
        "price_evidence": order.evidence,
        "price_source": order.source,
    }
    return {name: one_line(text) for name, text in named.items()} | {
        "count": order.count,
        "unit_price": order.unit_usd,
        "total_price": None if order.unit_usd is None else order.count * order.unit_usd,
        "embodied_kgco2e_each": order.embodied_kgco2e,
        "embodied_kgco2e": order.count * order.embodied_kgco2e,
        "lead_time_years": order.lead_years,
    }


def _markdown(rollout: Rollout) -> str:
    lines = ["# What to order", ""]
    lines += [f"- {code(line)}" for line in header(rollout.identity)]
    lines += ["", f"| {' | '.join(COLUMNS)} |", "|" + " --- |" * len(COLUMNS)]
    for order in rollout.orders:
        row = _row(order)
        lines.append(f"| {' | '.join(_cell(row[name]) for name in COLUMNS)} |")
    return "\n".join([*lines, "", *_totals(rollout.orders)]) + "\n"


def _totals(orders: tuple[Order, ...]) -> Iterator[str]:
    """Sums of each stage: stages of different futures never come together."""
    for stage, unit in dict.fromkeys((order.stage, order.unit) for order in orders):
        some = [order for order in orders if (order.stage, order.unit) == (stage, unit)]
        total = sum(order.count * (order.unit_usd or 0.0) for order in some)
        made = sum(order.count * order.embodied_kgco2e for order in some)
        priced = sum(order.unit_usd is not None for order in some)
        price = f"{total:,.0f} {unit}" if priced == len(some) else f"no price of all in {unit}"
        yield f"- In {code(stage)}: {price}, {made:,.0f} kgCO2e to make."


def _cell(value: object) -> str:
    match value:
        case None | "":
            return ""
        case str():
            return code(value)
        case float():
            return f"{value:,.2f}"
    return str(value)
