"""Power: what servers draw in every state, and what a site can give.

(9) it_power_kw        P_grt = w°_g (S_ygr − p_grt) + w^p_g p_grt − Σ_m w^m_gm f_grmt
                               + Σ_{e∈E_g} ( w^l_e n_ert + E_e s_ert / h
                               + Σ_{c∈C_e} Σ_k e_kc L_kcrt )                     ∀ (g,r), t
(10) site_power_holds  Σ_g P_grt ≤ P̄_rt                                         ∀ r limited, t
(54) serving_power_kw  P^s_grt = Σ_{e∈E_g} Σ_{c∈C_e} Σ_k e_kc L_kcrt            ∀ (g,r), t
(11) waiting_requests  W_rt = Σ_{k,o} τ_or F_kort + Σ_{k online,c} θ_kc L_kcrt
                               + Σ_e ω_e s_ert                                   ∀ r, t

w°_g     off_kw                  a server switched off                    [kW]
w^p_g    powered_kw              a powered server without replicas        [kW]
w^m_gm   saved_idle_kw           memory that a powered server has not     [kW]
w^l_e    loaded_kw               an idle replica, above that              [kW]
E_e      start_energy_kwh        loading a replica                        [kWh]
e_kc     energy_kj_per_request   a request, above the idle replica        [kJ/request = kW/rps]
P̄_rt     site_it_limit_kw        the site's limit over its PUE            [kW]
τ_or     rtt_s                   round trip                               [s]
θ_kc     ttft_s                  mean time to first token, or what one    [s]
                                 of its phases adds to it
ω_e      loading_requests        that wait for a start, where replicas    [1]
                                 load on demand

(9), (54) and (11) are meters: impacts are factors times their readings. By Little's law the
requests that wait for their first token are those per second times the seconds they wait.
"""

import pyomo.environ as pyo


def add(m: pyo.ConcreteModel) -> None:
    """Attach the family to ``m``."""
    m.it_power_kw = pyo.Expression(
        m.SITES, m.SLOTS, rule=it_power_kw, doc="IT power of a SKU in a region [kW]"
    )
    m.serving_power_kw = pyo.Expression(
        m.SITES if m.idle_may_not_earn else [], m.SLOTS,
        rule=serving_power_kw,
        doc="IT power for requests, of a SKU in a region [kW]",
    )  # fmt: skip
    m.site_power_holds = pyo.Constraint(m.POWER_LIMITED, m.SLOTS, rule=site_power_holds)
    m.waiting_requests = pyo.Expression(
        m.SERVICE_REGIONS, m.SLOTS,
        rule=waiting_requests,
        doc="online requests that wait for their first token [requests]",
    )  # fmt: skip


def it_power_kw(m, g, r, t):
    """(9) Power of servers that are off, powered, loaded, loading and serving [kW]."""
    off = m.off_kw[g] * (m.Servers[m.stage_of[t], g, r] - m.Powered[g, r, t])
    replicas = sum(engine_power_kw(m, e, r, t) for e in m.HOSTED[g, r])
    spared = sum(
        m.saved_idle_kw[g, size] * m.PoweredFitted[g, r, size, t]
        for size in m.SIZES_OF.get((g, r), ())
    )
    return off + m.powered_kw[g] * m.Powered[g, r, t] - spared + replicas


def engine_power_kw(m, e, r, t):
    """Power of the replicas of an engine above that of powered servers [kW]."""
    loading = m.start_energy_kwh[e] / m.slot_hours * m.Starts[e, r, t] if m.start_costs else 0
    return m.loaded_kw[e] * m.Replicas[e, r, t] + loading + requests_kw(m, e, r, t)


def requests_kw(m, e, r, t):
    """Power that requests take on the replicas of an engine [kW]."""
    return sum(
        m.energy_kj_per_request[k, c] * m.Load_rps[k, c, r, t] for k, c in m.LOADS_OF[e, r]
    )


def serving_power_kw(m, g, r, t):
    """(54) Of the power of a SKU, what requests take above idle replicas [kW]."""
    return sum(requests_kw(m, e, r, t) for e in m.HOSTED[g, r])


def site_power_holds(m, r, t):
    """(10) IT power stays inside what the site can give [kW]."""
    return sum(m.it_power_kw[g, r, t] for g in m.STANDING[r]) <= m.site_it_limit_kw[r, t]


def waiting_requests(m, r, t):
    """(11) Online requests on their way or waiting for their first token [requests]."""
    network = sum(
        m.rtt_s[o, r] * m.Flow_rps[k, o, r, t]
        for k in m.ONLINE_IN[r]
        for o in m.ORIGINS_OF[k, r]
    )
    serving = sum(
        m.ttft_s[k, c] * m.Load_rps[k, c, r, t]
        for k in m.ONLINE_IN[r]
        for c in m.SERVERS_OF[k, r]
    )
    loading = sum(m.loading_requests[e] * m.Starts[e, r, t] for e in m.LOADING_IN[r])
    return network + serving + loading
