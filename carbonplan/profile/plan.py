"""What is to be measured: prompts and steps of LLMs over batches, contexts and clocks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from carbonplan.catalogue.records import ModelCard
from carbonplan.units import BYTES_PER_GB, PARAMETERS_PER_BILLION

Phase = Literal["prefill", "step"]
BYTES_PER_VALUE = 2.0  # weights, activations and cache are in 16 bits
USABLE_FRACTION = 0.9  # of the memory; the rest is for work space and fragments
LIVE_STATES = 8.0  # vectors of hidden and MLP size kept of each token of a prompt
SHAPE_TOLERANCE = 0.02  # of the parameters of a card, by which a shape may miss them


@dataclass(frozen=True)
class Run:
    """One point to measure: a prompt of some tokens, or a step of a batch at a context."""

    phase: Phase
    batch: int
    tokens: int


def planned_runs(
    batches: Iterable[int], contexts: Iterable[int], prompts: Iterable[int]
) -> tuple[Run, ...]:
    """Prompts alone, then steps; in rising order, so that what does not fit comes last."""
    return (
        *(Run("prefill", 1, tokens) for tokens in sorted(set(prompts))),
        *(
            Run("step", batch, tokens)
            for batch in sorted(set(batches))
            for tokens in sorted(set(contexts))
        ),
    )


def needed_gb(card: ModelCard, run: Run) -> float:
    """Memory that a run takes: weights, cache, and what is live of a prompt [GB]."""
    weights = card.parameters_b * PARAMETERS_PER_BILLION
    cache = 2.0 * card.layers * card.kv_heads * card.head_dim * run.batch * run.tokens
    of_token = LIVE_STATES * (card.hidden_size + card.intermediate_size)
    live = of_token * (run.tokens if run.phase == "prefill" else run.batch)
    logits = 2.0 * card.vocabulary * run.batch
    return (weights + cache + live + logits) * BYTES_PER_VALUE / BYTES_PER_GB


def fits(card: ModelCard, run: Run, memory_gb: float) -> bool:
    """Whether a run is tried at all."""
    within_context = run.tokens <= card.context_tokens
    return within_context and needed_gb(card, run) <= USABLE_FRACTION * memory_gb


def not_buildable(card: ModelCard) -> str:
    """Why the measuring program cannot build an LLM; empty if it can.

    It builds dense transformers with grouped queries and gated MLPs, every layer attending to
    the whole context.
    """
    if card.moe is not None:
        return "has experts"
    if card.mla is not None:
        return "has latent attention"
    if card.sliding_window_tokens is not None:
        return "attends to a window"
    total = card.parameters_b * PARAMETERS_PER_BILLION
    if min(abs(built / total - 1.0) for built in _built_parameters(card)) > SHAPE_TOLERANCE:
        return "has other layers than attention and a gated MLP"
    return ""


def _built_parameters(card: ModelCard) -> tuple[float, float]:
    """Parameters with one table of embeddings, and with two."""
    heads = 2 * card.attention_heads + 2 * card.kv_heads
    layer = card.hidden_size * (heads * card.head_dim + 3 * card.intermediate_size)
    embedding = card.vocabulary * card.hidden_size
    return card.layers * layer + embedding, card.layers * layer + 2 * embedding
