"""Power and clocks of an NVIDIA GPU through its driver's management library.

``pynvml`` (the package ``nvidia-ml-py``) is imported here alone, and only when a GPU is opened.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from types import ModuleType

from carbonplan.errors import EnvironmentFailed, MissingDependency

DRIVER = Path("/proc/driver/nvidia/version")
INSTALL = "pip install 'carbonplan[profile]'"
MW_PER_W = 1e3
MJ_PER_J = 1e3
SAMPLE_EVERY_S = 0.02


def import_nvml() -> ModuleType:
    """The library, with a driver behind it and at least one GPU.

    Raises
    ------
    MissingDependency
        Without a GPU, its driver or the library; what to do is in the message.
    """
    try:
        import pynvml
    except ImportError:
        if not DRIVER.exists():
            raise MissingDependency(
                "no NVIDIA driver is loaded here, so there is no GPU to measure; on a machine "
                f"with one: {INSTALL}"
            ) from None
        raise MissingDependency(f"nvidia-ml-py is not installed; {INSTALL}") from None
    try:
        pynvml.nvmlInit()
        count = pynvml.nvmlDeviceGetCount()
    except pynvml.NVMLError as error:
        raise MissingDependency(f"no NVIDIA GPU can be reached here: {error}") from None
    if count == 0:
        raise MissingDependency("the NVIDIA driver sees no GPU")
    return pynvml


@dataclass
class Reading:
    """What a meter read; there once its measurement has ended."""

    mean_w: float = 0.0


class Gpu:
    """One GPU: its names, its clocks and its meter."""

    def __init__(self, nvml: ModuleType, uuid: str) -> None:
        self._nvml = nvml
        name = uuid if uuid.startswith("GPU-") else f"GPU-{uuid}"
        with self._allowed("opening the GPU"):
            self._handle = nvml.nvmlDeviceGetHandleByUUID(name)
            self.name = _text(nvml.nvmlDeviceGetName(self._handle))
            self.driver = _text(nvml.nvmlSystemGetDriverVersion())
            self.boost_mhz = nvml.nvmlDeviceGetMaxClockInfo(self._handle, nvml.NVML_CLOCK_SM)
            limit_mw = nvml.nvmlDeviceGetEnforcedPowerLimit(self._handle)
        self.power_limit_w = limit_mw / MW_PER_W
        self.has_energy_counter = self._has_energy_counter()

    def lock_clock(self, fraction: float) -> None:
        """Lock the clock of the cores; the driver takes the nearest that the GPU has."""
        mhz = round(fraction * self.boost_mhz)
        with self._allowed("locking its clock (leave out --clocks to measure without)"):
            self._nvml.nvmlDeviceSetGpuLockedClocks(self._handle, mhz, mhz)

    def unlock_clock(self) -> None:
        """Lift any lock of the clock; a GPU that never allowed one has none."""
        with self._ignored():
            self._nvml.nvmlDeviceResetGpuLockedClocks(self._handle)

    @contextmanager
    def metered(self) -> Iterator[Reading]:
        """Mean power of what runs inside; the caller waits for the GPU before leaving."""
        reading = Reading()
        with self._counted(reading) if self.has_energy_counter else self._sampled(reading):
            yield reading

    @contextmanager
    def _counted(self, reading: Reading) -> Iterator[None]:
        """By the energy counter."""
        begun_j, begun_s = self.energy_j(), time.perf_counter()
        yield
        reading.mean_w = (self.energy_j() - begun_j) / (time.perf_counter() - begun_s)

    @contextmanager
    def _sampled(self, reading: Reading) -> Iterator[None]:
        """By reading the power again and again beside the work."""
        samples_w = [self.power_w()]
        done = threading.Event()

        def read_on() -> None:
            while not done.wait(SAMPLE_EVERY_S):
                samples_w.append(self.power_w())

        thread = threading.Thread(target=read_on, daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()
        reading.mean_w = fmean(samples_w)

    def energy_j(self) -> float:
        """Energy since the driver was loaded [J]."""
        return self._nvml.nvmlDeviceGetTotalEnergyConsumption(self._handle) / MJ_PER_J

    def power_w(self) -> float:
        """Power now, or averaged over the last second, as the GPU's kind has it [W]."""
        return self._nvml.nvmlDeviceGetPowerUsage(self._handle) / MW_PER_W

    def _has_energy_counter(self) -> bool:
        try:
            self.energy_j()
        except self._nvml.NVMLError:
            return False
        return True

    @contextmanager
    def _allowed(self, doing: str) -> Iterator[None]:
        try:
            yield
        except self._nvml.NVMLError as error:
            raise EnvironmentFailed(f"the GPU refuses {doing}: {error}") from None

    @contextmanager
    def _ignored(self) -> Iterator[None]:
        try:
            yield
        except self._nvml.NVMLError:
            return


def _text(name: str | bytes) -> str:
    """Older versions of the library give bytes."""
    return name.decode() if isinstance(name, bytes) else name
