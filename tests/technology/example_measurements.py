"""A measured replica whose numbers can be followed in the head.

A prompt takes a millisecond a token; a step takes 10 ms of one sequence and 20 ms of four,
whatever the context.
"""

from carbonplan.catalogue.measurements import Measurement
from tests.technology.example_records import LLAMA_8B

PLACE = {
    "accelerator": "h100-sxm",
    "llm": LLAMA_8B.llm,
    "precision": "bf16",
    "tensor_parallel": 1,
}


def row(quantity: str, value: float, *, batch=1, tokens=100, **changes) -> Measurement:
    load = {"batch": batch, "input_tokens": tokens, "output_tokens": 0, "source": "own.csv"}
    return Measurement(**{**PLACE, **load, **changes, "quantity": quantity, "value": value})


def simple_rows() -> list[Measurement]:
    prompts = [row("prefill_s", tokens / 1000, tokens=tokens) for tokens in (100, 400)]
    steps = [
        row("step_s", seconds, batch=batch, tokens=tokens)
        for batch, seconds in ((1, 0.01), (4, 0.02))
        for tokens in (100, 400)
    ]
    return [*prompts, *steps]


def powered_rows() -> list[Measurement]:
    """The same with 710 W in prompts and 410 W in steps."""
    prompts = [row("prefill_power_w", 710, tokens=tokens) for tokens in (100, 400)]
    steps = [
        row("step_power_w", 410, batch=batch, tokens=tokens)
        for batch in (1, 4)
        for tokens in (100, 400)
    ]
    return [*simple_rows(), *prompts, *steps]
