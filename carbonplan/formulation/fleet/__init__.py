"""Fleet: what stands where in each stage, what is bought, and what can be had."""

from carbonplan.formulation.fleet import contracts, memory, servers, sets, shares, stock

FAMILIES = (servers, stock, contracts, shares, memory)

__all__ = ["FAMILIES", "sets"]
