"""``python -m carbonplan.technology.calibrate fit MEASUREMENTS``: refit what is shipped."""

from __future__ import annotations

import argparse
from pathlib import Path

from carbonplan.catalogue.shipped import data_root
from carbonplan.technology.calibrate.run import calibrate, write


def main() -> None:
    """Fit to a folder of performance tables and write ``data/calibration/``."""
    parser = argparse.ArgumentParser(prog="python -m carbonplan.technology.calibrate")
    parser.add_argument("action", choices=["fit"])
    parser.add_argument("measurements", type=Path, help="folder of performance tables")
    parser.add_argument("--date", default="2026-11-21", help="written beside the coefficients")
    arguments = parser.parse_args()
    calibrated = calibrate(arguments.measurements, data_root(), arguments.date)
    write(calibrated, data_root() / "calibration", arguments.date)


main()
