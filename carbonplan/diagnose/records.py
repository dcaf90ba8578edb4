"""What a diagnosis says: the cause, what cannot hold together, and what would help."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SCHEMA = "carbonplan-infeasible/1"


@dataclass(frozen=True)
class Finding:
    """A reason found by arithmetic alone, before any program is solved.

    Attributes
    ----------
    kind
        "llm", "slo", "network", "capacity", "power", "batch", "budget" or "bound".
    workload
        The one that cannot be served; empty where it is about all together.
    paths
        What contradicts each other, as paths of the scenario.
    """

    kind: str
    words: str
    workload: str = ""
    paths: tuple[str, ...] = ()


@dataclass(frozen=True)
class Group:
    """Something of the scenario that a user can change: its path and what it is called."""

    path: str
    words: str


@dataclass(frozen=True)
class Conflict:
    """Groups that cannot hold together.

    Attributes
    ----------
    proven
        Whether without any one of them the others can, as solved: the set is irreducible then.
    """

    groups: tuple[Group, ...]
    proven: bool


@dataclass(frozen=True)
class Change:
    """One value of the scenario, changed so that a plan may exist."""

    path: str
    before: object
    after: object
    words: str
    override: str  # path=value, as ``--set`` takes it


@dataclass(frozen=True)
class Relaxation:
    """Changes that make a plan possible, together.

    Attributes
    ----------
    cost
        Sum over the changes: weight times change relative to the value [1].
    verified
        Whether the changed scenario was solved to a plan.
    """

    changes: tuple[Change, ...]
    cost: float
    verified: bool

    @property
    def words(self) -> str:
        """The changes in the scenario's words."""
        return " and ".join(change.words for change in self.changes)

    @property
    def overrides(self) -> tuple[str, ...]:
        """The changes as ``--set`` takes them."""
        return tuple(change.override for change in self.changes)


@dataclass(frozen=True)
class Diagnosis:
    """Why no plan exists, and the cheapest ways to one that were found.

    Attributes
    ----------
    cause
        In one sentence.
    findings
        What arithmetic alone shows, the first of which is the cause.
    details
        Demands and limits that give way, with amounts and times, at the least relaxation.
    complete
        Whether the search ended before its time did.
    steps
        What was solved, in order.
    """

    subject: str
    cause: str
    findings: tuple[Finding, ...]
    conflict: Conflict
    relaxations: tuple[Relaxation, ...]
    details: tuple[str, ...] = ()
    complete: bool = True
    steps: tuple[str, ...] = ()

    def document(self) -> Mapping[str, object]:
        """The diagnosis as plain values, for infeasible.json."""
        return {
            "schema": SCHEMA,
            "subject": self.subject,
            "cause": self.cause,
            "findings": [
                {"kind": f.kind, "words": f.words, "workload": f.workload, "paths": [*f.paths]}
                for f in self.findings
            ],
            "groups": [{"path": g.path, "words": g.words} for g in self.conflict.groups],
            "irreducible": self.conflict.proven,
            "details": list(self.details),
            "relaxations": [_relaxation(one) for one in self.relaxations],
            "complete": self.complete,
            "steps": list(self.steps),
        }


def _relaxation(one: Relaxation) -> dict[str, object]:
    return {
        "words": one.words,
        "cost": one.cost,
        "verified": one.verified,
        "overrides": list(one.overrides),
        "changes": [
            {"path": c.path, "before": c.before, "after": c.after, "words": c.words}
            for c in one.changes
        ],
    }
