"""Rules of LLMs that may answer in place of a workload's own: their quality is known."""

from __future__ import annotations

from collections.abc import Iterator

from carbonplan.scenario.messages import Problem
from carbonplan.scenario.wording import quoted
from carbonplan.scenario.workloads import Workload


def answers_can_be_good_enough(workload: Workload) -> Iterator[Problem]:
    """Alternatives and a floor need the quality of the workload's own LLM; some LLM has it."""
    if workload.quality is None and workload.alternatives:
        yield Problem(("quality",), "is missing; alternatives are compared with it")
    if workload.quality is None and workload.quality_floor is not None:
        yield Problem(("quality_floor",), "found without quality, expected with it")
    best = max(workload.qualities.values(), default=0.0)
    if workload.quality is not None and (workload.quality_floor or 0.0) > best:
        yield Problem(
            ("quality_floor",),
            f"found {workload.quality_floor:g}, expected at most {best:g}, the best quality "
            "there is",
        )
    for i, other in enumerate(workload.alternatives):
        if other.llm == workload.llm:
            yield Problem(
                ("alternatives", i, "llm"),
                f"found {quoted(other.llm)}, the workload's own, expected another LLM",
            )
