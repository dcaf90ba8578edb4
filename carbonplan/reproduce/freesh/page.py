"""The page on FREESH: what the paper claims and what its data give here, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from carbonplan.reproduce.freesh.run import SAME, Answer, Totals, totals
from carbonplan.reproduce.freesh.scenario import J_PER_KWH, Question

PERCENT = 100.0


@dataclass(frozen=True)
class Run:
    """A question with its answers."""

    question: Question
    answers: Sequence[Answer]

    @property
    def totals(self) -> Totals:
        return totals(self.answers)


def questions(partitions: Sequence[str], headroom: float, divisor: float) -> list[Question]:
    """What the page asks: each partition alone by carbon and by energy, then the choice."""
    ways = [(name,) for name in partitions]
    if len(partitions) > 1:
        ways.append(tuple(partitions))
    return [
        Question(way, objective, headroom, divisor)
        for way in ways
        for objective in ("carbon", "energy")
    ]


def page(runs: Sequence[Run]) -> str:
    """The whole page as Markdown."""
    published = next((run for run in runs if run.totals.published), None)
    parts = [HEADING, CLAIM, _rows_of(runs), _savings(runs)]
    if published is not None:
        parts.append(_oracle(published))
    return "\n".join([*parts, SAME_AND_DIFFERENT])


def _rows_of(runs: Sequence[Run]) -> str:
    """A line for each question."""
    lines = [
        "## What the data give\n",
        "| partitions | least | windows with a plan | e W s | kWh | chosen |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for run in runs:
        found = run.totals
        chosen = ", ".join(f"{name}: {count}" for name, count in found.partitions.items())
        lines.append(
            f"| {', '.join(run.question.partitions)} | {run.question.objective} | "
            f"{found.planned} of {found.windows} | {found.carbon_ews:,.1f} | "
            f"{found.energy_j / J_PER_KWH:.2f} | {chosen} |"
        )
    return "\n".join(lines) + "\n"


def _savings(runs: Sequence[Run]) -> str:
    """What least carbon saves against least energy, for the same partitions."""
    by_question = {(run.question.partitions, run.question.objective): run for run in runs}
    lines = [SAVINGS]
    for way in dict.fromkeys(run.question.partitions for run in runs):
        pair = [by_question.get((way, objective)) for objective in ("carbon", "energy")]
        if None in pair:
            continue
        carbon, energy = (one.totals for one in pair if one is not None)
        saved = 1.0 - carbon.carbon_ews / energy.carbon_ews
        more = carbon.energy_j / energy.energy_j - 1.0
        lines.append(
            f"- {', '.join(way)}: {PERCENT * saved:.2f} % less carbon for "
            f"{PERCENT * more:.2f} % more energy"
        )
    return "\n".join(lines) + "\n"


def _oracle(run: Run) -> str:
    """The published optima beside ours."""
    found = run.totals
    lines = [
        "## Against the published optima\n",
        f"{found.agreeing} of {found.published} published windows have the published status, "
        f"and their objective within {SAME:g}.\n",
        "| window | published | here | relative difference |",
        "| --- | --- | --- | --- |",
    ]
    lines += [_window(one) for one in run.answers if one.published is not None]
    return "\n".join(lines) + "\n"


def _window(one: Answer) -> str:
    published = one.published
    theirs = published.status if published is not None else ""
    if published is not None and published.objective is not None:
        theirs = f"{published.objective:,.3f}"
    ours = one.status if one.objective is None else f"{one.objective:,.3f}"
    apart = "" if one.difference is None else f"{one.difference:.1e}"
    return f"| {one.window} | {theirs} | {ours} | {apart} |"


def documents(answers: Sequence[Answer]) -> list[Mapping[str, object]]:
    """Answers as plain values, for JSON and tables."""
    return [
        {
            "window": one.window,
            "status": one.status,
            "objective": one.objective,
            "partition": one.partition,
            "carbon_ews": one.carbon_ews,
            "energy_j": one.energy_j,
            "published_status": one.published.status if one.published else None,
            "published_objective": one.published.objective if one.published else None,
            "difference": one.difference,
            "agrees": one.agrees,
            "violations": list(one.violations),
        }
        for one in answers
    ]


HEADING = """\
# FREESH's pool layer

This page is made by

    carbonplan reproduce freesh --data DIR --page docs/reproduce/freesh.md

where DIR holds the inputs of the pool layer of FREESH (He, Fang, Lian, Tsang, Zhang, Chen;
arXiv 2511.00807; MIT licence) as tables: `profiles.csv`, `installed_gpus.csv`, `demand.csv`,
`emission_factor.csv` and, to be held against, `published_optima.csv`. Every half-hour window
becomes an ordinary scenario with tables of its own, which takes the way of any other: written,
loaded, solved to a gap of 0, verified.
"""

CLAIM = """\
## What the paper claims

"During the 1-hour serving on production workloads, FREESH reduces energy by 28.6 % and
emissions by 45.45 % together with improvements in SLO attainment and fairness." The baseline
of the two numbers could not be read, and they are of the whole system, whose GPU clocks and
request order the pool layer does not decide. Nothing below is meant to meet them.
"""

SAVINGS = """\
Least carbon against least energy, on the same requests and GPUs. Energy alone does not say at
which site to serve, so that many plans are of least energy; the carbon in its line, and with it
the saving below, is that of the plan that was found, and another solver may find another.
"""

SAME_AND_DIFFERENT = """\
## What is the same, and what differs

The same: sites, installed GPUs, request classes, modes with their measured throughput, power
and latencies, limits on latency, head-room on the forecast, replicas held over a window, and
the objective. A mode draws its whole power whenever it runs.

Different, and without effect on the optimum: requests are routed and loads decided as well
(only replicas count here); a cell that breaks its limits is no configuration instead of one
fixed to zero; replicas of a partition that is not chosen are tied to the choice by a bound
that follows from the GPUs instead of 10,000.

Stated because the source does not: emission factors have no unit there and are read as g/kWh,
so that 1 kgCO2e of a plan is 3.6e9 e W s. They go below zero, and with `negative: allow` idle
replicas then earn, as they do in the study. Steps have no date and begin on 2000-01-01. The
LLM's card, the lengths of requests, prices and lifetimes stand in the tables because tables
have these columns; no figure of this page depends on them.
"""
