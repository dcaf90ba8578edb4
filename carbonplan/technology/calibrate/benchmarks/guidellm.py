"""Reports of GuideLLM: ``benchmarks.json`` of version 0.3 and later.

Every entry of ``benchmarks`` is a run at one rate; ``metrics.<name>.successful.mean`` are means
over the requests that were answered. GuideLLM's *inter-token latency* leaves the first token
out, as the time per output token does here; its *time per output token* does not, and is not
used. From version 0.4 on ``args.model`` names the model.
"""

from __future__ import annotations

from collections.abc import Mapping

from carbonplan.technology.calibrate.benchmarks.serving import Numbers, ServingRun
from carbonplan.units import MS_PER_S


def is_guidellm(document: object) -> bool:
    """Whether a JSON document is a report of GuideLLM."""
    return isinstance(document, Mapping) and isinstance(document.get("benchmarks"), list)


def read_runs(document: Mapping[str, object]) -> tuple[list[ServingRun], list[str]]:
    """Runs of a report, and what is wrong with it."""
    runs, problems = [], []
    model = _model(document)
    for number, benchmark in enumerate(document["benchmarks"], start=1):
        where = f"benchmarks[{number}].metrics."
        metrics = benchmark.get("metrics") if isinstance(benchmark, Mapping) else None
        numbers = Numbers(metrics if isinstance(metrics, Mapping) else {}, where)
        output_tokens = _mean(numbers, "output_token_count")
        run = ServingRun(
            where=f"benchmarks[{number}]: ",
            model=model,
            requests_per_s=_mean(numbers, "requests_per_second"),
            input_tokens=_mean(numbers, "prompt_token_count"),
            output_tokens=output_tokens,
            ttft_s=_mean(numbers, "time_to_first_token_ms") / MS_PER_S,
            tpot_s=(
                None
                if output_tokens <= 1.0
                else _mean(numbers, "inter_token_latency_ms") / MS_PER_S
            ),
        )
        problems += numbers.problems
        if not numbers.problems:
            runs.append(run)
    if not runs and not problems:
        problems = ["benchmarks: is empty; expected at least one run"]
    return runs, problems


def _mean(numbers: Numbers, metric: str) -> float:
    return numbers.positive(metric, "successful", "mean")


def _model(document: Mapping[str, object]) -> str | None:
    arguments = document.get("args")
    model = arguments.get("model") if isinstance(arguments, Mapping) else None
    return str(model) if model else None
