"""Where and when a measurement was made, in words."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

LIBRARIES = ("highspy", "pyomo", "linopy", "numpy", "scipy", "xarray")


@dataclass(frozen=True)
class Circumstances:
    """Machine, versions, date and command of a measurement."""

    machine: str
    versions: str
    date: str
    command: str
    load: float

    def __str__(self) -> str:
        """Two sentences for under a table."""
        return (
            f"{self.date}, `{self.command}`, on {self.machine}, with a load average of "
            f"{self.load:.1f} when it began. {self.versions}."
        )


def now(command: str) -> Circumstances:
    """What holds at this moment."""
    return Circumstances(
        machine=f"{os.cpu_count()} cores ({cpu_model()}), {memory_gb():.0f} GB",
        versions=", ".join([f"Python {platform.python_version()}", *libraries()]),
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        command=command,
        load=os.getloadavg()[0],
    )


def libraries() -> list[str]:
    """Installed versions of the libraries that the times depend on."""
    found = []
    for name in LIBRARIES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"no {name}")
    return found


def cpu_model(file: Path = Path("/proc/cpuinfo")) -> str:
    """Name of the processor, as Linux tells it."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def memory_gb() -> float:
    """Memory of the machine [10⁹ bytes]."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
