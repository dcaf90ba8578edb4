"""Fleet: what stands where, what is bought, and what can be had."""

from carbonplan.formulation.fleet import servers, stock

FAMILIES = (servers, stock)
