"""What a relaxation costs: its weight times its change, relative to the value that it changes.

The weights order what planners find easy to change: what money buys, then what a site or a
contract can give, then what users notice, then whether they are served at all.
"""

from __future__ import annotations

STOCK = 1.0  # another server can be ordered
SPACE = 1.0
BUDGET = 1.0
BOUND = 1.0
CONTRACT = 1.0
SPARE = 1.0
SHARE = 1.0  # of a region, of a vendor, matched
SITE_POWER = 1.5  # takes the longest to be built
DEADLINE = 1.5
ROUTE = 2.0  # farther regions, or others
TTFT = 2.0
TPOT = 2.0
HARDWARE = 2.0  # another SKU, precision or parallelism
QUALITY = 3.0
UTILISATION = 3.0
HEADROOM = 3.0
SURVIVAL = 4.0
DEMAND = 100.0  # the last resort
