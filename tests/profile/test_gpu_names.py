import pytest

from carbonplan.catalogue.measurements import accelerator_records
from carbonplan.errors import UsageError
from carbonplan.profile.gpu_names import accelerator_of

KNOWN = accelerator_records()


@pytest.mark.parametrize(
    ("gpu", "name"),
    [
        ("Tesla T4", "t4"),
        ("NVIDIA A100-SXM4-80GB", "a100-80-sxm"),
        ("NVIDIA H100 PCIe", "h100-pcie"),
        ("NVIDIA H100 80GB HBM3", "h100-sxm"),
        ("NVIDIA GH200 480GB", "gh200"),
    ],
)
def test_names_of_drivers_lead_into_the_catalogue(gpu, name):
    assert accelerator_of(gpu, None, KNOWN) == name


def test_a_gpu_has_the_name_of_its_driver_or_the_one_asked_for():
    assert accelerator_of("NVIDIA H200", None, KNOWN) == "h200-sxm"
    assert accelerator_of("NVIDIA H200", "h100-sxm", KNOWN) == "h100-sxm"


def test_a_gpu_that_nobody_knows_needs_a_name():
    with pytest.raises(UsageError, match=r'has no "NVIDIA X1"; --accelerator'):
        accelerator_of("NVIDIA X1", None, KNOWN)
    with pytest.raises(UsageError, match='nearest: "h200-sxm"'):
        accelerator_of("NVIDIA X1", "h200-smx", KNOWN)
