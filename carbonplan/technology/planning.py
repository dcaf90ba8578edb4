"""The calibration that a plan is made with: engine, own factors and stance of its scenario."""

from __future__ import annotations

from dataclasses import replace

from carbonplan.catalogue.inputs import Inputs
from carbonplan.technology.bands import calibration_at
from carbonplan.technology.calibration import Calibration
from carbonplan.technology.own_calibration import calibration_with


def calibration_of(inputs: Inputs) -> Calibration:
    """The shipped calibration as the scenario asks for it."""
    scenario = inputs.scenario
    served = replace(calibration_with(inputs.calibration), engine=scenario.fleet.engine)
    return calibration_at(served, scenario.uncertainty.stance)
