"""Supply: what contracts deliver in its hour takes the place of power from the grid.

(41) contract_covers_match  M_prt ≤ (φ_pt / PUE_rt) C_pr                       ∀ (p,r), t
(42) matched_within_drawn   Σ_p M_prt ≤ Σ_g P_grt                              ∀ r, t
(43) share_is_matched       Σ_t h_t PUE_rt Σ_p M_prt
                                      ≥ ψ Σ_t h_t PUE_rt Σ_g P_grt             ∀ r

M_prt    Matched_kw               IT power fed by a contract of the region     [kW]
C_pr     Contracted_kw            power contracted for the region              [kW]
φ_pt     contract_profile         power delivered by the kW contracted         [1]
φ/PUE    delivered_it_kw_per_kw   the same as the site's IT sees it            [1]
P_grt    it_power_kw              IT power                                     [kW]
ψ        matched_share            least share of the energy that is matched    [1]

Matched power is counted at the servers, so that it is compared with their power and the matrix
is the same in every slot; the site draws PUE times as much. (43) is over the whole horizon and
stands with the bounds on impacts.
"""

import pyomo.environ as pyo


def add(m: pyo.ConcreteModel) -> None:
    """Attach the decision and the families to ``m``."""
    m.Matched_kw = pyo.Var(
        m.CONTRACTS, m.SLOTS,
        bounds=lambda m, p, r, t: (0, m.matched_upper_kw[p, r]),
        doc="IT power of a region that a contract feeds [kW]",
    )  # fmt: skip
    m.contract_covers_match = pyo.Constraint(m.CONTRACTS, m.SLOTS, rule=contract_covers_match)
    m.matched_within_drawn = pyo.Constraint(
        list(m.CONTRACTS_IN), m.SLOTS, rule=matched_within_drawn
    )


def contract_covers_match(m, p, r, t):
    """(41) A contract feeds no more than it delivers in the slot [kW]."""
    return m.Matched_kw[p, r, t] <= m.delivered_it_kw_per_kw[p, r, t]


def matched_within_drawn(m, r, t):
    """(42) Contracts of a region feed no more than its servers draw [kW]."""
    matched = sum(m.Matched_kw[p, r, t] for p in m.CONTRACTS_IN[r])
    return matched <= sum(m.it_power_kw[g, r, t] for g in m.STANDING[r])
