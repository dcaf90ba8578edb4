"""An NVIDIA GPU as a device to measure: transformers in PyTorch, time by events, power by NVML.

Steps are captured once as a CUDA graph and replayed, as serving engines do; prompts are
launched kernel by kernel, as these do too. Time is that between two events on the GPU's own
stream.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from itertools import pairwise
from types import ModuleType

from carbonplan.catalogue.records import ModelCard
from carbonplan.errors import EnvironmentFailed, MissingDependency
from carbonplan.profile.device import DoesNotFit, Sample
from carbonplan.profile.nvml import INSTALL, Gpu, import_nvml
from carbonplan.profile.plan import Run
from carbonplan.units import BYTES_PER_GB, MS_PER_S

WARM_UPS = 3
WAIT_EVERY_S = 0.1  # about so much work is queued before the host waits for the GPU
SEED = 0


class CudaDevice:
    """The GPU that PyTorch calls ``cuda:0``."""

    def __init__(self) -> None:
        nvml = import_nvml()  # says that there is no GPU without importing PyTorch
        self._torch = import_torch()
        self._device = self._torch.device("cuda", 0)
        properties = self._torch.cuda.get_device_properties(self._device)
        self.gpu = Gpu(nvml, str(properties.uuid))
        self.memory_gb = properties.total_memory / BYTES_PER_GB
        self.capability = (properties.major, properties.minor)
        self._card: ModelCard | None = None
        self._model = None
        self._dtype = None

    def description(self) -> Mapping[str, object]:
        """What was measured and with what."""
        counter = "energy counter" if self.gpu.has_energy_counter else "power, read repeatedly"
        return {
            "gpu": self.gpu.name,
            "driver": self.gpu.driver,
            "torch": self._torch.__version__,
            "cuda": self._torch.version.cuda,
            "power_limit_w": self.gpu.power_limit_w,
            "highest_clock_mhz": self.gpu.boost_mhz,
            "meter": f"NVML, {counter}",
            "steps": "CUDA graph",
            "prompts": "kernel by kernel",
        }

    def lock_clock(self, fraction: float) -> None:
        self.gpu.lock_clock(fraction)

    def unlock_clock(self) -> None:
        self.gpu.unlock_clock()

    def load(self, card: ModelCard, precision: str) -> None:
        """Build an LLM with random weights; the one before is dropped first."""
        from carbonplan.profile.transformer import NATIVE_GROUPS, Transformer

        torch = self._torch
        self._model = None
        torch.cuda.empty_cache()
        torch.manual_seed(SEED)
        self._dtype = {"bf16": torch.bfloat16, "fp16": torch.float16}[precision]
        self._card = card
        before = torch.get_default_dtype()
        try:
            torch.set_default_dtype(self._dtype)
            with self._device:
                model = Transformer(card, native_groups=self.capability >= NATIVE_GROUPS)
        except torch.cuda.OutOfMemoryError:
            raise EnvironmentFailed(f"{card.llm} does not fit into the GPU's memory") from None
        finally:
            torch.set_default_dtype(before)
        self._model = model.eval().requires_grad_(False)

    def sample(self, run: Run, window_s: float) -> Sample:
        """Repeat a run for at least so long."""
        torch = self._torch
        try:
            with torch.inference_mode():
                work = self._prompt(run) if run.phase == "prefill" else self._step(run)
                return self._repeated(work, window_s)
        except torch.cuda.OutOfMemoryError:
            raise DoesNotFit from None
        finally:
            work = None
            torch.cuda.empty_cache()

    def _prompt(self, run: Run) -> Callable[[], object]:
        tokens = self._tokens(1, run.tokens)
        return lambda: self._model.prefill(tokens)

    def _step(self, run: Run) -> Callable[[], object]:
        """A step as a graph, captured after warming up beside the main stream."""
        from carbonplan.profile.transformer import random_caches

        torch = self._torch
        tokens = self._tokens(run.batch, 1)
        caches = random_caches(self._card, run.batch, run.tokens, self._dtype, self._device)
        beside = torch.cuda.Stream(self._device)
        beside.wait_stream(torch.cuda.current_stream(self._device))
        with torch.cuda.stream(beside):
            for _ in range(WARM_UPS):
                self._model.step(tokens, caches)
        torch.cuda.current_stream(self._device).wait_stream(beside)
        graph = self._captured(lambda: self._model.step(tokens, caches))
        held = (tokens, caches)  # the graph reads and writes them at every replay

        def replay() -> object:
            graph.replay()
            return held

        return replay

    def _captured(self, work: Callable[[], object]):
        """Work as a graph; memory that ends during capture shows as another error after it."""
        torch = self._torch
        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.graph(graph):
                work()
        except RuntimeError as error:
            full = torch.cuda.OutOfMemoryError
            if isinstance(error, full) or isinstance(error.__context__, full):
                raise DoesNotFit from None
            raise EnvironmentFailed(f"a step cannot be captured as a graph: {error}") from None
        return graph

    def _repeated(self, work: Callable[[], object], window_s: float) -> Sample:
        """Times and mean power of repeats over a window."""
        torch = self._torch
        for _ in range(WARM_UPS):
            work()
        torch.cuda.synchronize(self._device)
        queued = self._queued(self._timed(work, 1)[0])
        seconds: list[float] = []
        with self.gpu.metered() as reading:
            end = time.perf_counter() + window_s
            while time.perf_counter() < end:
                seconds += self._timed(work, queued)
        return Sample(seconds, reading.mean_w)

    def _timed(self, work: Callable[[], object], repeats: int) -> list[float]:
        """Time of each repeat; waits for the last [s]."""
        torch = self._torch
        marks = [torch.cuda.Event(enable_timing=True) for _ in range(repeats + 1)]
        marks[0].record()
        for mark in marks[1:]:
            work()
            mark.record()
        torch.cuda.synchronize(self._device)
        return [begin.elapsed_time(end) / MS_PER_S for begin, end in pairwise(marks)]

    @staticmethod
    def _queued(repeat_s: float) -> int:
        return max(1, round(WAIT_EVERY_S / max(repeat_s, 1e-6)))

    def _tokens(self, batch: int, tokens: int):
        return self._torch.randint(self._card.vocabulary, (batch, tokens), device=self._device)


def import_torch() -> ModuleType:
    """PyTorch with a GPU that it can use; MissingDependency otherwise."""
    try:
        import torch
    except ImportError:
        raise MissingDependency(f"PyTorch is not installed; {INSTALL}") from None
    if not torch.cuda.is_available():
        raise MissingDependency(
            f"PyTorch {torch.__version__} sees no GPU; install a build of it for CUDA"
        )
    return torch
