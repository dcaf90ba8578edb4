"""An explanation of a plan: the questions that were asked of it, and what was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from carbonplan.errors import UsageError, nearest
from carbonplan.explain.asking import Asker, OutOfTime
from carbonplan.explain.choices import Why, WhyNot, why, why_not
from carbonplan.explain.factors import factors
from carbonplan.explain.flips import Flip, flips
from carbonplan.explain.limit import Limit
from carbonplan.explain.limits import limits
from carbonplan.explain.places import Place, bought
from carbonplan.explain.prices import standing
from carbonplan.explain.steps import Finding, stepped
from carbonplan.explain.subject import Formulated, Subject, subject_of
from carbonplan.solve.prices import prices

if TYPE_CHECKING:
    from carbonplan.pipeline import Options
    from carbonplan.plan import Plan
    from carbonplan.scenario.loaded import LoadedScenario

Question = Literal["prices", "steps", "flips"]
QUESTIONS: tuple[str, ...] = get_args(Question)
TIME_LIMIT_S = 600.0


@dataclass(frozen=True)
class Asked:
    """What is asked of a plan.

    Attributes
    ----------
    questions
        ``prices``: what limits are worth; ``steps``: what each of them a step further saves;
        ``flips``: which inputs the choice hangs on.
    why, why_not
        Servers that are asked about, as SKU and region.
    count
        Servers that ``why_not`` forces.
    time_limit_s
        For all answers together [s].
    """

    questions: tuple[str, ...] = QUESTIONS
    why: tuple[Place, ...] = ()
    why_not: tuple[Place, ...] = ()
    count: int = 1
    time_limit_s: float = TIME_LIMIT_S


@dataclass(frozen=True)
class Explanation:
    """What was found about a plan.

    Attributes
    ----------
    subject
        The plan as it was asked about.
    choice
        Places at which it buys servers.
    limits, flips
        None where they were not asked for.
    gap
        To which every answer was solved.
    """

    subject: Subject
    asked: Asked
    choice: tuple[Place, ...]
    limits: tuple[Finding, ...] | None
    flips: tuple[Flip, ...] | None
    why: tuple[Why, ...]
    why_not: tuple[WhyNot, ...]
    gap: float
    solves: int
    seconds: float


def explain(
    plan: Plan,
    loaded: LoadedScenario,
    asked: Asked | None = None,
    *,
    options: Options | None = None,
    isolated: bool = True,
) -> Explanation:
    """Explain a plan by the scenario that it was made from.

    Parameters
    ----------
    loaded
        The scenario as it was planned, see ``pipeline.reload``.
    options
        How each answer is solved for; what is not given is as the scenario says.
    isolated
        Solve in worker processes, see ``solve``.

    Raises
    ------
    InvalidInput
        The plan is not one of the scenario as it is now.
    UsageError
        The plan has no servers where ``why`` asks for them, or was made without foresight.
    """
    from carbonplan.pipeline import Options, prepare
    from carbonplan.scenario import load

    asked, options = asked or Asked(), options or Options()
    prepared = prepare(loaded, options)

    def formulated(overrides: tuple[str, ...]) -> Formulated:
        if not overrides:
            return prepared.configurations, prepared.problem, prepared.program
        changed = load(
            loaded.path,
            (*loaded.overrides, *overrides),
            loaded.variant,
            loaded.allowed_folders,
        )
        other = prepare(changed, options)
        return other.configurations, other.problem, other.program

    asker = Asker(prepared.limits, asked.time_limit_s, isolated)
    try:
        subject = subject_of(plan, prepared.inputs, formulated, asker)
    except OutOfTime:
        raise UsageError(
            f"--time-limit {asked.time_limit_s:g}: too short to read the plan; allow more"
        ) from None
    return explained(subject, asked, asker)


def explained(subject: Subject, asked: Asked, asker: Asker) -> Explanation:
    """Ask every question, those about servers first."""
    known = limits(subject.problem, subject.program, subject.inputs)
    found_why = tuple(why(subject, place, known, asker) for place in asked.why)
    found_why_not = tuple(
        why_not(subject, place, asked.count, known, asker) for place in asked.why_not
    )
    found = _limits(subject, known, asked.questions, asker)
    hangs_on = None
    if "flips" in asked.questions:
        hangs_on = tuple(flips(subject, factors(subject.problem, subject.inputs), asker))
    return Explanation(
        subject=subject,
        asked=asked,
        choice=tuple(sorted(bought(subject.program, subject.values))),
        limits=found,
        flips=hangs_on,
        why=found_why,
        why_not=found_why_not,
        gap=asker.limits.gap,
        solves=asker.solves,
        seconds=asker.spent_s,
    )


def _limits(
    subject: Subject, known: Sequence[Limit], questions: Sequence[str], asker: Asker
) -> tuple[Finding, ...] | None:
    """Limits with their prices and steps, as far as either is asked for."""
    if not {"prices", "steps"} & set(questions):
        return None
    found = prices(subject.program, subject.values, asker.limits)
    stands = [standing(subject, limit, found) for limit in known]
    if "steps" not in questions:
        return tuple(Finding(one) for one in stands)
    return tuple(stepped(subject, stands, asker))


def asked_questions(text: str) -> tuple[str, ...]:
    """Questions from their names, separated by commas.

    Raises
    ------
    UsageError
        A name that is no question.
    """
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    wrong = [
        f"no question {name!r}{nearest(name, QUESTIONS)} (questions: {', '.join(QUESTIONS)})"
        for name in names
        if name not in QUESTIONS
    ]
    if wrong or not names:
        raise UsageError(f'--questions "{text}": ' + ("; ".join(wrong) or "none given"))
    return names


def asked_place(text: str, option: str) -> Place:
    """A SKU and a region from ``SKU@REGION``.

    Raises
    ------
    UsageError
        The text is not of that form.
    """
    sku, at, region = text.partition("@")
    if not (sku.strip() and at and region.strip()):
        raise UsageError(f'{option} "{text}": expected SKU@REGION, such as l4-8@aws-us-east-1')
    return sku.strip(), region.strip()
