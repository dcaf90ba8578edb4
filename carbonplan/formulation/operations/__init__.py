"""Operations of one slot after another: what runs, what it serves and what it draws."""

from carbonplan.formulation.operations import (
    batch,
    choices,
    fitting,
    holding,
    hosting,
    parameters,
    partitions,
    phases,
    power,
    quality,
    reuse,
    routing,
    sets,
    starting,
    supply,
    throughput,
    variables,
)

DECISIONS = (variables, choices)  # what signals may be multiplied by stands before them
FAMILIES = (
    *(routing, phases, throughput, hosting, fitting, reuse, starting, holding, batch, power),
    *(supply, quality, partitions),
)

__all__ = ["DECISIONS", "FAMILIES", "parameters", "sets"]
