import sys

import pytest

from carbonplan.errors import EnvironmentFailed, MissingDependency
from carbonplan.profile import nvml
from carbonplan.profile.cuda import import_torch
from carbonplan.profile.nvml import Gpu, import_nvml
from tests.profile.fake_device import FakeNvml

UUID = "00000000-1111-2222-3333-444444444444"


@pytest.fixture
def library(monkeypatch):
    """Puts a library in the place of ``pynvml``."""

    def put(**options):
        fake = FakeNvml(**options)
        monkeypatch.setitem(sys.modules, "pynvml", fake)
        monkeypatch.setattr(nvml.time, "perf_counter", lambda: fake.now_s)
        return fake

    return put


@pytest.mark.parametrize(("driver", "said"), [(True, "nvidia-ml-py"), (False, "no GPU")])
def test_without_the_library_it_says_what_to_do(monkeypatch, tmp_path, driver, said):
    monkeypatch.setitem(sys.modules, "pynvml", None)
    monkeypatch.setattr(nvml, "DRIVER", tmp_path if driver else tmp_path / "absent")
    with pytest.raises(MissingDependency, match=said) as error:
        import_nvml()
    assert "pip install 'carbonplan[profile]'" in str(error.value)


def test_without_a_driver_or_a_gpu_it_says_so(library):
    library(driver=False)
    with pytest.raises(MissingDependency, match="Driver Not Loaded"):
        import_nvml()
    library(count=0)
    with pytest.raises(MissingDependency, match="sees no GPU"):
        import_nvml()


def test_without_pytorch_it_says_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingDependency, match="PyTorch is not installed"):
        import_torch()


def test_a_pytorch_that_sees_no_gpu_is_told(monkeypatch):
    class Cuda:
        @staticmethod
        def is_available():
            return False

    class Torch:
        __version__ = "2.9.0+cpu"
        cuda = Cuda

    monkeypatch.setitem(sys.modules, "torch", Torch)
    with pytest.raises(MissingDependency, match=r"2\.9\.0\+cpu sees no GPU"):
        import_torch()


def test_a_gpu_is_found_by_its_identifier(library):
    fake = library()
    gpu = Gpu(import_nvml(), UUID)
    assert fake.calls == [f"GPU-{UUID}"]
    assert (gpu.name, gpu.driver) == ("NVIDIA H100 80GB HBM3", "580.00")
    assert (gpu.boost_mhz, gpu.power_limit_w) == (1980, 700.0)


@pytest.mark.parametrize("counter", [True, False])
def test_mean_power_by_counter_or_by_samples(library, counter):
    fake = library(counter=counter)
    gpu = Gpu(import_nvml(), UUID)
    assert gpu.has_energy_counter is counter
    with gpu.metered() as reading:
        fake.now_s += 2.0
    assert reading.mean_w == pytest.approx(400.0)


def test_clocks_are_locked_in_mhz_and_let_go(library):
    fake = library()
    gpu = Gpu(import_nvml(), UUID)
    gpu.lock_clock(0.5)
    gpu.unlock_clock()
    assert fake.calls[1:] == [(990, 990), "reset"]


def test_a_clock_that_may_not_be_locked_is_told_without_a_traceback(library):
    library(may_lock=False)
    gpu = Gpu(import_nvml(), UUID)
    with pytest.raises(EnvironmentFailed, match=r"Insufficient Permissions") as error:
        gpu.lock_clock(0.5)
    assert "leave out --clocks" in str(error.value)
    gpu.unlock_clock()
