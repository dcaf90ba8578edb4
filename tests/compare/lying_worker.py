"""A worker that does what the name of a case says, without any planning; no imports of weight.

``python -m tests.compare.lying_worker``, as the sweep starts ``carbonplan.cli.case_worker``.
"""

import json
import os
import select
import signal
import sys
from pathlib import Path

SUMMARY = {
    "status": "optimal",
    "fingerprint": "0123456789ab",
    "objective": {"impact": "carbon", "unit": "kgCO2e", "value": 2.0},
    "bound": 2.0,
    "gap": 0.0,
    "verification": {"holds": True, "violations": []},
    "impacts": {
        "carbon": {"value": 2.0, "unit": "kgCO2e", "by_region": {}, "by_sku": {}},
        "cost": {"value": 3.0, "unit": "USD", "by_region": {}, "by_sku": {}},
    },
    "servers": [{"stage": "now", "sku": "h100", "region": "north", "count": 1, "purchased": 1}],
}


def main() -> None:
    for line in sys.stdin:
        task = json.loads(line)
        answer = {"key": "k", "is_kept": False, "search_s": 1.0, "failure": None}
        kind = checked if task["do"] == "check" else planned
        answer.update(kind(task["case"]["name"], Path(task["folder"])))
        print(json.dumps({"answer": answer}), flush=True)


def checked(name: str, folder: Path) -> dict[str, object]:
    if name.startswith("unsound"):
        return failure("InvalidInput", 3, "s.yaml: 1 problem\n  - no such SKU", ["no such SKU"])
    if name.startswith("nonsense"):
        return failure("UsageError", 2, "no such key")
    if name.startswith("broken"):
        return failure("Bug", 1, "Traceback ...\nKeyError: 'x'")
    return {"is_kept": (folder / "plan.json").exists()}


def planned(name: str, folder: Path) -> dict[str, object]:
    with (folder.parents[1] / "log.txt").open("a", encoding="utf-8") as log:
        log.write(f"{name}\n")
    say_progress()
    if name == "dies-always" or (
        name == "dies-once" and is_first(folder.with_name("died-once"))
    ):
        print("out of luck", file=sys.stderr, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    if name == "hangs" or (name == "hangs-once" and is_first(folder.with_name("hung-once"))):
        wait()
    if name == "babbles":
        print('{"answer": 7}', flush=True)
    if name == "forgets":
        return {}
    if name == "infeasible":
        return failure("NoPlanExists", 4, "no plan meets it")
    if name == "full-disk":
        return failure("EnvironmentFailed", 9, "could not write")
    if name == "bug":
        return failure("Bug", 1, "Traceback (most recent call last):\n  ...\nKeyError: 'x'")
    if name == "stops":
        os.kill(os.getppid(), signal.SIGINT)
        wait()
    summary = {**SUMMARY, "status": "feasible" if name == "slow" else "optimal"}
    if name == "wrong":
        summary["verification"] = {"holds": False, "violations": ["demand_is_served: no"]}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "plan.json").write_text(json.dumps(summary), encoding="utf-8")
    return {}


def is_first(mark: Path) -> bool:
    """Whether nobody has left the mark yet."""
    if mark.exists():
        return False
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.touch()
    return True


def wait() -> None:
    """Until the sweep is gone."""
    select.select([sys.stdin], [], [], 60)
    os._exit(0)


def say_progress() -> None:
    said = {
        "seconds": 0.1,
        "objective": 2.0,
        "bound": 1.0,
        "gap": 0.5,
        "nodes": 1,
        "phase": "x",
    }
    print(json.dumps({"progress": said}), flush=True)


def failure(kind: str, code: int, message: str, problems: list[str] | None = None) -> dict:
    found = {"kind": kind, "exit_code": code, "message": message, "problems": problems or []}
    return {"failure": found}


if __name__ == "__main__":
    main()
