"""Layouts of request logs in CSV: which column says what, told by the header.

=================  ==========================================================================
azure              ``TIMESTAMP, ContextTokens, GeneratedTokens``: Azure LLM inference traces of
                   2023 and 2024; a time without a zone is UTC
burstgpt           ``Timestamp, Model, Request tokens, Response tokens, Total tokens, Log
                   Type``: seconds since the log began; workloads are the log types
csv                ``input_tokens, output_tokens``; when, if known, in one of ``time_utc``
                   (ISO 8601 with zone), ``time_unix_s``, ``time_s``, ``t_s``, ``time_ms``,
                   ``t_ms`` (since the log began); the workload, if there are several, in
                   ``workload``
servegen-rates     ``t_s, requests_per_s``, perhaps ``workload``: windows since the log began;
                   a rate of zero is a gap in the recording
servegen-lengths   ``field, mean_tokens_in_bin, requests_frac``, perhaps ``workload``:
                   histograms of ``input_tokens`` and ``output_tokens``
=================  ==========================================================================
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from carbonplan.catalogue.tables import refuse, shortened
from carbonplan.errors import InvalidInput, nearest
from carbonplan.units import MS_PER_S

INPUT, OUTPUT, WORKLOAD = "input_tokens", "output_tokens", "workload"
RATE, FIELD = "requests_per_s", "field"
BIN_TOKENS, BIN_SHARE = "mean_tokens_in_bin", "requests_frac"


class Clock(StrEnum):
    """What times of a log count from."""

    UTC = "utc"
    START = "start of the log"


@dataclass(frozen=True)
class Time:
    """A column that says when; text in ISO 8601 where ``per_s`` is None."""

    clock: Clock
    per_s: float | None = None
    zone_required: bool = True


@dataclass(frozen=True)
class Layout:
    """Columns of a log by what they say: as the header calls them."""

    name: str
    columns: Mapping[str, str]  # what is said: name in the header; all of them required
    workload: str | None = None  # column of the workload; read where the file has it
    times: Mapping[str, Time] | None = None  # columns of which one says when
    time_required: bool = False


PLAIN_TIMES = {
    "time_utc": Time(Clock.UTC),
    "time_unix_s": Time(Clock.UTC, 1.0),
    "time_s": Time(Clock.START, 1.0),
    "t_s": Time(Clock.START, 1.0),
    "time_ms": Time(Clock.START, MS_PER_S),
    "t_ms": Time(Clock.START, MS_PER_S),
}
LAYOUTS = (
    Layout(
        "azure",
        {INPUT: "ContextTokens", OUTPUT: "GeneratedTokens"},
        times={"TIMESTAMP": Time(Clock.UTC, zone_required=False)},
        time_required=True,
    ),
    Layout(
        "burstgpt",
        {INPUT: "Request tokens", OUTPUT: "Response tokens"},
        workload="Log Type",
        times={"Timestamp": Time(Clock.START, 1.0)},
        time_required=True,
    ),
    Layout(
        "servegen-rates",
        {RATE: RATE},
        workload=WORKLOAD,
        times={"t_s": PLAIN_TIMES["t_s"]},
        time_required=True,
    ),
    Layout(
        "servegen-lengths",
        {FIELD: FIELD, BIN_TOKENS: BIN_TOKENS, BIN_SHARE: BIN_SHARE},
        workload=WORKLOAD,
    ),
    Layout("csv", {INPUT: INPUT, OUTPUT: OUTPUT}, workload=WORKLOAD, times=PLAIN_TIMES),
)


def layout_of(
    path: Path, header: Sequence[str], wanted: str | None, renamed: Mapping[str, str]
) -> Layout:
    """The layout that a header has.

    Parameters
    ----------
    wanted
        Name of the layout, where the user says it.
    renamed
        Columns of layout ``csv`` by what they say, as this file calls them.
    """
    twice = sorted({name for name in header if header.count(name) > 1})
    refuse(path, [f'line 1: column "{shortened(name)}" stands twice' for name in twice])
    if renamed:
        layouts: Sequence[Layout] = (_renamed(renamed),)
    else:
        layouts = [one for one in LAYOUTS if wanted in (None, one.name)]
    fitting = [one for one in layouts if not _missing(one, header)]
    if fitting:
        return fitting[0]
    like = min(reversed(layouts), key=lambda one: len(_missing(one, header)))
    problems = [
        f'line 1: column "{name}" is missing{nearest(name, header)}'
        for name in _missing(like, header)
    ]
    known = "; ".join(f"{one.name}: {', '.join(_required(one))}" for one in layouts)
    raise InvalidInput(str(path), [*problems, f"expected the columns of a layout ({known})"])


def time_column(layout: Layout, header: Sequence[str]) -> tuple[str, Time] | None:
    """The column that says when, and how; None where nothing does."""
    return next(
        ((name, time) for name, time in (layout.times or {}).items() if name in header), None
    )


def _required(layout: Layout) -> list[str]:
    when = list(layout.times or ()) if layout.time_required else []
    return [*when, *layout.columns.values()]


def _missing(layout: Layout, header: Sequence[str]) -> list[str]:
    return [name for name in _required(layout) if name not in header]


def _renamed(renamed: Mapping[str, str]) -> Layout:
    """Layout ``csv`` under the names that the file has."""
    plain = LAYOUTS[-1]
    known = [*plain.columns, WORKLOAD, *PLAIN_TIMES]
    unknown = [name for name in renamed if name not in known]
    if unknown:
        raise InvalidInput(
            "--column",
            [
                f'found "{shortened(name)}"; expected one of {", ".join(known)}'
                f"{nearest(name, known)}"
                for name in unknown
            ],
        )
    times = {renamed.get(name, name): time for name, time in PLAIN_TIMES.items()}
    given = [renamed[name] for name in PLAIN_TIMES if name in renamed]
    return Layout(
        "csv",
        {name: renamed.get(name, name) for name in plain.columns},
        workload=renamed.get(WORKLOAD, WORKLOAD),
        times={name: times[name] for name in given} if given else times,
        time_required=bool(given),
    )
