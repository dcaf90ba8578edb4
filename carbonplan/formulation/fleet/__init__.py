"""Fleet: what stands where in each stage, what is bought, and what can be had."""

from carbonplan.formulation.fleet import servers, sets, stock

FAMILIES = (servers, stock)

__all__ = ["FAMILIES", "sets"]
