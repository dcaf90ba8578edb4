"""Supply: what contracts deliver in its hour takes the place of power from the grid.

(41) contract_covers_match  M_pt ≤ (φ_pt / PUE_rt) C_p                         ∀ p, t
(42) matched_within_drawn   Σ_{p∈Π_r} M_pt ≤ Σ_g P_grt                         ∀ r, t
(43) share_is_matched       Σ_t h_t PUE_rt Σ_{p∈Π_r} M_pt
                                      ≥ ψ Σ_t h_t PUE_rt Σ_g P_grt             ∀ r

M_pt     Matched_kw               IT power fed by a contract                   [kW]
C_p      Contracted_kw            power contracted                             [kW]
φ_pt     contract_profile         power delivered by the kW contracted         [1]
φ/PUE    delivered_it_kw_per_kw   the same as the site's IT sees it            [1]
P_grt    it_power_kw              IT power                                     [kW]
ψ        matched_share            least share of the energy that is matched    [1]
Π_r                               contracts of region r

Matched power is counted at the servers, so that it is compared with their power and the matrix
is the same in every slot; the site draws PUE times as much. (43) is over the whole horizon and
stands with the bounds on impacts.
"""

import pyomo.environ as pyo


def add(m: pyo.ConcreteModel) -> None:
    """Attach the decision and the families to ``m``."""
    m.Matched_kw = pyo.Var(
        m.CONTRACTS, m.SLOTS,
        bounds=lambda m, p, t: (0, m.matched_upper_kw[p]),
        doc="IT power that a contract feeds [kW]",
    )  # fmt: skip
    m.contract_covers_match = pyo.Constraint(m.CONTRACTS, m.SLOTS, rule=contract_covers_match)
    m.matched_within_drawn = pyo.Constraint(
        list(m.CONTRACTS_IN), m.SLOTS, rule=matched_within_drawn
    )


def contract_covers_match(m, p, t):
    """(41) A contract feeds no more than it delivers in the slot [kW]."""
    return m.Matched_kw[p, t] <= m.delivered_it_kw_per_kw[p, t]


def matched_within_drawn(m, r, t):
    """(42) Contracts of a region feed no more than its servers draw [kW]."""
    matched = sum(m.Matched_kw[p, t] for p in m.CONTRACTS_IN[r])
    return matched <= sum(m.it_power_kw[g, r, t] for g in m.STANDING[r])
