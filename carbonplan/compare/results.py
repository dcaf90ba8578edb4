"""What came of each case, as it lies on disk: a plan's folder, or a record of its failure.

The folder of a plan holds ``case.json`` with the key of what was asked; a case is not planned
again while its key is the same and its folder is whole. A failure is kept where it is an answer
(no plan exists, or none in time); where a process or the machine failed it is tried again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from carbonplan.compare.records import DONE, CaseResult, Failure, Servers
from carbonplan.errors import (
    Interrupted,
    InvalidInput,
    NoPlanExists,
    PlanDoesNotHold,
    StoppedAtLimit,
    StoppedWithoutPlan,
    UnreliableAnswer,
)
from carbonplan.plan.records import ImpactTotal

if TYPE_CHECKING:
    from carbonplan.catalogue.inputs import Inputs
    from carbonplan.compare.cases import Case
    from carbonplan.scenario.loaded import LoadedScenario
    from carbonplan.solve.limits import Limits

CASES, FAILED = "cases", "failed"
CASE_FILE = "case.json"
SCHEMA_VERSION = 1  # of case.json and of the records of failures
EXIT_CODES = {
    "optimal": DONE,
    "feasible": StoppedAtLimit.exit_code,
    "interrupted": Interrupted.exit_code,
}
STATUSES = {  # in a word, of failures that are answers
    NoPlanExists.exit_code: "infeasible",
    StoppedWithoutPlan.exit_code: "no plan in time",
    UnreliableAnswer.exit_code: "unreliable",
}
FAILED_STATUS, LOST_STATUS, HUNG_STATUS = "failed", "lost", "hung"
NOT_RUN, DOES_NOT_HOLD = "not run", "does not hold"


def key_of(loaded: LoadedScenario, inputs: Inputs, limits: Limits) -> str:
    """Hash of all that a case's plan depends on.

    The resolved scenario without what it is compared with, the content of every file but the
    scenario's own, which is resolved already, the limits of the solve, and versions.
    """
    from carbonplan.plan.provenance import versions

    own = set(loaded.files)
    asked = {
        "scenario": inputs.scenario.model_dump(mode="json", exclude={"compare"}),
        "files": sorted(file.sha256 for file in inputs.files if file.path not in own),
        "limits": asdict(limits),
        "versions": versions(),
    }
    text = json.dumps(asked, sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def case_file(case: Case, key: str) -> bytes:
    """What lies beside a case's plan, so that it is known again."""
    return _json_bytes(
        {
            "schema_version": SCHEMA_VERSION,
            "case": case.name,
            "labels": dict(case.labels),
            "key": key,
        }
    )


def is_whole(folder: Path, key: str) -> bool:
    """Whether a folder holds the finished plan of what is asked, as it was written."""
    from carbonplan.plan import read

    found = _mapping(folder / CASE_FILE)
    if found.get("key") != key:
        return False
    try:
        plan = read(folder)
    except InvalidInput:
        return False
    return plan.summary["status"] != "interrupted"


def planned(out: Path, case: Case) -> CaseResult:
    """The result of a case from its plan's folder, which is known to be whole."""
    folder = out / CASES / case.folder
    summary = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    holds = summary.get("verification", {}).get("holds", True)
    objective = summary["objective"]
    return CaseResult(
        name=case.name,
        labels=case.labels,
        numbers=case.numbers,
        status=summary["status"] if holds else DOES_NOT_HOLD,
        exit_code=EXIT_CODES[summary["status"]] if holds else PlanDoesNotHold.exit_code,
        message=None if holds else "; ".join(summary["verification"]["violations"][:3]),
        folder=f"{CASES}/{case.folder}",
        fingerprint=summary["fingerprint"],
        objective=objective["impact"],
        unit=objective["unit"],
        value=objective["value"],
        bound=summary["bound"],
        gap=summary["gap"],
        impacts={name: ImpactTotal(**total) for name, total in summary["impacts"].items()},
        servers=tuple(
            Servers(one["stage"], one["sku"], one["region"], one["count"], one["purchased"])
            for one in summary["servers"]
        ),
    )


def failed(case: Case, failure: Failure) -> CaseResult:
    """The result of a case without a plan."""
    by_kind = {"Lost": LOST_STATUS, "Hung": HUNG_STATUS}
    status = by_kind.get(failure.kind) or STATUSES.get(failure.exit_code, FAILED_STATUS)
    words = failure.message.rpartition("\n")[2] if failure.kind == "Bug" else failure.message
    return _without_plan(case, status, failure.exit_code, words)


def not_run(case: Case, exit_code: int) -> CaseResult:
    """The result of a case that nobody waited for."""
    return _without_plan(case, NOT_RUN, exit_code, "interrupted before it was planned")


def _without_plan(case: Case, status: str, exit_code: int, message: str) -> CaseResult:
    return CaseResult(case.name, case.labels, case.numbers, status, exit_code, message)


def keep_failure(out: Path, case: Case, key: str, failure: Failure) -> None:
    """Write down why a case has no plan."""
    from carbonplan.plan.atomic import write_file

    found = {"schema_version": SCHEMA_VERSION, "case": case.name, "key": key}
    write_file(_record(out, case), _json_bytes(found | asdict(failure)), overwrite=True)


def forget_failure(out: Path, case: Case) -> None:
    """The case has a plan now."""
    _record(out, case).unlink(missing_ok=True)


def kept_failure(out: Path, case: Case, key: str) -> Failure | None:
    """The failure that a case had when the same was asked, where it is an answer."""
    found = _mapping(_record(out, case))
    if found.get("key") != key or found.get("exit_code") not in STATUSES:
        return None
    try:
        return Failure(
            str(found["kind"]),
            found["exit_code"],
            str(found["message"]),
            tuple(found["problems"]),
        )
    except (KeyError, TypeError):
        return None


def _record(out: Path, case: Case) -> Path:
    return out / FAILED / f"{case.folder}.json"


def _mapping(path: Path) -> Mapping[str, object]:
    """What a JSON file holds; nothing where it cannot be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _json_bytes(content: object) -> bytes:
    return (json.dumps(content, indent=2, allow_nan=False) + "\n").encode("utf-8")
