"""Tables of step times and powers of the kinds of a region, from the technology models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from carbonplan.replay.arrays import DECODE, MIXED, PREFILL, Floats, Kinds
from carbonplan.replay.known import Known, MeasuredMode, MeasuredTimes
from carbonplan.replay.measured_tables import of_mode, with_factors, with_times
from carbonplan.replay.overheads import Served, overhead_of
from carbonplan.replay.steps import points
from carbonplan.technology.calibration import Calibration
from carbonplan.technology.figures import Replica, ReplicaFigures, Role, replica_figures
from carbonplan.technology.memory import memory_batch
from carbonplan.technology.performance import decode_step, prompt_work
from carbonplan.technology.phases import prompt_step
from carbonplan.technology.power import above_idle_kw
from carbonplan.technology.transfer import prompt_cache_gb, transfer_kj, transfer_s
from carbonplan.units import MS_PER_S

LEVELS = 5
CONTEXT_POINTS, PROMPT_POINTS = 48, 128
MOVED_TOKENS = 1000.0  # at which the transfer of a token is taken
ROLES = {"mixed": MIXED, "prefill": PREFILL, "decode": DECODE}


@dataclass(frozen=True)
class Kind:
    """Replicas that are alike: an engine in a region.

    Attributes
    ----------
    clocks
        Lowest and highest share of the boost clock that they may run at.
    slots
        Sequences that one runs at once, at most.
    context_tokens
        Mean context of its sequences: how many tokens the cache holds is taken there.
    longest_tokens
        Of any request's prompt and answer together.
    known
        What was measured of its replicas; None: the models have all.
    """

    engine: str
    replica: Replica
    replicas: int
    clocks: tuple[float, float]
    slots: int
    context_tokens: float
    longest_tokens: float
    known: Known | None = None


def kinds_of(kinds: Sequence[Kind], calibration: Calibration) -> Kinds:
    """What the event loop reads of kinds, in their order."""
    last = np.cumsum([one.replicas for one in kinds])
    widest = max(one.slots for one in kinds)
    columns = [_columns(one, widest, calibration) for one in kinds]
    stacked = {name: np.stack([column[name] for column in columns]) for name in columns[0]}
    return Kinds(
        role=np.array([ROLES[one.replica.role] for one in kinds]),
        first=last - np.array([one.replicas for one in kinds]),
        last=last,
        slots=np.array([one.slots for one in kinds]),
        lowest_clock=np.array([one.clocks[0] for one in kinds]),
        highest_clock=np.array([one.clocks[1] for one in kinds]),
        context_scale=np.array([one.longest_tokens for one in kinds]),
        prompt_scale=np.array([one.longest_tokens for one in kinds]),
        **stacked,
    )


def _columns(kind: Kind, widest: int, calibration: Calibration) -> Mapping[str, Floats]:
    """Tables of a kind over its levels, and what does not depend on them."""
    known, longest = kind.known, kind.longest_tokens
    if isinstance(known, MeasuredMode):
        return of_mode(known, (LEVELS, widest + 1, CONTEXT_POINTS), PROMPT_POINTS)
    clocks = np.linspace(*kind.clocks, LEVELS).tolist()
    if isinstance(known, MeasuredTimes):
        clocks += sorted(known.at)
    replicas = [replace(kind.replica, clock_fraction=clock) for clock in clocks]
    figures = replica_figures(replicas, calibration)
    columns = columns_of(figures, kind.replica.role, widest, kind.context_tokens, longest)
    if known is not None and not isinstance(known, MeasuredTimes):
        return with_factors(columns, known)
    columns = {**columns, **_before(kind, calibration, float(columns["before_s"]))}
    if isinstance(known, MeasuredTimes):
        contexts, prompts = _axis(longest, CONTEXT_POINTS), _axis(longest, PROMPT_POINTS)
        return with_times(columns, known, figures, LEVELS, contexts, prompts)
    return columns


def _before(kind: Kind, calibration: Calibration, unknown_s: float) -> Mapping[str, Floats]:
    """Time before a prompt, as measured first tokens tell it."""
    one = kind.replica
    found = overhead_of(
        Served(
            calibration.engine,
            one.llm.llm,
            one.precision,
            one.server.accelerator.accelerator,
            one.tensor_parallel,
        ),
        unknown_s,
    )
    return {
        "before_s": np.float64(found.request_s),
        "before_s_per_token": np.float64(found.token_s),
    }


def _axis(longest_tokens: float, count: int) -> Floats:
    """Tokens at the points of an axis; none count as one."""
    return np.maximum(points(longest_tokens, count), 1.0)


def columns_of(
    figures: ReplicaFigures,
    role: Role,
    widest: int,
    context_tokens: float,
    longest_tokens: float,
) -> Mapping[str, Floats]:
    """The same of a replica at each of its levels, (level,) from the lowest clock.

    Parameters
    ----------
    widest
        Sequences at once, at most, of all kinds.
    """
    fastest = figures[-1:]
    room = memory_batch(context_tokens, fastest)[0] * context_tokens
    moved_s = transfer_s(prompt_cache_gb(MOVED_TOKENS, fastest), fastest)[0] / MOVED_TOKENS
    return {
        "room_tokens": np.int64(room),
        "before_s": fastest.coefficients.request_overhead_ms[0] / MS_PER_S,
        "before_s_per_token": np.float64(0.0),
        "admission_s": fastest.coefficients.admission_ms[0] / MS_PER_S,
        "moved_s_per_token": moved_s,
        **_decode(longest_tokens, widest, figures),
        **_prompts(longest_tokens, role, figures),
    }


def _decode(
    longest_tokens: float, widest: int, figures: ReplicaFigures
) -> Mapping[str, Floats]:
    """Steps by level, batch and context; of no sequences as of one."""
    batch = np.maximum(np.arange(widest + 1.0), 1.0)[:, None, None]
    context = np.maximum(points(longest_tokens, CONTEXT_POINTS), 1.0)[:, None]
    step = decode_step(batch, context, figures)
    shape = (widest + 1, CONTEXT_POINTS, figures.clock_fraction.size)
    power = np.broadcast_to(above_idle_kw(step, figures), shape)
    return {
        "decode_s": np.ascontiguousarray(
            np.moveaxis(np.broadcast_to(step.total_s, shape), -1, 0)
        ),
        "decode_kw": np.ascontiguousarray(np.moveaxis(power, -1, 0)),
    }


def _prompts(
    longest_tokens: float, role: Role, figures: ReplicaFigures
) -> Mapping[str, Floats]:
    """Prompts by level and tokens: alone, and what they add to steps beside others.

    Where the cache is handed over, its transfer counts with the prompt.
    """
    tokens = np.maximum(points(longest_tokens, PROMPT_POINTS), 1.0)[:, None]
    admission_s = figures.coefficients.admission_ms / MS_PER_S
    work = prompt_work(tokens, figures)
    alone_s = prompt_step(tokens, figures, 1.0).total_s - admission_s
    work_s, work_kj = work.total_s - admission_s, above_idle_kw(work, figures) * work.total_s
    if role == "prefill":
        work_kj = work_kj + transfer_kj(prompt_cache_gb(tokens, figures), figures)
    work_s[0] = work_kj[0] = 0.0
    return {
        name: np.ascontiguousarray(values.T)
        for name, values in (("alone_s", alone_s), ("work_s", work_s), ("work_kj", work_kj))
    }
