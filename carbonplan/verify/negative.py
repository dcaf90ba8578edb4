"""Negative intensity: what idle power does not earn where only serving may."""

from __future__ import annotations

import numpy as np

from carbonplan.verify.case import Case, Floats
from carbonplan.verify.coefficients import Coefficients


def not_earned_kgco2e_per_hour(case: Case, needs: Coefficients, power_kw: Floats) -> Floats:
    """What power that serves no request counts above the grid's intensity, (g, r, t).

    Nothing, unless ``signal.negative`` forbids idle power to earn; then it counts as zero where
    the intensity is below. ``power_kw`` is (g, r, t).
    """
    if case.inputs.scenario.signal.negative != "no-idle-earning":
        return np.zeros_like(power_kw)
    below = np.minimum(case.series("intensity_kgco2e_per_kwh"), 0.0)
    at_clock_kw = np.einsum("kc,kcrt->crt", needs.energy_kj, case.load_rps)
    serving_kw = np.einsum("eg,ce,crt->grt", case.hosted, case.clocked, at_clock_kw)
    return -below * case.series("pue") * (power_kw - serving_kw)
