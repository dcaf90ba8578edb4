"""Replicas and figures of the tests here."""

from carbonplan.technology.calibration import Calibration, load_calibration
from carbonplan.technology.figures import Replica, ReplicaFigures, replica_figures
from tests.technology.example_records import H100_8, LLAMA_8B

CALIBRATION: Calibration = load_calibration()


def replica(**changes) -> Replica:
    values = {
        "server": H100_8,
        "llm": LLAMA_8B,
        "tensor_parallel": 1,
        "pipeline_parallel": 1,
        "precision": "bf16",
        "clock_fraction": 1.0,
    }
    return Replica(**{**values, **changes})


def figures(*changes: dict) -> ReplicaFigures:
    """Figures of one replica for each set of changes; of the plain one without any."""
    return replica_figures([replica(**change) for change in changes or ({},)], CALIBRATION)
