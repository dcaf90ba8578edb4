"""Operations of one slot after another: what runs, what it serves and what it draws."""

from carbonplan.formulation.operations import (
    batch,
    hosting,
    parameters,
    power,
    routing,
    sets,
    starting,
    throughput,
    variables,
)

FAMILIES = (variables, routing, throughput, hosting, starting, batch, power)

__all__ = ["FAMILIES", "parameters", "sets"]
