r"""The least that a request takes: accelerators and power, whatever serves it where.

.. math::

   a_{kg} = \min_{c \in C_g} \frac{a_c}{\rho_{kc}}, \qquad
   w_{kg} = \min_{c \in C_g} \left( e_{kc} + \frac{w^l_c}{\rho_{kc}}
            + \frac{w^p_g}{a_g} \frac{a_c}{\rho_{kc}} \right)

accelerators and kW by the request per second on SKU g, of rows (3), (4) and (9) without what
starting, idling and whole numbers add. Of a request that is divided into phases the lesser one
counts. No plan takes less, so that what exceeds a limit by these figures cannot be.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from carbonplan.problem import Problem

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Needs:
    """By the request per second, (class, region, SKU); infinite where nothing serves it there.

    Attributes
    ----------
    accelerators
        Accelerators [1].
    kw
        IT power [kW].
    """

    accelerators: Floats
    kw: Floats


def least_needs(problem: Problem) -> Needs:
    """The least of both, each over the configurations of a SKU that may carry a class."""
    p = problem.data
    k_at, c_at, e_at, r_at, g_at = (
        {name: i for i, name in enumerate(p[dim].values.tolist())}
        for dim in ("request_class", "configuration", "engine", "region", "sku")
    )
    k, c, r = (
        np.array([at[one[i]] for one in problem.serving], dtype=np.int64)
        for i, at in enumerate((k_at, c_at, r_at))
    )
    e = np.array([e_at[problem.engine_of[one]] for _, one, _ in problem.serving], dtype=int)
    g = np.array([g_at[problem.sku_of[name]] for name in e_at], dtype=int)[e]
    by_pair = ("request_class", "configuration")
    busy = 1.0 / p["rate_rps"].transpose(*by_pair).values[k, c]
    of_host = (p["powered_kw"].values / p["sku_accelerators"].values)[g] * (
        not problem.fittings
    )
    accelerators = p["accelerators"].values[e]
    power = p["energy_kj_per_request"].transpose(*by_pair).values[k, c]
    power = power + (p["loaded_kw"].values[e] + of_host * accelerators) * busy
    shape = (len(k_at), len(r_at), len(g_at))
    return Needs(_least((k, r, g), accelerators * busy, shape), _least((k, r, g), power, shape))


def _least(places: tuple[NDArray, ...], taken: Floats, shape: tuple[int, ...]) -> Floats:
    """Least figure of each place."""
    least = np.full(shape, np.inf)
    np.minimum.at(least, places, taken)
    return least
