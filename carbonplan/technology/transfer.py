r"""A KV cache on its way from the replica that made it to the one that decodes with it.

.. math:: t = \frac{n}{\eta\,B\,a / a_g}, \qquad E = e\,n

with n bytes of cache, the bandwidth B of the server's network adapters, of which a replica has
the share of its accelerators, and the part :math:`\eta` of it that transfers reach. Sender and
receiver each take their own time: one after the other, so that no pair of replicas is faster
than planned.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from carbonplan.technology.figures import ReplicaFigures
from carbonplan.technology.memory import cached_token_layers
from carbonplan.units import BYTES_PER_GB, J_PER_KJ


def prompt_cache_gb(input_tokens: ArrayLike, replica: ReplicaFigures) -> NDArray[np.float64]:
    """KV cache of a prompt, one copy on all accelerators together, (class, replica) [GB]."""
    tokens = cached_token_layers(input_tokens, replica.llm)
    return np.asarray(tokens * replica.llm.kv_bytes_per_token_layer / BYTES_PER_GB)


def transfer_s(cache_gb: ArrayLike, replica: ReplicaFigures) -> NDArray[np.float64]:
    """Time in which a replica sends or receives a cache, (class, replica) [s]."""
    share_gb_per_s = replica.hardware.nic_share_gb_per_s * replica.accelerators
    return np.asarray(cache_gb / (share_gb_per_s * replica.coefficients.transfer_efficiency))


def transfer_kj(cache_gb: ArrayLike, replica: ReplicaFigures) -> NDArray[np.float64]:
    """Energy of a transfer on the whole path, (class, replica) [kJ]."""
    return np.asarray(cache_gb * replica.coefficients.transfer_j_per_gb / J_PER_KJ)
