"""An explanation of a plan as sections: what limits it, what it hangs on, why it has what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from carbonplan.report.answers import SAME, place_name, ranged, with_year
from carbonplan.report.choices import why_not_section, why_section
from carbonplan.report.document import Block, Items, Paragraph, Section
from carbonplan.report.impacts import impact_title
from carbonplan.report.wording import count, is_number, joined, label, number, percent, quantity
from carbonplan.units import KW_PER_MW

Row = Mapping
NOTABLE = 0.1  # share by which a price and a step differ before it is said
LARGE_KW = 1e4
MOST_LATE = 8  # questions that are named


def text(document: Row, width: int = 80) -> str:
    """The explanation for a terminal."""
    from carbonplan.report.text import section_text  # whose report has this one as a section

    return "\n".join(section_text(section, width) for section in sections(document))


def sections(document: Row) -> tuple[Section, ...]:
    """What was asked, one section for each question."""
    found = [_answer(document)]
    found += [why_section(document, one) for one in document["why"]]
    found += [why_not_section(document, one) for one in document["why_not"]]
    if document["limits"] is not None:
        found.append(_limits(document))
    if document["flips"] is not None:
        found.append(_flips(document))
    return tuple(found)


def _answer(document: Row) -> Section:
    objective = document["objective"]
    value = quantity(objective["value"], objective["unit"])
    proven = quantity(objective["bound"], objective["unit"])
    places = joined((place_name(one) for one in document["choice"]), 24) or "nothing"
    blocks: list[Block] = [
        Paragraph(
            f"{label(document['scenario'])}: {impact_title(objective['impact']).lower()} "
            f"{value}, proven to be no less than {proven} whatever is planned. "
            f"It buys {places}."
        )
    ]
    if document["not_reached"]:
        late = joined((label(one) for one in document["not_reached"]), MOST_LATE)
        blocks.append(
            Paragraph(f"Not reached in the time: {late}. More --time-limit is needed.")
        )
    return Section("explanation", "Why this plan", tuple(blocks))


def _limits(document: Row) -> Section:
    """Limits of which a step saves something, those that bind for nothing, and the others."""
    rows = sorted(document["limits"], key=lambda row: -(_found(row) or 0.0))
    saving = [row for row in rows if _saves(document, row)]
    others = [row for row in rows if row not in saving]
    idle = [row for row in others if row["binds"] is not False]
    slack = [row for row in others if row["binds"] is False]
    blocks: list[Block] = []
    if saving:
        lines = tuple(_limit_words(document, row) for row in saving)
        blocks.append(Items("Relaxing saves", lines))
    if idle:
        lines = tuple(_idle_words(row) for row in idle)
        unasked = all(row["step"] is None for row in idle)
        title = (
            "A price says nothing of" if unasked else "A step further saves nothing, or is open"
        )
        blocks.append(Items(title, lines))
    if slack:
        lines = tuple(_slack_words(row) for row in slack)
        blocks.append(Items(f"Not binding{_together(slack)}", lines))
    if not blocks:
        blocks.append(Paragraph("The scenario sets no limits."))
    return Section("limits", "What limits it", tuple(blocks))


def _together(slack: Sequence[Row]) -> str:
    if any(row["step"] is None or row["step"]["saves"] is None for row in slack):
        return ""
    return "; each a step further was solved for, and nothing is saved"


def _found(row: Row) -> float | None:
    saves = (row["step"] or {}).get("saves")
    return row["one_more_saves"] if saves is None else saves["found"]


def _saves(document: Row, row: Row) -> bool:
    value, objective = _found(row), document["objective"]["value"]
    return is_number(value) and value > 1e-7 * abs(objective or 1.0)


def _limit_words(document: Row, row: Row) -> str:
    """One limit: where it binds, what one more saves, what a step saves and how to try it."""
    unit = document["objective"]["unit"]
    words = [f"{label(row['words'])} ({_amount(row['value'], row)}){_binding(row)}."]
    if row["binds"] and is_number(row["one_more_saves"]):
        times, of = _one(row)
        more = "less" if row["relaxed_by"] < 0 else "more"
        saved = with_year(row["one_more_saves"], row["one_more_saves_per_year"], unit, times)
        words.append(f"{of} {more} saves {saved} while all whole numbers stay.")
    step = row["step"]
    if step is not None and step["saves"] is not None:
        words.append(f"{_amount(row['relaxed_to'], row)} saves {ranged(step['saves'], unit)}")
        words.append(f"{_disagreement(row, unit)}.")
    elif step is not None and step["words"]:
        words.append(f"A step: {label(step['words'], 160)}.")
    return " ".join(words).replace(" .", ".").replace(" ;", ";") + _try(row["overrides"])


def _binding(row: Row) -> str:
    if row["binds"] is None:
        return ""
    if not row["binds"]:
        return f" has {_amount(row['slack'], row)} left"
    share = row["hours_share"]
    return " binds" if share > 1 - SAME else f" binds in {percent(share)} of the hours"


def _disagreement(row: Row, unit: str) -> str:
    """What is to be said where a price and the step that was solved for differ."""
    said, found = row["price_says_step_saves"], row["step"]["saves"]["found"]
    if row["step"]["price_agrees"] is not False or not row["binds"]:
        return ""
    if abs(said - found) <= NOTABLE * max(abs(said), abs(found)):
        return ""
    more_changes = "more changes than a price sees"
    why = more_changes if found > said else "a price holds for small steps alone"
    return f"; its price alone says {quantity(max(said, 0.0), unit)}: {why}"


def _idle_words(row: Row) -> str:
    step = row["step"]
    asked = "" if step is None or not step["words"] else f": {label(step['words'], 160)}"
    return f"{label(row['words'])} ({_amount(row['value'], row)}){_binding(row)}{asked}"


def _slack_words(row: Row) -> str:
    left = f", {_amount(row['slack'], row)} left" if is_number(row["slack"]) else ""
    return f"{label(row['words'])} ({_amount(row['value'], row)}{left})"


def _amount(value: object, row: Row) -> str:
    if row["unit"] in ("servers", "replicas") and is_number(value):
        return count(value, row["unit"].removesuffix("s"))
    return quantity(value, row["unit"]) if row["unit"] else number(value)


def _one(row: Row) -> tuple[float, str]:
    """How many of its unit a price is stated for, and how that is called."""
    if not row["unit"]:
        return 0.01, "0.01"
    if row["unit"] == "kW" and row["value"] >= LARGE_KW:
        return KW_PER_MW, "One MW"
    if row["unit"] in ("servers", "replicas"):
        return 1.0, f"One {row['unit'].removesuffix('s')}"
    return 1.0, "One hour" if row["unit"] == "h" else f"One {label(row['unit'])}"


def _try(overrides: Sequence[str]) -> str:
    return "".join(f" --set {label(one, 120)}" for one in overrides)


def _flips(document: Row) -> Section:
    """Inputs that change the choice, nearest first; those that do not; those with no say."""
    rows = document["flips"]
    changes = sorted(_changes(document), key=lambda pair: pair[0])
    blocks: list[Block] = []
    if changes:
        lines = tuple(words for _, words in changes)
        blocks.append(Items("Other servers would be bought with", lines))
    for title, lines in (
        ("The choice stays", tuple(_stays(rows))),
        ("Not decided", tuple(_undecided(rows))),
    ):
        if lines:
            blocks.append(Items(title, lines))
    silent = [label(row["words"]) for row in rows if not row["counts"]]
    if silent:
        blocks.append(Paragraph(f"No say in the objective: {joined(silent, 40)}."))
    return Section("flips", "What the choice of servers hangs on", tuple(blocks))


def _changes(document: Row) -> Iterator[tuple[float, str]]:
    for row in document["flips"]:
        for side in _sides(row):
            if side["fate"] == "flips":
                near, far = side["kept_at"], side["flips_at"]
                words = (
                    f"{label(row['words'])} between {_percent_of(near)} and {_percent_of(far)}"
                    f"{_weight(row)}: {_other_choice(document['choice'], side['choice'])}."
                )
                yield abs(far - 1.0), words + _try(side["overrides"])


def _stays(rows: Iterable[Row]) -> Iterator[str]:
    """Inputs by the factors at which the choice was kept."""
    alike: dict[str, list[str]] = {}
    for row in rows:
        kept = [side["to"] for side in _sides(row) if side["fate"] == "kept"]
        if kept:
            at = " and ".join(f"×{number(end)}" for end in kept)
            alike.setdefault(at, []).append(label(row["words"]) + _weight(row))
    for at, names in alike.items():
        yield f"at {at}: {'; '.join(names)}"


def _undecided(rows: Iterable[Row]) -> Iterator[str]:
    words = {
        "open": "the gap leaves it open; a smaller --gap decides",
        "no plan": "no plan meets the scenario",
    }
    alike: dict[str, list[str]] = {}
    for row in rows:
        for side in _sides(row):
            if side["fate"] in words:
                kept = side["kept_at"]
                until = "" if kept == 1.0 else f" (kept at ×{number(kept)})"
                at = f"{label(row['words'])} ×{number(side['to'])}{until}"
                alike.setdefault(words[side["fate"]], []).append(at)
    for why, names in alike.items():
        yield f"{'; '.join(names)}: {why}"


def _sides(row: Row) -> list[Row]:
    return [side for side in (row["falls"], row["rises"]) if side is not None]


def _weight(row: Row) -> str:
    weight = row["weight"]
    if not is_number(weight) or abs(weight) < SAME:
        return ""
    return f" (1\u00a0% more: {'−' if weight < 0 else '+'}{number(abs(weight), 2)}\u00a0%)"


def _percent_of(factor: float) -> str:
    change = 100 * (factor - 1.0)
    sign = "+" if change > 0 else "−" if change < 0 else "±"
    return f"{sign}{number(abs(change))}\u00a0%"


def _other_choice(choice: Sequence[Row], other: Sequence[Row]) -> str:
    here, there = [place_name(one) for one in choice], [place_name(one) for one in other]
    added = joined(one for one in there if one not in here)
    gone = joined(one for one in here if one not in there)
    if added and gone:
        return f"{added} instead of {gone}"
    return f"also {added}" if added else f"no {gone}" if gone else "other servers"
