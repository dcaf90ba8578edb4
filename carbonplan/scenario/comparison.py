"""What ``carbonplan compare`` varies: axes, of which every combination is planned."""

from __future__ import annotations

from typing import Any

from pydantic import Field, StrictBool

from carbonplan.scenario.fields import Name
from carbonplan.scenario.section import Section


class Axis(Section):
    """One thing that varies: values of a path of the scenario, or named cases of several."""

    axis: Name
    path: str | None = Field(
        None, description="what varies, as in --set: workloads[chat].ttft_s; with values"
    )
    given: StrictBool | None = Field(
        None,
        description="true: a circumstance; cases are judged among those that share it. Absent: "
        "true of values that are numbers, beside another axis",
    )
    values: list[Any] | None = Field(
        None, description="what stands at the path, one after the other"
    )
    cases: dict[Name, dict[str, Any]] | None = Field(
        None, description="by name, the paths that a case sets and their values"
    )
