"""Kept on a trace: what requests one by one said of the plan, and what that costs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from carbonplan.report import certification as words
from carbonplan.report.document import Block, Facts, Items, Paragraph, Section, Table
from carbonplan.report.impacts import impact_title, in_order
from carbonplan.report.replay_wording import percent
from carbonplan.report.wording import NONE, number, quantity, visible

if TYPE_CHECKING:
    from carbonplan.plan import Plan

HOW_TO_READ = (
    "Head-room is capacity as a multiple of the load. What certainty costs is the chosen plan "
    "against the first one, both as planned; where an impact is what is minimised the range is "
    "what bounds prove, of others it is the difference of the two plans."
)


def certification(plan: Plan) -> Section | None:
    """Verdict, promises, cost of certainty and rounds, where the plan was to be certified."""
    found = plan.summary.get("certification")
    if not isinstance(found, Mapping):
        return None
    blocks: list[Block] = [Paragraph(words.verdict(found), lead=True)]
    if found["reasons"]:
        blocks.append(Items("Why not", tuple(map(visible, found["reasons"]))))
    blocks.append(Facts(_facts(found)))
    last = found["rounds"][found["round"] - 1]["replayed"]
    if last is not None:
        blocks.append(_promises(last["promises"]))
    blocks.append(_rounds(found["rounds"]))
    if found["overrides"]:
        blocks += [_cost(found["cost"]), Paragraph(HOW_TO_READ)]
    return Section("certification", "Promises on a trace", tuple(blocks))


def _facts(found: Mapping) -> tuple[tuple[str, str], ...]:
    overrides = " ".join(f"--set '{visible(one)}'" for one in found["overrides"])
    return (
        ("Replayed", words.replayed(found)),
        ("Certainty costs", _headline(found) if found["overrides"] else words.NOTHING),
        ("To plan so again", overrides or NONE),
    )


def _headline(found: Mapping) -> str:
    one = found["cost"]["objective"]
    values = (quantity(one[end], one["unit"]) for end in ("first", "last"))
    return f"{words.more(one)} of the objective ({' to '.join(values)})"


def _promises(promises: list[Mapping]) -> Table:
    rows = tuple(
        (
            visible(one["workload"]),
            words.limit(one),
            words.kept(one),
            percent(one["promised"]),
            percent(one["share"]),
            f"{percent(one['low'])} to {percent(one['high'])}",
        )
        for one in promises
    )
    header = ("Workload", "Limit", "Verdict", "Promised", "Kept by", "Range")
    return Table("Promises of the plan on the trace", header, rows, words=3)


def _rounds(rounds: list[Mapping]) -> Table:
    rows = tuple(
        (
            f"{one['number']}: {words.headroom(one['headroom'])}",
            number(one["objective"], 4),
            number(one["bound"], 4),
            _missed(one),
        )
        for one in rounds
    )
    return Table("Rounds", ("Round", "Objective", "Bound", "Promises missed"), rows)


def _missed(one: Mapping) -> str:
    if one["problem"]:
        return "no plan"
    if one["replayed"] is None:
        return "not replayed"
    return str(sum(not promise["kept"] for promise in one["replayed"]["promises"]))


def _cost(cost: Mapping) -> Table:
    rows = tuple(
        (
            impact_title(name),
            quantity(cost[name]["first"], cost[name]["unit"]),
            quantity(cost[name]["last"], cost[name]["unit"]),
            words.more(cost[name]),
        )
        for name in in_order(name for name in cost if name != "objective")
    )
    return Table("What certainty costs", ("Impact", "First plan", "This plan", "More"), rows)
