"""Workloads: streams of requests, how they divide into classes, and what they ask for."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from carbonplan.scenario.fields import (
    Count,
    Fraction,
    Name,
    NonNegative,
    Positive,
    Quantity,
)
from carbonplan.scenario.section import Section


class Arrivals(Section):
    """How many requests come, and when."""

    mean_rps: Positive | None = Field(None, description="mean over the horizon, all origins")
    shape: Name | None = Field(
        None, description="a service of data/requests/arrivals.csv; absent: flat"
    )
    file: str | None = Field(
        None, description="CSV: time_utc, and rps or one column per origin or class"
    )
    by: Literal["origin", "class"] = Field(
        "origin",
        description="what columns of file other than rps count; class: the requests of each "
        "class, whose share then varies, under its name or <partition>/<class>",
    )


class Origin(Section):
    """Where users are: an origin of data/sites/round_trips.csv and its share of requests."""

    origin: Name
    share: Fraction
    utc_offset_hours: Annotated[float, Field(ge=-12, le=14), Quantity] | None = Field(
        None, description="absent: standard time of the origin's row in data/sites/origins.csv"
    )


class ClassSpec(Section):
    """A request class written out in the scenario."""

    name: Name
    input_tokens: Positive
    output_tokens: Positive
    share: Fraction | None = Field(
        None, description="of the requests; required unless arrivals count them by class"
    )


class Alternative(Section):
    """Another LLM that may answer the requests of a workload."""

    llm: Name
    quality: NonNegative = Field(description="on the scale of the workload's own quality")


class Workload(Section):
    """A stream of requests to one LLM: online with SLOs, or batch with a deadline."""

    name: Name
    kind: Literal["online", "batch"]
    llm: Name
    classes: Name | list[ClassSpec] | None = Field(
        None, description="a service of data/requests/classes.csv, or the classes themselves"
    )
    partitions: dict[Name, Name | list[ClassSpec]] | None = Field(
        None,
        description="instead of classes: ways of dividing the requests into classes, of which "
        "one is chosen whenever replicas change",
    )
    arrivals: Arrivals
    origins: list[Origin] = Field([], description="empty: no network between users and sites")
    ttft_s: Positive | None = Field(None, description="online: time to first token, required")
    tpot_s: Positive | None = Field(None, description="online: time per output token, required")
    percentile: Annotated[float, Field(gt=0.5, lt=1), Quantity] = Field(
        0.99, description="share of the requests that ttft_s holds for"
    )
    max_rtt_s: Positive | None = Field(
        None, description="farthest origin that a site may serve; absent: half of ttft_s"
    )
    deadline_hours: Annotated[int, Field(ge=1, le=8784), Quantity] | None = Field(
        None, description="batch: hours from arrival to completion, required"
    )
    regions: list[Name] | None = Field(None, description="where its data may go; absent: all")
    headroom: Annotated[float, Field(ge=1, le=100), Quantity] = Field(
        1.0, description="capacity that is kept, as a multiple of the load"
    )
    spare_replicas: Count = Field(
        0,
        description="idle replicas that are kept running, in all regions together; workloads "
        "that engines are common to share them",
    )
    alternatives: list[Alternative] = Field(
        [], description="other LLMs that may answer, each with its quality"
    )
    quality: NonNegative | None = Field(None, description="of the workload's own LLM")
    quality_floor: NonNegative | None = Field(
        None, description="least mean quality of the answers in any slot"
    )

    @property
    def llms(self) -> tuple[str, ...]:
        """LLMs that may answer: its own, then the alternatives."""
        return (self.llm, *(other.llm for other in self.alternatives))

    @property
    def qualities(self) -> dict[str, float]:
        """Quality by LLM, as far as it is given."""
        given = {other.llm: other.quality for other in self.alternatives}
        return given if self.quality is None else {self.llm: self.quality, **given}
