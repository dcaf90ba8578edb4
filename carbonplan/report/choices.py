"""Why servers are in a plan, and why others are not, as sections."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from carbonplan.report.answers import SAME, place_name, ranged
from carbonplan.report.document import Block, Facts, Items, Paragraph, Section, Table
from carbonplan.report.impacts import PARTS, impact_title, in_order
from carbonplan.report.wording import count, joined, label, number, percent, quantity
from carbonplan.units import G_PER_KG

Row = Mapping
MOST_CLASSES = 3  # columns of a table; the rest is in the document
IDLE = "idle hour"
UNITS = {  # of impacts that plans state
    "carbon": "kgCO2e",
    "operational_carbon": "kgCO2e",
    "embodied_carbon": "kgCO2e",
    "location_carbon": "kgCO2e",
    "market_carbon": "kgCO2e",
    "energy": "kWh",
    "cost": "USD",
    "water": "L",
    "onsite_water": "L",
    "offsite_water": "L",
    "latency": "s",
}


def why_section(document: Row, one: Row) -> Section:
    """What servers are there for, what the plan would be without them."""
    bought = "" if one["bought"] == one["servers"] else f", {number(one['bought'])} bought"
    standing = bought if one["bought"] else " that stood before the plan"
    lead = (
        f"{count(one['servers'], 'server')}{standing}, for {percent(one['requests_share'])} of "
        f"the requests. {_costs_words(document, one['without'], 'Without them', one['words'])}"
    )
    blocks: list[Block] = [Paragraph(lead), *_alternative(one["without"])]
    if one["only_here"]:
        only = tuple(label(words, 160) for words in one["only_here"])
        blocks.append(Items("Nothing else can answer", only))
    blocks += _offers(document, one["by_1000_requests"])
    return Section("why", f"Why {place_name(one)}", tuple(blocks))


def why_not_section(document: Row, one: Row) -> Section:
    """What more servers would cost, or why there can be none."""
    title = f"Why not {place_name(one)}"
    if one["reasons"]:
        reasons = tuple(label(words, 240) for words in one["reasons"])
        return Section("why-not", title, (Items("There can be none", reasons),))
    more = count(one["count"], "server") + (" more" if one["bought"] else "")
    lead = _costs_words(document, one["with_them"], f"With {more}", one["words"])
    blocks: list[Block] = [Paragraph(lead), *_alternative(one["with_them"])]
    if one["limits"]:
        paths = tuple(label(path) for path in one["limits"])
        blocks.append(Items("Possible without any one of these limits", paths))
    if one["with_them"] is not None and (one["instead"] is not None or one["words"]):
        lead = "They answer nothing that others do not answer better. " + _costs_words(
            document, one["instead"], "Instead of what stands there", one["words"]
        )
        blocks += [Paragraph(lead), *_alternative(one["instead"])]
    blocks += _offers(document, one["by_1000_requests"])
    return Section("why-not", title, tuple(blocks))


def _costs_words(document: Row, found: Row | None, when: str, otherwise: str) -> str:
    if found is None:
        return f"{when}: {label(otherwise, 160)}."
    objective, costs = document["objective"], found["costs"]
    if costs["found"] == 0.0 and not costs["at_most"]:
        return f"{when} nothing changes."
    title = impact_title(objective["impact"]).lower()
    share = costs["found"] / abs(objective["value"]) if objective["value"] else None
    rise = ranged(costs, objective["unit"])
    return f"{when} {title} is higher by {rise}, {percent(share)}."


def _alternative(found: Row | None) -> list[Block]:
    """What is different in another plan: servers, requests, impacts, limits."""
    if found is None or not (found["servers"] or found["costs"]["found"]):
        return []
    servers = joined(_servers_words(one) for one in found["servers"]) or "the same"
    rows = [("Servers", servers)]
    moved = [one for one in found["requests"] if abs(one["other"] - one["plan"]) > SAME]
    if moved:
        shares = (f"{place_name(one)} {percent(one['other'])}" for one in moved)
        rows.append(("Requests then", joined(shares)))
    rows.append(("Impacts", joined(_impact_words(found["impacts"]), 16) or "the same"))
    if found["binding"]:
        rows.append(("Limits that then bind", joined(label(one) for one in found["binding"])))
    return [Facts(tuple(rows))]


def _servers_words(one: Row) -> str:
    change = one["there"] - one["here"]
    return f"{'+' if change > 0 else '−'}{abs(change)} {place_name(one)}"


def _impact_words(impacts: Mapping[str, Row]) -> Iterator[str]:
    for name in in_order(impacts):
        plan, other = impacts[name]["plan"], impacts[name]["other"]
        change = other - plan
        if name not in PARTS and abs(change) > SAME * max(abs(plan), abs(other)):
            shown = quantity(abs(change), UNITS.get(name, ""))
            yield f"{impact_title(name).lower()} {'+' if change > 0 else '−'}{shown}"


def _offers(document: Row, offers: Sequence[Row]) -> list[Block]:
    """What a thousand requests take: servers down, classes across."""
    if not offers:
        return []
    classes = list(dict.fromkeys(one["request_class"] for one in offers))
    by_place: dict[str, dict[str, str]] = {}
    for one in offers:
        cells = by_place.setdefault(place_name(one), {})
        cells[one["request_class"]] = _offer(document, one)
        cells[IDLE] = _idle(document, one)
    shown = classes[:MOST_CLASSES]
    rows = tuple(
        (place, cells[IDLE], *(cells.get(k, "–") for k in shown))
        for place, cells in by_place.items()
    )
    more = len(classes) - len(shown)
    left = f" {count(more, 'more class').replace('classs', 'classes')}: --json." if more else ""
    unit = "gCO2e, operational + embodied" if _is_carbon(document) else "the objective"
    return [
        Paragraph(
            "By 1,000 requests on full replicas of a new server, at mean intensity and price, "
            f"in {unit}; and an hour of such a server with nothing to do:{left}"
        ),
        Table("By 1,000 requests", ("Server", IDLE, *(label(k, 24) for k in shown)), rows),
    ]


def _offer(document: Row, one: Row) -> str:
    if not _is_carbon(document):
        return number(one["objective"])
    parts = (one["operational_kgco2e"], one["embodied_kgco2e"])
    return " + ".join(number(G_PER_KG * part, 2) for part in parts)


def _idle(document: Row, one: Row) -> str:
    times = G_PER_KG if _is_carbon(document) else 1.0
    return number(times * one["idle_objective_per_hour"])


def _is_carbon(document: Row) -> bool:
    return document["objective"]["unit"] == "kgCO2e"
