"""Results of vLLM: ``vllm bench serve --save-result`` and ``benchmark_serving.py`` before it.

One JSON document for each run; ``--append-result`` puts several into a file. Times are means in
milliseconds over the requests that were answered; ``mean_tpot_ms`` leaves the first token out.
The file says neither what it ran on nor in which precision.
"""

from __future__ import annotations

from collections.abc import Mapping

from carbonplan.technology.calibrate.benchmarks.serving import Numbers, ServingRun
from carbonplan.units import MS_PER_S

MARKS = ("request_throughput", "total_input_tokens")


def is_vllm(document: object) -> bool:
    """Whether a JSON document is a result of vLLM's benchmark."""
    return isinstance(document, Mapping) and any(mark in document for mark in MARKS)


def read_run(document: Mapping[str, object], where: str) -> tuple[ServingRun | None, list[str]]:
    """The run of one document, or what is wrong with it.

    Parameters
    ----------
    where
        Put before each problem: empty, or the number of the document in its file.
    """
    numbers = Numbers(document, where)
    completed = numbers.positive("completed")
    output_tokens = numbers.positive("total_output_tokens") / completed
    one_token = output_tokens <= 1.0
    run = ServingRun(
        where=where,
        model=document.get("model_id") and str(document["model_id"]),
        requests_per_s=numbers.positive("request_throughput"),
        input_tokens=numbers.positive("total_input_tokens") / completed,
        output_tokens=output_tokens,
        ttft_s=numbers.positive("mean_ttft_ms") / MS_PER_S,
        tpot_s=None if one_token else numbers.positive("mean_tpot_ms") / MS_PER_S,
    )
    problems = numbers.problems
    if any(key.startswith("spec_decode") for key in document):
        problems.append(
            f"{where}ran with speculative decoding, where a step gives several tokens; "
            "the models know one token a step"
        )
    return (None, problems) if problems else (run, [])
