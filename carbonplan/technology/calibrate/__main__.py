"""``python -m carbonplan.technology.calibrate fit|accuracy MEASUREMENTS``."""

from __future__ import annotations

import argparse
from pathlib import Path

from carbonplan.catalogue.shipped import data_root
from carbonplan.technology.calibrate.accuracy import summary, with_predictions
from carbonplan.technology.calibrate.measurements import read_measurements, read_names
from carbonplan.technology.calibrate.run import calibrate, write
from carbonplan.technology.calibrate.serving import read_known
from carbonplan.technology.calibration import load_calibration


def main() -> None:
    """Refit the shipped coefficients, or judge them."""
    parser = argparse.ArgumentParser(prog="python -m carbonplan.technology.calibrate")
    parser.add_argument("action", choices=["fit", "accuracy"])
    parser.add_argument("measurements", type=Path, help="folder of performance tables")
    parser.add_argument("--date", default="2026-11-20", help="written beside the coefficients")
    arguments = parser.parse_args()
    if arguments.action == "fit":
        write(
            calibrate(arguments.measurements, data_root(), arguments.date),
            data_root() / "calibration",
        )
        return
    names = read_names(data_root() / "calibration" / "measured_names.csv")
    rows = read_measurements(arguments.measurements, names)
    judged = with_predictions(rows, read_known(data_root()), load_calibration())
    print(summary(judged).to_string(index=False, float_format="{:.3f}".format))


main()
