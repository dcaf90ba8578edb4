"""What is owed to whom, in tables: in all, and by the request and the thousand tokens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from carbonplan.plan.accounts import Account, By, Rule, accounts, total_account
from carbonplan.plan.idle import RULE
from carbonplan.plan.variables import ATTRIBUTION
from carbonplan.report.document import Block, Paragraph, Section, Table
from carbonplan.report.impacts import PARTS, impact_header, impact_title, in_order
from carbonplan.report.wording import NONE, Scale, label, number, scale
from carbonplan.units import G_PER_KG, J_PER_KJ, SECONDS_PER_HOUR

if TYPE_CHECKING:
    import xarray as xr

    from carbonplan.plan import Plan

STATE_TITLES = {
    "ready": "Replicas held ready",
    "parked": "Accelerators parked",
    "resting": "Servers at rest",
    "off": "Servers off for now",
    "reserve": "Reserve for a lost region",
    "unused": "Servers never powered",
}
HEADS = {"workload": "Workload", "class": "Request class", "region": "Region", "sku": "SKU"}
WORDS = {"workload": "workload", "class": "request class", "region": "region", "sku": "SKU"}
KJ_PER_KWH = SECONDS_PER_HOUR
SMALL_UNITS = {  # of a request or a thousand tokens: factor and unit
    "kgCO2e": (G_PER_KG * 1e3, "mgCO2e"),
    "kWh": (KJ_PER_KWH * J_PER_KJ, "J"),
    "L": (1e3, "mL"),
    "USD": (1e3, "mUSD"),
}
BY_UNIT = ("carbon", "energy", "water", "cost")
DIRECT_WORDS = "What serves nobody stands apart."
LOADED_WORDS = f"What serves nobody is borne by those who are served, by {RULE}."


def is_attributed(data: xr.Dataset) -> bool:
    """Whether a plan says to whom its impacts are owed."""
    shares = {"prompt_energy_share", "prompt_time_share"}
    needed = {*ATTRIBUTION, "workload", "input_tokens", "output_tokens"} - shares
    return all(name in data for name in needed)


def title(account: Account) -> str:
    """Name of an account as a reader calls it."""
    return state_title(account.name) if account.idle else label(account.name)


def state_title(state: str) -> str:
    """A state in which nobody is served as a reader calls it: "Replicas held ready"."""
    return STATE_TITLES.get(state, label(state))


def totals_table(plan: Plan, by: By, rule: Rule, *, detail: bool = False) -> Table:
    """What each is owed in all, and the total."""
    found, whole = accounts(plan.data, by, rule), total_account(plan.data)
    shown = [name for name in in_order(whole.impacts) if name not in PARTS]
    scales = _scales(plan, shown, whole.impacts)
    words = DIRECT_WORDS if rule == "direct" else LOADED_WORDS
    return Table(
        f"Owed by {WORDS[by]}, over the horizon. {words}",
        (HEADS[by], *(impact_header(name, scales[name]) for name in shown)),
        tuple((title(one), *_shown(one.impacts, scales)) for one in found),
        ("All", *_shown(whole.impacts, scales)),
        detail=detail,
    )


def units_table(plan: Plan, by: By, rule: Rule, *, detail: bool = False) -> Table:
    """What a request and a thousand tokens are owed, and the SCI score."""
    found = [one for one in accounts(plan.data, by, rule) if not one.idle and one.requests]
    whole = total_account(plan.data)
    shown = [name for name in BY_UNIT if name in whole.impacts]
    units = {name: SMALL_UNITS.get(plan.impacts[name].unit, (1.0, "")) for name in shown}
    rows = []
    for one in (*found, *([whole] if rule == "loaded" and len(found) > 1 else [])):
        rows += _unit_rows(one, units)
    heads = (f"{impact_title(name)} [{units[name][1]}]" for name in shown)
    words = "nothing that is idle counted" if rule == "direct" else f"idle by {RULE}"
    return Table(
        f"Owed by the unit served, {words}; SCI is (E·I + M)/R with all that is provisioned.",
        (HEADS[by], "For", *heads, "SCI [mgCO2e]"),
        tuple(rows),
        words=2,
        detail=detail,
    )


def _unit_rows(
    account: Account, units: Mapping[str, tuple[float, str]]
) -> Iterable[tuple[str, ...]]:
    """A request, a thousand tokens in, a thousand out."""
    sci = account.sci_g()
    name = "All, idle with it" if account.name == "all" else title(account)
    for words, owed, score in (
        ("a request", account.per_request(), sci["request"]),
        ("1000 tokens in", account.per_ktoken("input"), None),
        ("1000 tokens out", account.per_ktoken("output"), sci["1000_output_tokens"]),
    ):
        amounts = (
            NONE if owed is None else number(factor * owed[impact])
            for impact, (factor, _) in units.items()
        )
        yield name, words, *amounts, "" if score is None else number(1e3 * score)


def attribution_blocks(plan: Plan) -> list[Block]:
    """Tables of a report: workloads in all and by the unit served, classes in detail."""
    blocks: list[Block] = [
        totals_table(plan, "workload", "direct"),
        units_table(plan, "workload", "loaded"),
        totals_table(plan, "class", "loaded", detail=True),
        units_table(plan, "class", "loaded", detail=True),
    ]
    return [*blocks, *_departures(plan)]


def _departures(plan: Plan) -> list[Paragraph]:
    """In which the SCI scores are not what the standard asks for."""
    stated = plan.summary.get("attribution")
    sci = stated.get("sci", {}) if isinstance(stated, Mapping) else {}
    found: Sequence[str] = sci.get("departures") or ()
    if not found:
        return []
    words = "; ".join(label(one, 120) for one in found)
    return [Paragraph(f"Where the SCI scores depart from the standard: {words}.")]


def attribution_section(plan: Plan, by: By, rule: Rule) -> Section:
    """Both tables of one view."""
    blocks = (totals_table(plan, by, rule), units_table(plan, by, rule), *_departures(plan))
    return Section("attribution", "Who it is for", blocks)


def _scales(plan: Plan, shown: Sequence[str], totals: Mapping[str, float]) -> dict[str, Scale]:
    """How each impact is shown; those of one unit alike."""
    units = {name: plan.impacts[name].unit for name in shown if name in plan.impacts}
    alike = {
        unit: [totals[name] for name, of in units.items() if of == unit]
        for unit in units.values()
    }
    return {name: scale([totals[name]], unit, alike[unit]) for name, unit in units.items()}


def _shown(impacts: Mapping[str, float], scales: Mapping[str, Scale]) -> Iterable[str]:
    return (fit.shown(impacts[name]) for name, fit in scales.items())
