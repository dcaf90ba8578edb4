"""What the catalogue holds: one frozen record for each kind of row and card.

A field carries the name and unit of its CSV column. ``evidence`` says how a row is known:
*measured*, *published*, *derived* (computed from such figures by a stated rule) or *assumed*;
``source`` is a key of ``data/sources.csv`` and is true for the whole row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from carbonplan.scenario.fields import Evidence, Precision

if TYPE_CHECKING:
    from carbonplan.catalogue.host_records import HostCpu, MemoryOption, MemoryPart

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Fraction = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1)]


class Record(BaseModel):
    """A frozen row; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False, allow_inf_nan=False)


class Source(Record):
    """Where figures come from; a row of ``data/sources.csv``."""

    key: str
    title: str
    publisher: str
    year: int | None
    url: str = ""  # empty: a rule or definition of the catalogue itself, told in the note
    licence: str
    note: str = ""


class Accelerator(Record):
    """One accelerator, or one CPU socket serving as one; ``data/hardware/accelerators.csv``.

    A peak that the hardware does not have (FP8 on Turing, say) is ``None``: the precision then
    saves memory but no time beyond it.
    """

    accelerator: str
    kind: Literal["gpu", "cpu"]
    vendor: str
    architecture: str
    launch_year: int
    memory_type: str
    memory_gb: Positive
    memory_bandwidth_gb_per_s: Positive
    fp16_tflops: Positive  # dense
    bf16_tflops: Positive | None  # dense; None: no native BF16, run as FP16
    fp8_tflops: Positive | None
    int8_tops: Positive | None
    fp4_tflops: Positive | None
    tdp_w: Positive
    boost_clock_mhz: Positive
    lowest_clock_mhz: Positive
    scale_up_link: str
    scale_up_bandwidth_gb_per_s: Positive  # one accelerator, one direction
    evidence: Evidence
    source: str


class AcceleratorPower(Record):
    """Power of an accelerator that does no work; ``data/hardware/accelerator_power.csv``."""

    accelerator: str
    idle_w: NonNegative  # a model is loaded, no request runs
    parked_w: NonNegative  # powered, nothing loaded
    evidence: Evidence
    source: str


class Host(Record):
    """The platform around the accelerators; ``data/hardware/hosts.csv``."""

    host: str
    cpu: str
    sockets: Count
    cores: Count
    dram_gb: Positive
    dram_type: str
    ssd_gb: NonNegative
    idle_w: NonNegative  # powered, accelerators excluded
    load_w: NonNegative  # further power with every accelerator busy, accelerators excluded
    off_w: NonNegative  # switched off: management controller and standby supplies
    evidence: Evidence
    source: str


class Price(Record):
    """What a server costs; ``data/hardware/prices.csv``."""

    sku: str
    purchase_usd: Positive
    rental_usd_per_hour: Positive | None
    low_purchase_usd: Positive
    high_purchase_usd: Positive
    evidence: Evidence
    source: str


class Sku(Record):
    """A purchasable server: a host platform with accelerators; ``data/hardware/skus.csv``."""

    sku: str
    host: str
    accelerator: str
    accelerators: Count  # for a CPU-only server, its sockets
    host_lifetime_years: Positive
    accelerator_lifetime_years: Positive
    nic_gb_per_s: Positive
    evidence: Evidence
    source: str


class Part(Record):
    """A line of a bill of parts; ``data/hardware/parts.csv``."""

    item: str  # an accelerator or a host
    part: str  # logic-die, memory, dram, ssd, mainboard, psu, chassis, fans, cooling, nic, ...
    technology: str = ""  # node, memory or storage type: key into a coefficient set
    quantity: NonNegative
    unit: Literal["cm2", "gb", "kg", "w", "piece"]
    evidence: Evidence
    source: str


class EmbodiedCoefficient(Record):
    """Carbon of making one unit of a part; ``data/embodied/coefficients.csv``."""

    coefficient_set: str
    part: str
    technology: str = ""  # empty: any technology
    unit: Literal["cm2", "gb", "kg", "w", "piece"]
    kgco2e_per_unit: NonNegative
    low_kgco2e_per_unit: NonNegative
    high_kgco2e_per_unit: NonNegative
    evidence: Evidence
    source: str


class MixtureOfExperts(Record):
    """Expert layers of an LLM."""

    experts: Count
    experts_per_token: Count
    shared_experts: Annotated[int, Field(ge=0)] = 0
    expert_intermediate_size: Count
    dense_layers: Annotated[int, Field(ge=0)] = 0  # leading layers without experts


class LatentAttention(Record):
    """Multi-head latent attention: what is cached for each token and layer."""

    kv_lora_rank: Count
    rope_head_dim: Count
    nope_head_dim: Count
    v_head_dim: Count
    q_lora_rank: Count | None = None


Kept = Literal["attention", "all but experts"]


class KeptIn16Bits(Record):
    """What checkpoints of fewer bits keep in 16, beside the embeddings, by their precision."""

    fp8: Kept | None = None
    int8: Kept | None = None
    int4: Kept | None = None
    fp4: Kept | None = None


class ModelCard(Record):
    """A served language model; ``models/<llm>.yaml``."""

    llm: str
    family: str
    publisher: str
    parameters_b: Positive  # all of them [1e9]
    active_parameters_b: Positive  # touched by one token [1e9]
    layers: Count
    hidden_size: Count
    intermediate_size: Count  # of a dense layer
    attention_heads: Count
    kv_heads: Count
    head_dim: Count
    vocabulary: Count
    context_tokens: Count
    sliding_window_tokens: Count | None = None  # of the layers without full attention
    full_attention_layers: Count | None = None  # None: all of them
    recurrent: bool = False  # the window stands for the numbers of a recurrent layer's state
    moe: MixtureOfExperts | None = None
    mla: LatentAttention | None = None
    native_precision: Precision
    kept_in_16_bits: KeptIn16Bits = KeptIn16Bits()
    evidence: Evidence
    source: str


class Region(Record):
    """A site that can host servers; ``data/sites/regions.csv``."""

    region: str
    name: str
    provider: str
    zone: str  # grid zone, joins the series of data/grid
    latitude_deg: Annotated[float, Field(ge=-90, le=90)]
    longitude_deg: Annotated[float, Field(ge=-180, le=180)]
    pue: Annotated[float, Field(ge=1, le=3)]
    wue_l_per_kwh: NonNegative
    ewif_l_per_kwh: NonNegative
    price_usd_per_kwh: float
    evidence: Evidence
    source: str


class RoundTrip(Record):
    """Network round trip between users and a site; ``data/sites/round_trips.csv``."""

    origin: str
    region: str
    rtt_ms: NonNegative
    evidence: Evidence
    source: str

    @property
    def pair(self) -> tuple[str, str]:
        """What the round trip is between."""
        return self.origin, self.region


class RequestClass(Record):
    """Requests of like length in a service; ``data/requests/classes.csv``."""

    service: str
    request_class: str
    input_tokens: Positive  # mean
    output_tokens: Positive  # mean
    share: Fraction
    evidence: Evidence
    source: str


class ArrivalShape(Record):
    """Load of a service over the week relative to its mean; ``data/requests/arrivals.csv``."""

    service: str
    hour_of_week: Annotated[int, Field(ge=0, lt=168)]  # hour 0: Monday 00:00 local time
    relative_rate: NonNegative
    evidence: Evidence
    source: str


@dataclass(frozen=True)
class Server:
    """A SKU with everything that is known of it, as the technology functions see it."""

    sku: Sku
    host: Host
    accelerator: Accelerator
    power: AcceleratorPower
    price: Price
    parts: tuple[Part, ...]
    cpu: HostCpu | None = None  # of the host; None: nothing is known of it
    memory_options: tuple[MemoryOption, ...] = ()
    memory_parts: tuple[MemoryPart, ...] = ()  # of the technologies that the host has

    @property
    def name(self) -> str:
        return self.sku.sku
