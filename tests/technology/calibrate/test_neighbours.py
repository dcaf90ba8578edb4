"""The nearest measured neighbour."""

import numpy as np
import pytest

from carbonplan.catalogue.shipped import data_root
from carbonplan.technology.calibrate.measurements import measurements
from carbonplan.technology.calibrate.names import read_names
from carbonplan.technology.calibrate.neighbours import neighbours
from carbonplan.technology.calibrate.serving import read_known
from tests.technology.calibrate.example_tables import STEADY, steady_runs, write


@pytest.fixture(scope="module")
def known():
    return read_known(data_root())


def steps(folder, known):
    rows = measurements(folder, read_names(data_root())).rows
    rows = rows[rows["quantity"] == "step_s"].reset_index(drop=True)
    return rows.assign(neighbour=neighbours(rows, known.llms, known.accelerators))


def test_the_nearest_run_of_another_pair_lends_its_value(tmp_path, known):
    """The other accelerator at the same batch is nearer than another batch of the same one."""
    steady_runs(tmp_path)
    rows = steps(tmp_path, known).set_index(["accelerator", "llm", "batch"])
    assert rows["neighbour"].notna().all()
    for (_, _, batch), row in rows.iterrows():
        lenders = rows[rows["value"] == row["neighbour"]]
        assert batch in lenders.index.get_level_values("batch")
        assert row["neighbour"] != row["value"]


def test_a_pair_never_lends_to_itself(tmp_path, known):
    twins = [STEADY, STEADY | {"avg_batch_size": 65}]
    far = STEADY | {"gpu": "B200-SXM-180GB", "gpu_family": "B200", "itl_p50_ms": 7}
    write(tmp_path, "mlenergy_v3_vllm", [*twins, far])
    rows = steps(tmp_path, known)
    assert rows["neighbour"].tolist()[:2] == [0.007, 0.007]


def test_a_single_pair_has_no_neighbour(tmp_path, known):
    write(tmp_path, "mlenergy_v3_vllm", [STEADY])
    assert np.isnan(steps(tmp_path, known)["neighbour"]).all()
