"""Operations of one slot after another: what runs, what it serves and what it draws."""

from carbonplan.formulation.operations import (
    batch,
    holding,
    hosting,
    parameters,
    power,
    routing,
    sets,
    starting,
    throughput,
    variables,
)

DECISIONS = (variables,)  # what signals may be multiplied by stands before them
FAMILIES = (routing, throughput, hosting, starting, holding, batch, power)

__all__ = ["DECISIONS", "FAMILIES", "parameters", "sets"]
