"""What a check found, as sections, as a comment in Markdown, and as one document."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import TYPE_CHECKING

from carbonplan.gate.decision import ROUNDING
from carbonplan.report.difference import file_table, fleet_table, value_table
from carbonplan.report.document import Block, Items, Paragraph, Section, Table
from carbonplan.report.markdown import (
    block_lines,
    escaped,
    preformatted,
    sections_markdown,
)
from carbonplan.report.wording import (
    NONE,
    Scale,
    change,
    label,
    number,
    percent,
    scale,
    with_unit,
)

if TYPE_CHECKING:
    from carbonplan.gate.changes import Changes, MeanChange
    from carbonplan.gate.check import Judged
    from carbonplan.gate.outcome import Outcome

MARKER = "<!-- carbonplan-check -->"
"""Begins the comment; the next line names the check, so that a new comment can replace it."""

_NAMING = re.compile(r"[^A-Za-z0-9._/@ -]|-(?=-)")  # what a hidden line may not hold

SIGNS = {"dearer": "❌", "undecided": "❔", "not dearer": "✅"}
MOST_ROWS = 20


def gate_sections(outcome: Outcome, signs: bool = False) -> tuple[Section, ...]:
    """The verdict, what changed in the inputs since the baseline, and the fleet.

    Parameters
    ----------
    signs
        Put a sign before each verdict, for where pictures are shown.
    """
    sections = [Section("verdict", headline(outcome), _verdict_blocks(outcome, signs))]
    if outcome.changes is None:
        return tuple(sections)
    sections.append(
        Section("inputs", "Inputs since the baseline", _input_blocks(outcome.changes))
    )
    fleet = fleet_table(outcome.changes.fleet)
    blocks = (fleet or Paragraph("The fleet is the same."),)
    return (*sections, Section("fleet", "Fleet", blocks))


def headline(outcome: Outcome) -> str:
    """The outcome in a few words."""
    name = label(outcome.key)
    if outcome.violations:
        return f"{name}: the plan does not hold"
    if outcome.updated:
        return f"{name}: the baseline is {'new' if outcome.old is None else 'updated'}"
    words = {
        "dearer": "dearer than allowed",
        "undecided": "undecided within the gap",
        "not dearer": "not dearer than allowed",
    }
    return f"{name}: {words[str(outcome.verdict)]}"


def comment(outcome: Outcome, about: str, accept: str) -> str:
    """One comment in Markdown, meant to replace the one before it.

    Parameters
    ----------
    about
        What is checked, the same at every run.
    accept
        The command that takes the plan as the new baseline.
    """
    sign = "❌" if outcome.exit_code else SIGNS[str(outcome.verdict)]
    parts = [f"{_hidden(about)}\n## {sign} carbonplan: {escaped(headline(outcome))}"]
    body, *more = gate_sections(outcome, signs=True)
    parts += ["\n".join(block_lines(body.blocks)).rstrip()]
    parts += [sections_markdown(more, level=3).rstrip()]
    if not outcome.updated:
        parts += ["To accept this plan, run this and commit the file:", preformatted(accept)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _hidden(about: str) -> str:
    """The lines that tell this comment from others."""
    return f"{MARKER}\n<!-- {_NAMING.sub('_', about)} -->"


def error_comment(about: str, subject: str, problems: tuple[str, ...], kind: str) -> str:
    """The comment of a check that came to no plan."""
    items = "\n".join(f"- {escaped(problem)}" for problem in problems)
    heading = f"## ❌ carbonplan: {escaped(kind)}"
    return f"{_hidden(about)}\n{heading}\n\n{escaped(subject)}\n\n{items}\n"


def document(outcome: Outcome) -> dict[str, object]:
    """The outcome as plain JSON values."""
    return {
        "scenario": outcome.key,
        "verdict": "updated" if outcome.updated else str(outcome.verdict),
        "fails": outcome.fails,
        "strict": outcome.strict,
        "exit_code": outcome.exit_code,
        "impacts": [_judged_document(one) for one in outcome.judged],
        "plan": outcome.new.model_dump(mode="json", exclude={"scenario"}),
        "changes": None if outcome.changes is None else asdict(outcome.changes),
        "violations": list(outcome.violations),
    }


def _judged_document(one: Judged) -> dict[str, object]:
    decision = one.decision
    return {
        "impact": one.impact,
        "unit": one.unit,
        "threshold": one.threshold.written,
        "verdict": str(decision.verdict),
        "baseline": asdict(one.old),
        "now": asdict(one.new),
        "limit": decision.limit,
        "deciding_gap": decision.deciding_gap,
        "gap": one.new.interval.gap,
        "reason": one.reason or None,
    }


def _verdict_blocks(outcome: Outcome, signs: bool) -> tuple[Block, ...]:
    if outcome.violations:
        items = tuple(outcome.violations[:MOST_ROWS])
        return (Items("Recomputed from its inputs, the plan breaks", items),)
    if outcome.updated:
        return (_kept_table(outcome),)
    blocks: list[Block] = [_judged_table(outcome.judged, signs)]
    said = tuple(sentence(one) for one in outcome.judged)
    return (*blocks, Items("What is proven", said))


def _kept_table(outcome: Outcome) -> Table:
    """Impacts before and after an update."""
    rows = []
    before = {} if outcome.old is None else outcome.old.impacts
    for name, one in outcome.new.impacts.items():
        old = before[name].value if name in before else None
        fit = scale([old, one.value], one.unit)
        cells = (_shown(value, fit) for value in (old, one.value, one.at_least))
        rows.append((name.replace("_", " "), *cells, _moved(one.value, old)))
    header = ("impact", "before", "now", "proven at least", "change")
    return Table("Impacts over the horizon.", header, tuple(rows))


def _judged_table(judged: tuple[Judged, ...], signs: bool) -> Table:
    rows = []
    for one in judged:
        values = (one.old.value, one.new.at_least, one.new.value, one.decision.limit)
        fit = scale(values, one.unit)
        rows.append(
            (
                one.impact.replace("_", " "),
                f"{SIGNS[str(one.verdict)]} {one.verdict}" if signs else str(one.verdict),
                _shown(one.old.value, fit),
                _shown(one.new.at_least, fit),
                _shown(one.new.value, fit),
                _moved(one.new.value, one.old.value),
                f"+{one.threshold.written}",
                _shown(one.decision.limit, fit),
            )
        )
    header = (
        *("impact", "verdict", "baseline", "now at least", "now at most", "change"),
        *("allowed", "limit"),
    )
    return Table("The least of each impact, and what it may be.", header, tuple(rows), words=2)


def sentence(one: Judged) -> str:
    """What is proven of an impact, in words."""
    name = one.impact.replace("_", " ")
    if one.reason:
        return f"{name}: undecided; {one.reason}"
    fit = scale((one.new.at_least, one.new.value, one.decision.limit), one.unit)
    low, high, limit = (
        _shown(value, fit) for value in (one.new.at_least, one.new.value, one.decision.limit)
    )
    match str(one.verdict):
        case "dearer":
            return f"{name}: no plan comes to less than {low}, {limit} are allowed"
        case "not dearer":
            return f"{name}: a plan comes to {high}, {limit} are allowed"
    wide = one.new.interval.gap
    between = f"between {low} and {high}" if wide is not None else f"at most {high}, no bound"
    deciding = percent(one.decision.deciding_gap)
    found = NONE if wide is None else percent(wide)
    return (
        f"{name}: undecided; its least is {between}, {limit} are allowed; "
        f"a gap below {deciding} would decide it (now: {found})"
    )


def _input_blocks(changes: Changes) -> tuple[Block, ...]:
    blocks = [
        *(Paragraph(f"Note: {note}.") for note in changes.notes),
        value_table("Values of the scenario.", changes.scenario),
        _mean_table(changes.series),
        file_table(changes.files),
        value_table("Versions.", changes.versions),
    ]
    kept = tuple(block for block in blocks if block is not None)
    return kept or (Paragraph("The inputs are the same."),)


def _mean_table(changed: tuple[MeanChange, ...]) -> Table | None:
    if not changed:
        return None
    rows = [
        (
            one.meaning,
            label(one.of),
            number(one.old, 4),
            number(one.new, 4),
            change(one.new, one.old),
            label(one.unit),
        )
        for one in changed[:MOST_ROWS]
    ]
    header = ("series", "of", "old mean", "new mean", "change", "unit")
    rest = len(changed) - MOST_ROWS
    caption = "Means of series." + (f" {rest} more are not shown." if rest > 0 else "")
    return Table(caption, header, tuple(rows), words=2)


def _moved(new: float, old: float | None) -> str:
    """How far a value has moved; what is rounding to a solver has not."""
    same = old is not None and abs(new - old) <= ROUNDING * abs(old)
    return change(old if same else new, old)


def _shown(value: float | None, fit: Scale) -> str:
    return NONE if value is None else with_unit(fit.shown(value), fit.unit)
