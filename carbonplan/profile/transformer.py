"""A dense transformer of any shape with random weights, from plain modules of PyTorch.

Layers are those of the LLMs that it stands for: RMS norm, attention with grouped queries and a
cache, gated MLP. Rotary embeddings are left out: they are a small element-wise operation. The
numbers that come out mean nothing; the time and the power that they take do.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from carbonplan.catalogue.records import ModelCard

NATIVE_GROUPS = (8, 0)  # compute capability from which fused attention knows grouped queries


class Layer(nn.Module):
    """Attention over a cache of its own, then a gated MLP."""

    def __init__(self, card: ModelCard, *, native_groups: bool) -> None:
        super().__init__()
        self.heads, self.kv_heads, self.head_dim = (
            card.attention_heads,
            card.kv_heads,
            card.head_dim,
        )
        self.native_groups = native_groups
        together = (self.heads + 2 * self.kv_heads) * self.head_dim
        self.before_attention = nn.RMSNorm(card.hidden_size)
        self.query_key_value = nn.Linear(card.hidden_size, together, bias=False)
        self.attention_out = nn.Linear(self.heads * self.head_dim, card.hidden_size, bias=False)
        self.before_mlp = nn.RMSNorm(card.hidden_size)
        self.gate_and_up = nn.Linear(card.hidden_size, 2 * card.intermediate_size, bias=False)
        self.down = nn.Linear(card.intermediate_size, card.hidden_size, bias=False)

    def prefill(self, hidden: Tensor) -> Tensor:
        """All tokens of a prompt at once, (1, token, hidden)."""
        query, key, value = self._projected(hidden)
        group = self.heads // self.kv_heads
        if not self.native_groups:
            key, value = (one.repeat_interleave(group, dim=1) for one in (key, value))
        attended = functional.scaled_dot_product_attention(
            query, key, value, is_causal=True, enable_gqa=self.native_groups and group > 1
        )
        return self._rest(hidden, attended.transpose(1, 2))

    def step(self, hidden: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """One token of every sequence, (batch, 1, hidden), after those in its cache.

        The queries of a group stand where a sequence's tokens would: without a mask that is
        the same attention, and every fused kernel has it.
        """
        batch = hidden.shape[0]
        query, key, value = self._projected(hidden)
        keys[:, :, -1:].copy_(key)
        values[:, :, -1:].copy_(value)
        grouped = query.reshape(batch, self.kv_heads, -1, self.head_dim)
        attended = functional.scaled_dot_product_attention(grouped, keys, values)
        return self._rest(hidden, attended.reshape(batch, 1, self.heads, self.head_dim))

    def _projected(self, hidden: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values, (batch, head, token, head_dim)."""
        batch, tokens, _ = hidden.shape
        mixed = self.query_key_value(self.before_attention(hidden))
        heads = mixed.view(batch, tokens, -1, self.head_dim).transpose(1, 2)
        return heads.split((self.heads, self.kv_heads, self.kv_heads), dim=1)

    def _rest(self, hidden: Tensor, attended: Tensor) -> Tensor:
        """Output projection and MLP on what was attended to, (batch, token, head, head_dim)."""
        hidden = hidden + self.attention_out(attended.flatten(2))
        gate, up = self.gate_and_up(self.before_mlp(hidden)).chunk(2, dim=-1)
        return hidden + self.down(functional.silu(gate) * up)


class Transformer(nn.Module):
    """An LLM by the shape on its card."""

    def __init__(self, card: ModelCard, *, native_groups: bool) -> None:
        super().__init__()
        self.embedding = nn.Embedding(card.vocabulary, card.hidden_size)
        self.layers = nn.ModuleList(
            Layer(card, native_groups=native_groups) for _ in range(card.layers)
        )
        self.before_head = nn.RMSNorm(card.hidden_size)
        self.head = nn.Linear(card.hidden_size, card.vocabulary, bias=False)

    def prefill(self, tokens: Tensor) -> Tensor:
        """The first token after a prompt, (1, token)."""
        hidden = self.embedding(tokens)
        for layer in self.layers:
            hidden = layer.prefill(hidden)
        return self._sampled(hidden[:, -1:])

    def step(self, tokens: Tensor, caches: list[tuple[Tensor, Tensor]]) -> Tensor:
        """The next token of every sequence, (batch, 1)."""
        hidden = self.embedding(tokens)
        for layer, (keys, values) in zip(self.layers, caches, strict=True):
            hidden = layer.step(hidden, keys, values)
        return self._sampled(hidden)

    def _sampled(self, hidden: Tensor) -> Tensor:
        return self.head(self.before_head(hidden)).argmax(dim=-1)


def random_caches(
    card: ModelCard, batch: int, context: int, dtype: torch.dtype, device: torch.device
) -> list[tuple[Tensor, Tensor]]:
    """Keys and values of a context in every layer, (batch, kv_head, token, head_dim)."""
    shape = (batch, card.kv_heads, context, card.head_dim)
    return [
        (
            torch.randn(shape, dtype=dtype, device=device),
            torch.randn(shape, dtype=dtype, device=device),
        )
        for _ in range(card.layers)
    ]
