"""Which configurations serve one phase alone, and where both phases can be served."""

from __future__ import annotations

from carbonplan.configurations import Configurations

Serving = tuple[tuple[str, str, str], ...]


def roles(configurations: Configurations) -> dict[str, str]:
    """The one phase that replicas of a configuration serve; none where they serve both."""
    return {one.name: one.role for one in configurations.kept if one.role != "mixed"}


def weights(configurations: Configurations) -> dict[str, str]:
    """What KV caches of a configuration are of: an LLM in a precision."""
    return {
        one.name: f"{one.llm}:{one.precision}"
        for one in configurations.kept
        if one.role != "mixed"
    }


def with_both_phases(serving: Serving, configurations: Configurations) -> Serving:
    """(class, configuration, region) without prefill that nobody decodes, or the reverse."""
    role_of, weights_of = roles(configurations), weights(configurations)
    pools = {
        role: {(k, weights_of[c], r) for k, c, r in serving if role_of.get(c) == role}
        for role in ("prefill", "decode")
    }
    complete = pools["prefill"] & pools["decode"]
    return tuple(
        (k, c, r)
        for k, c, r in serving
        if c not in role_of or (k, weights_of[c], r) in complete
    )
