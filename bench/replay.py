"""(i) Requests of the Azure conversation trace: an event loop alone, and a plan replayed."""

from __future__ import annotations

import io
import json
import time
from contextlib import redirect_stdout
from functools import partial
from typing import TYPE_CHECKING

from bench.bare_loop import Times, replica_done_s
from bench.places import CONVERSATIONS, ONE_HOUR, RESULTS
from bench.runner import Run, carbonplan, fresh, interleaved
from bench.section import Section, Target, at_least, at_most, medians, recorded

if TYPE_CHECKING:
    import numpy as np

    from carbonplan.replay.arrays import Controls, Kinds, Requests, Routes, Rules

REPLICAS, SLOTS, ROOM_TOKENS, LONGEST = 4, 64, 20_000, 16_384.0
TIMES = Times(
    fixed_s=0.02,
    per_sequence_s=2e-4,
    per_context_s=1e-7,
    per_prompt_token_s=5e-5,
    admission_s=1e-3,
    slots=SLOTS,
)
LOWEST_CLOCK, SLOWDOWN = 0.5, 1.5
CLOCK_LEVELS, CONTEXT_POINTS, PROMPT_POINTS = 5, 48, 128
LEAST_PER_MINUTE, MOST_GROWTH, SAME_S = 1e6, 1.3, 1e-6
BUSY = ("workloads[chat].arrivals.mean_rps=560", "regions[aws-us-east-1].power_limit_kw=2000")
BUSY_PLAN = RESULTS / "busy-hour"
SHORT_S, LONG_S, QUICK_LONG_S = 180.0, 3600.0, 720.0  # of the planned hour
FEATURES = ("--order", "llf", "--preempt", "--chunk-tokens", "2048", "--clock", "miad")
PLAIN, FULL, BARE = "FCFS", "LLF, preemptive, chunks, MIAD clocks", "bare loop in Python, FCFS"
SHORT, LONG = "`carbonplan replay`, the same features", "`carbonplan replay`, more of the hour"
COLUMNS = (
    *("way", "requests", "CPU s", "requests a minute", "peak MB", "mean stay [s]"),
    "preemptions",
)


def measure(*, quick: bool) -> Section:
    """Run all ways; a quick measurement replays less of the planned hour."""
    if not CONVERSATIONS.exists():
        return Section("i", f"no {CONVERSATIONS.name} beside the checkout", COLUMNS, (), ())
    settings = [part for one in BUSY for part in ("--set", one)]
    carbonplan("solve", ONE_HOUR, "--out", BUSY_PLAN, "--overwrite", "--quiet", *settings)
    long_s = QUICK_LONG_S if quick else LONG_S
    runs = interleaved(
        {
            PLAIN: partial(fresh, "bench.replay:replayed", full=False),
            FULL: partial(fresh, "bench.replay:replayed", full=True),
            BARE: partial(fresh, "bench.replay:bare"),
            SHORT: partial(fresh, "bench.replay:plan_replayed", window_s=SHORT_S),
            LONG: partial(fresh, "bench.replay:plan_replayed", window_s=long_s),
        }
    )
    middle = medians(runs)
    return Section(
        key="i",
        size=f"azure conversations: {middle[PLAIN].result['requests']:,} requests in an hour, "
        f"{REPLICAS} replicas of {SLOTS} places; and as they come to a plan for 560 a second, "
        f"{SHORT_S:.0f} s and {long_s:.0f} s of it",
        columns=COLUMNS,
        rows=tuple(row(name, run) for name, run in middle.items()),
        targets=targets(middle),
        runs=recorded(runs),
    )


def targets(middle: dict[str, Run]) -> tuple[Target, ...]:
    """Fast, the same as the bare loop, and no larger for more requests."""
    plain, full, bare, long = (middle[name].result for name in (PLAIN, FULL, BARE, LONG))
    difference_s = abs(plain["mean_stay_s"] - bare["mean_stay_s"])
    times = long["requests"] / middle[SHORT].result["requests"]
    return (
        at_least("every feature on", per_minute(full), LEAST_PER_MINUTE, "requests a minute"),
        at_least("the whole command", per_minute(long), LEAST_PER_MINUTE, "requests a minute"),
        at_least("FCFS against the bare loop", per_minute(plain) / per_minute(bare), 1.0, "×"),
        at_most("mean stay, FCFS against the bare loop", difference_s, SAME_S, "s"),
        at_most(
            f"memory of the command with {times:.0f} times the requests",
            middle[LONG].peak_mb / middle[SHORT].peak_mb,
            MOST_GROWTH,
            "×",
        ),
    )


def per_minute(result: dict[str, float]) -> float:
    """Requests a minute of one core."""
    return result["requests"] / result["seconds"] * 60.0


def row(name: str, run: Run) -> tuple[str, ...]:
    """A line of the table."""
    found = run.result
    stay_s, preemptions = found.get("mean_stay_s"), found.get("preemptions")
    return (
        name,
        f"{found['requests']:,}",
        f"{found['seconds']:.2f}",
        f"{per_minute(found):,.0f}",
        f"{run.peak_mb:.0f}",
        "–" if stay_s is None else f"{stay_s:.6f}",
        "–" if preemptions is None else f"{preemptions:,}",
    )


def replayed(full: bool) -> dict[str, float]:
    """Take the trace through the event loop, once."""
    from carbonplan.replay.arrays import DONE
    from carbonplan.replay.engine import ready, run

    ready()  # what is compiled is kept between runs: the clock counts only requests
    requests, setting = as_requests(conversations()), region(full)
    began = time.process_time()
    outcomes = run(requests, *setting, 60)
    seconds = time.process_time() - began
    done = outcomes.state == DONE
    stay_s = float((outcomes.done_s - requests.release_s)[done].mean())
    return summary(int(done.sum()), int(outcomes.preemptions.sum()), seconds, stay_s)


def plan_replayed(window_s: float) -> dict[str, float]:
    """Some of the planned hour through the command, traces read and plan judged included."""
    from carbonplan.cli.main import run
    from carbonplan.replay.engine import ready

    ready()
    began, said = time.process_time(), io.StringIO()
    with redirect_stdout(said):
        run(
            [
                *("replay", str(BUSY_PLAN), "--trace", str(CONVERSATIONS), "--share", "1"),
                *("--window", str(window_s), *FEATURES, "--json", "--quiet"),
            ]
        )
    found = json.loads(said.getvalue())
    return {
        "requests": found["sampling"]["requests"],
        "seconds": time.process_time() - began,
    }


def bare() -> dict[str, float]:
    """Take the trace once through the bare loop; replicas in turn."""
    time_s, prompt, output = (column.tolist() for column in conversations())
    began = time.process_time()
    stay_s = 0.0
    for n in range(REPLICAS):
        mine = slice(n, None, REPLICAS)
        done_s = replica_done_s(time_s[mine], prompt[mine], output[mine], TIMES)
        stay_s += sum(done_s) - sum(time_s[mine])
    return summary(len(time_s), 0, time.process_time() - began, stay_s / len(time_s))


def summary(
    requests: int, preemptions: int, seconds: float, mean_stay_s: float
) -> dict[str, float]:
    """What a way has to say."""
    return {
        "requests": requests,
        "preemptions": preemptions,
        "seconds": seconds,
        "mean_stay_s": mean_stay_s,
    }


def conversations() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Time [s], prompt and output tokens of each request, in order."""
    import pandas as pd

    trace = pd.read_csv(CONVERSATIONS).sort_values("t_ms", kind="stable")
    time_s = trace["t_ms"].to_numpy() / 1000.0
    return (
        time_s - time_s[0],
        trace["input_tokens"].to_numpy(),
        trace["output_tokens"].to_numpy(),
    )


def as_requests(trace: tuple[np.ndarray, ...]) -> Requests:
    """Requests of the trace; deadlines allow ten tokens a second."""
    import numpy as np

    from carbonplan.replay.arrays import Requests

    release_s, prompt, output = trace
    count = len(release_s)
    whole = np.zeros(count, dtype=np.int64)
    return Requests(
        release_s=release_s,
        prompt=prompt,
        output=output,
        expected=output.astype(float),
        deadline_s=release_s + 1.0 + 0.1 * output,
        token_s=np.full(count, TIMES.fixed_s),
        priority=whole,
        ttft_s=np.full(count, 1.0),
        tpot_s=np.full(count, 0.05),
        group=whole,
        draw=np.zeros(count),
    )


def region(full: bool) -> tuple[Kinds, Controls, Routes, Rules]:
    """Replicas that are always open; with every feature memory is short and clocks move."""
    import numpy as np

    from carbonplan.replay.arrays import FCFS, LLF, OPEN, PLANNED, Controls, Routes, Rules

    numbers = np.arange(REPLICAS)
    return (
        kinds(ROOM_TOKENS if full else np.iinfo(np.int64).max),
        Controls(np.zeros(REPLICAS), numbers, np.full(REPLICAS, OPEN), np.ones(REPLICAS)),
        Routes(np.ones((1, 1, 1)), np.ones((1, 1), dtype=bool), np.zeros((1, 1, 1)), 3600.0),
        Rules(
            order=LLF if full else FCFS,
            preempts=full,
            chunk_tokens=2048 if full else 0,
            routing=PLANNED,
            adapts=full,
            raise_by=1.2,
            lower_by=0.02,
            control_s=1.0,
            risk_share=0.8,
            minute_s=60.0,
        ),
    )


def kinds(room_tokens: int) -> Kinds:
    """One kind, with the times of the bare loop; slower at lower clocks."""
    import numpy as np

    from carbonplan.replay.arrays import MIXED, Kinds
    from carbonplan.replay.steps import points

    slow = np.linspace(SLOWDOWN, 1.0, CLOCK_LEVELS)
    batch = np.arange(SLOTS + 1.0)[:, None]
    context, tokens = points(LONGEST, CONTEXT_POINTS), points(LONGEST, PROMPT_POINTS)
    step_s = TIMES.fixed_s + batch * (TIMES.per_sequence_s + TIMES.per_context_s * context)
    work_s = slow[None, :, None] * TIMES.per_prompt_token_s * tokens
    return Kinds(
        role=np.array([MIXED]),
        first=np.array([0]),
        last=np.array([REPLICAS]),
        slots=np.array([SLOTS]),
        room_tokens=np.array([room_tokens]),
        before_s=np.zeros(1),
        before_s_per_token=np.zeros(1),
        admission_s=np.array([TIMES.admission_s]),
        moved_s_per_token=np.zeros(1),
        lowest_clock=np.array([LOWEST_CLOCK]),
        highest_clock=np.ones(1),
        decode_s=slow[None, :, None, None] * step_s,
        decode_kw=np.full((1, CLOCK_LEVELS, SLOTS + 1, CONTEXT_POINTS), 2.0),
        alone_s=work_s + slow[None, :, None] * TIMES.fixed_s,
        work_s=work_s,
        work_kj=work_s * 3.0,
        context_scale=np.array([LONGEST]),
        prompt_scale=np.array([LONGEST]),
    )
