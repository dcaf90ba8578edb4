"""What hosts are made of: their CPU sockets, and the memory that they may be bought with."""

from __future__ import annotations

from typing import Literal

from carbonplan.catalogue.records import Count, NonNegative, Positive, Record
from carbonplan.scenario.fields import Evidence


class HostCpu(Record):
    """One CPU socket of a host; ``data/hardware/host_cpus.csv``.

    A peak that the cores do not have is ``None``; FP16 is the rate of FP32 where they lack it.
    """

    cpu: str
    vendor: str
    architecture: str
    launch_year: int
    cores: Count
    memory_type: str
    memory_channels: Count
    memory_mt_per_s: Positive
    memory_bandwidth_gb_per_s: Positive  # channels times transfers times 8 bytes
    fp16_tflops: Positive  # at the sustained clock
    bf16_tflops: Positive | None
    int8_tops: Positive | None
    tdp_w: Positive
    sustained_clock_mhz: Positive
    lowest_clock_mhz: Positive
    socket_link: str
    socket_link_gb_per_s: Positive | None  # one direction; None: sold for one socket only
    evidence: Evidence
    source: str


class MemoryOption(Record):
    """A size that a host can be bought with; ``data/hardware/memory_options.csv``."""

    host: str
    part: Literal["dram", "ssd"]
    gb: Positive
    evidence: Evidence
    source: str


class MemoryPart(Record):
    """Power and price of memory; ``data/hardware/memory_parts.csv``."""

    part: Literal["dram", "ssd"]
    technology: str
    idle_w_per_gb: NonNegative
    usd_per_gb: NonNegative
    low_usd_per_gb: NonNegative
    high_usd_per_gb: NonNegative
    evidence: Evidence
    source: str
