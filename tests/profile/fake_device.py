"""A device whose times are a rule, and a management library that needs no GPU."""

from types import SimpleNamespace

from carbonplan.catalogue.cards import cards
from carbonplan.profile.device import DoesNotFit, Sample

SMALL, LARGE = cards(["llama-3.2-1b", "llama-3.1-8b"])


class FakeDevice:
    """Takes a millisecond for each sequence and 10 us for each token of a prompt."""

    def __init__(self, memory_gb=80.0, full_at=None, refuses_clocks=None):
        self.memory_gb = memory_gb
        self.full_at = full_at
        self.refuses_clocks = refuses_clocks
        self.said = []
        self.gpu = SimpleNamespace(name="NVIDIA H100 80GB HBM3")

    def description(self):
        return {"gpu": self.gpu.name, "driver": "580.00", "torch": "2.9.0"}

    def lock_clock(self, fraction):
        self.said.append(f"lock {fraction:g}")
        if self.refuses_clocks is not None:
            raise self.refuses_clocks

    def unlock_clock(self):
        self.said.append("unlock")

    def load(self, card, precision):
        self.said.append(f"load {card.llm} {precision}")

    def sample(self, run, window_s):
        if run.batch == self.full_at:
            raise DoesNotFit
        time_s = 1e-5 * run.tokens if run.phase == "prefill" else 1e-3 * run.batch
        return Sample([3 * time_s, time_s, time_s], 300.0 + window_s)


class NvmlError(Exception):
    pass


class FakeNvml:
    """``pynvml`` with one GPU that draws 400 W."""

    NVMLError = NvmlError
    NVML_CLOCK_SM = 1

    def __init__(self, *, count=1, counter=True, may_lock=True, driver=True):
        self.count, self.counter, self.may_lock, self.driver = count, counter, may_lock, driver
        self.now_s = 0.0
        self.calls = []

    def nvmlInit(self):
        if not self.driver:
            raise NvmlError("Driver Not Loaded")

    def nvmlDeviceGetCount(self):
        return self.count

    def nvmlDeviceGetHandleByUUID(self, uuid):
        self.calls.append(uuid)
        return "handle"

    def nvmlDeviceGetName(self, _handle):
        return b"NVIDIA H100 80GB HBM3"

    def nvmlSystemGetDriverVersion(self):
        return "580.00"

    def nvmlDeviceGetMaxClockInfo(self, _handle, _clock):
        return 1980

    def nvmlDeviceGetEnforcedPowerLimit(self, _handle):
        return 700_000

    def nvmlDeviceGetTotalEnergyConsumption(self, _handle):
        if not self.counter:
            raise NvmlError("Not Supported")
        return 400_000 * self.now_s

    def nvmlDeviceGetPowerUsage(self, _handle):
        return 400_000

    def nvmlDeviceSetGpuLockedClocks(self, _handle, low_mhz, high_mhz):
        if not self.may_lock:
            raise NvmlError("Insufficient Permissions")
        self.calls.append((low_mhz, high_mhz))

    def nvmlDeviceResetGpuLockedClocks(self, _handle):
        if not self.may_lock:
            raise NvmlError("Insufficient Permissions")
        self.calls.append("reset")
