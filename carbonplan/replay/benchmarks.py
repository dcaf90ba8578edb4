"""How public tables of serving were measured: the load of a run, and what was told of it.

InferenceX
    Ten requests for each that is in the system, all counted, the first of them at once. Lengths
    are even between 80 and 100 % of what is told. Told are means.
ML.ENERGY, version 3
    Steady serving: what happens after as many requests are done as are in the system, and
    before the last is sent. Prompts are as long as their task's; outputs vary exponentially
    around their mean, which is assumed. Told is the median step.
ML.ENERGY, version 2
    The same number of requests for every size of the batch, all waiting from the beginning.
    Throughput and energy are those from then until nobody waits any more. The time per token
    is of all iterations, those of the end included, in which ever fewer sequences run: the
    mean over iterations of the mean time that their sequences have waited for a token. Prompts
    have iterations of their own, of up to 4,096 tokens; answers end after 1,024 tokens.

Source
------
``inferencemax-2025``, ``ml-energy-2025``: of the latter what ``aggregate_leaderboard_data.py``
derives for version 2, and the queues of its runs; ``vllm-sharegpt-2024`` for prompts of chats.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from carbonplan.replay.arrays import Integers, Rules
from carbonplan.replay.closed_loop import ClosedLoop
from carbonplan.replay.engine_settings import inferencex_rules, rules_of
from carbonplan.technology.memory import PREFILL_CHUNK_TOKENS
from carbonplan.units import J_PER_KJ

if TYPE_CHECKING:
    import pandas as pd

LOWEST_SHARE = 0.8  # of the told length
LEAST_STEADY = 64  # requests of a steady run
WIDEST_STEP = 4096  # tokens of prompts in a step of version 2 of ML.ENERGY
FILLED = 2  # times the batch: requests of its largest runs, at least
SCALE_BISECTIONS, SCALES = 40, 100.0

Generator = np.random.Generator
Lengths = Callable[["pd.Series", int, Generator], tuple[Integers, Integers]]


@dataclass(frozen=True)
class Task:
    """A task of version 2 of ML.ENERGY.

    Attributes
    ----------
    longest
        Tokens at which answers are cut off.
    prompt_tokens
        Mean; none: what the table of measurements assumes.
    """

    requests: int
    longest: int
    prompt_tokens: int | None = None


CODE = Task(requests=1640, longest=512)  # 164 prompts ten times
CHAT = Task(requests=2000, longest=1024, prompt_tokens=230)  # 500 prompts four times
PICTURES = Task(requests=2000, longest=1024)
TASKS = {"llm_text_generation/code": CODE, "llm_text_generation/chat": CHAT}


@dataclass(frozen=True)
class Run:
    """What came of a run.

    Attributes
    ----------
    idle_kw
        Of all accelerators of the replica.
    counts_first
        Whether the time in which the batch fills counts as steady.
    """

    loop: ClosedLoop
    concurrency: int
    idle_kw: float
    counts_first: bool = False

    @cached_property
    def steady_s(self) -> tuple[float, float]:
        """From when as many are done as are in the system, until the last is sent."""
        done_s = np.sort(self.loop.done_s)
        begin_s = 0.0 if self.counts_first else float(done_s[self.concurrency - 1])
        return begin_s, float(self.loop.sent_s[-1])

    def is_steady(self, ends_s: NDArray[np.float64]) -> NDArray[np.bool_]:
        """What ends in that time."""
        begin_s, end_s = self.steady_s
        return (ends_s > begin_s) & (ends_s <= end_s)


@dataclass(frozen=True)
class Benchmark:
    """How a table was measured.

    Attributes
    ----------
    rules
        Of the engine of a run.
    count
        Requests of a run at a concurrency.
    measures
        What a run gives of each quantity.
    counts_first
        Whether the time in which the batch fills counts as steady.
    """

    rules: Callable[[pd.Series], Rules]
    count: Callable[[pd.Series], int]
    lengths: Lengths
    measures: Mapping[str, Callable[[Run], float]]
    counts_first: bool = False

    def drawn(self, run: pd.Series, generator: Generator) -> tuple[Integers, Integers]:
        """Lengths of all requests of a run."""
        count = max(self.count(run), LEAST_STEADY, int(run["concurrency"]) + 1)
        return self.lengths(run, count, generator)


def _even(run: pd.Series, count: int, generator: Generator) -> tuple[Integers, Integers]:
    highest = np.array([run["input_tokens"], run["output_tokens"]])
    low, high = (LOWEST_SHARE * highest).astype(int), highest.astype(int)
    drawn = np.maximum(generator.integers(low, high + 1, size=(count, 2)), 1)
    return drawn[:, 0].copy(), drawn[:, 1].copy()


def _exponential(run: pd.Series, count: int, generator: Generator) -> tuple[Integers, Integers]:
    drawn = np.ceil(generator.exponential(run["output_tokens"], size=count)).astype(np.int64)
    return np.full(count, max(round(run["input_tokens"]), 1)), np.maximum(drawn, 1)


def _cut_off(run: pd.Series, count: int, generator: Generator) -> tuple[Integers, Integers]:
    """Exponential up to where answers are cut off, with the mean that is told."""
    task, output = _task(run), run["output_tokens"]
    low, high = output, SCALES * task.longest
    for _ in range(SCALE_BISECTIONS):
        scale = np.sqrt(low * high)
        mean = -scale * np.expm1(-task.longest / scale)
        low, high = (low, scale) if mean > output else (scale, high)
    drawn = np.ceil(generator.exponential(low, size=count)).astype(np.int64)
    prompt = task.prompt_tokens or max(round(run["input_tokens"]), 1)
    return np.full(count, prompt), np.clip(drawn, 1, task.longest)


def _task(run: pd.Series) -> Task:
    return TASKS.get(run["task"], PICTURES)


def _of_task(run: pd.Series) -> int:
    """As told, and as many as keep a large batch full for a while."""
    return max(_task(run).requests, FILLED * int(run["concurrency"]))


def _many_each(each: int) -> Callable[[pd.Series], int]:
    """So many requests for each that is in the system."""
    return lambda run: each * int(run["concurrency"])


def _always(rules: Rules) -> Callable[[pd.Series], Rules]:
    return lambda _: rules


def _mean_ttft_s(run: Run) -> float:
    return float(np.nanmean(run.loop.ttft_s))


def _mean_tpot_s(run: Run) -> float:
    return float(np.nanmean(run.loop.tpot_s))


def _mean_wait_s(run: Run) -> float:
    r"""Mean over iterations that decode of the mean time since their sequences' last tokens.

    .. math:: \frac{1}{N} \sum_i \Bigl(t_i + \frac{B_i - f_i}{B_i} p_i\Bigr)

    with the time :math:`p_i` of prompts before an iteration of length :math:`t_i`, after which
    :math:`f_i` of its :math:`B_i` sequences have only just had their first token.
    """
    loop = run.loop
    decodes = loop.tokens > 0
    length_s = loop.step_s * loop.steps
    begin_s = loop.ends_s[decodes] - length_s[decodes]
    prompts_s = np.diff(np.cumsum(np.where(decodes, 0.0, length_s))[decodes], prepend=0.0)
    first_s = np.sort(loop.sent_s + loop.ttft_s)
    fresh = np.diff(np.searchsorted(first_s, begin_s, side="right"), prepend=0)
    sequences = loop.tokens[decodes] / loop.steps[decodes]
    waited_s = prompts_s * np.maximum(1.0 - fresh / sequences, 0.0)
    return float((length_s[decodes] + waited_s).sum() / loop.steps[decodes].sum())


def _median_step_s(run: Run) -> float:
    """Median time between two tokens of a sequence."""
    steady = run.is_steady(run.loop.ends_s)
    steps, tokens = run.loop.step_s[steady], run.loop.tokens[steady]
    order = np.argsort(steps)
    upto = np.cumsum(tokens[order])
    return float(steps[order][np.searchsorted(upto, upto[-1] / 2.0)])


def _steady_tokens(run: Run) -> float:
    """Output tokens made in the steady time: first ones and others."""
    first_s = run.loop.sent_s + run.loop.ttft_s
    others = run.loop.tokens[run.is_steady(run.loop.ends_s)].sum()
    return float(others) + float(np.count_nonzero(run.is_steady(first_s)))


def _tokens_per_s(run: Run) -> float:
    begin_s, end_s = run.steady_s
    return _steady_tokens(run) / (end_s - begin_s)


def _energy_j(run: Run) -> float:
    """Of all accelerators, for an output token."""
    begin_s, end_s = run.steady_s
    above_kj = float(run.loop.energy_kj[run.is_steady(run.loop.ends_s)].sum())
    return J_PER_KJ * (above_kj + run.idle_kw * (end_s - begin_s)) / _steady_tokens(run)


STEADY = {"output_tokens_per_s": _tokens_per_s, "energy_per_output_token_j": _energy_j}
BENCHMARKS = {
    "inferencex": Benchmark(
        inferencex_rules,
        _many_each(10),
        _even,
        {"ttft_s": _mean_ttft_s, "tpot_s": _mean_tpot_s},
    ),
    "mlenergy-v2": Benchmark(
        _always(rules_of(WIDEST_STEP, prompts_whole=True, prompts_apart=True)),
        _of_task,
        _cut_off,
        {"tpot_s": _mean_wait_s, **STEADY},
        counts_first=True,
    ),
    "mlenergy-v3": Benchmark(
        _always(rules_of(int(PREFILL_CHUNK_TOKENS))),
        _many_each(4),
        _exponential,
        {"step_s": _median_step_s, **STEADY},
    ),
}
