"""Shares: no region and no vendor has too much of the fleet.

(48) region_share_holds   Σ_g a_g S_ygr ≤ φ^r Σ_{g,q} a_g S_ygq                ∀ (y,r)
(49) vendor_share_holds   Σ_{g∈G_i,r} a_g S_ygr ≤ φ^i Σ_{g,r} a_g S_ygr        ∀ (y,i)

a_g      sku_accelerators   accelerators of one server                         [1]
S_ygr    Servers            servers that stand in stage y                      [1]
φ^r, φ^i                    most of all accelerators in one region, of one vendor  [1]
G_i                         SKUs with accelerators of vendor i

What stands counts, busy or not; of a CPU-only server the sockets do.
"""

import pyomo.environ as pyo


def add(m: pyo.ConcreteModel) -> None:
    """Attach the families to ``m``; a share of 1 limits nothing."""
    regions = list(m.STANDING) if m.region_share < 1 else []
    vendors = list(m.SKUS_OF_VENDOR) if m.vendor_share < 1 else []
    m.region_share_holds = pyo.Constraint(m.STAGES, regions, rule=region_share_holds)
    m.vendor_share_holds = pyo.Constraint(m.STAGES, vendors, rule=vendor_share_holds)


def region_share_holds(m, y, r):
    """(48) A region has no more than its share of the accelerators [accelerators]."""
    here = [(g, r) for g in m.STANDING[r]]
    return accelerators(m, y, here) <= m.region_share * accelerators(m, y, m.SITES)


def vendor_share_holds(m, y, vendor):
    """(49) A vendor has no more than its share of the accelerators [accelerators]."""
    of_vendor = [(g, r) for g in m.SKUS_OF_VENDOR[vendor] for r in m.REGIONS_OF_SKU[g]]
    return accelerators(m, y, of_vendor) <= m.vendor_share * accelerators(m, y, m.SITES)


def accelerators(m, y, sites):
    """Accelerators that stand at some sites in a stage."""
    return sum(m.sku_accelerators[g] * m.Servers[y, g, r] for g, r in sites)
