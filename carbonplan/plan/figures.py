"""The figures behind the terms of an objective: what each is, how it is known, whose it is.

Demand, lengths of requests, limits and rules of accounting are what is asked, not what is
known of the world; they have no class. The power shares of accelerators are fitted with the
idle power that stands in the catalogue and make up for it, so that idle power counts where
something is idle alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from carbonplan.catalogue.inputs import Known
from carbonplan.technology.coefficients import BENCHMARKS, COMMUNICATION, TRANSFER
from carbonplan.technology.figures import Replica, Role, hardware_figures
from carbonplan.technology.planning import calibration_of

if TYPE_CHECKING:
    import xarray as xr

    from carbonplan.catalogue.inputs import Inputs
    from carbonplan.catalogue.records import Accelerator, Evidence, Record, Server
    from carbonplan.technology.calibration import Calibration
    from carbonplan.technology.calibration import Known as Coefficient
    from carbonplan.technology.embodied import EmbodiedLine

NOT_STATED = Known("assumed", "")
SLOWED = ("memory_clock_knee_mhz", "memory_core_share", "voltage_floor", "voltage_knee_mhz")
EXPERTS = (
    *("expert_efficiency", "expert_evenness", "expert_overhead_us", "stall_power_share"),
    *("prompt_expert_efficiency", "prefill_expert_overhead_us"),
)
OF_PROMPTS = ("prefill_", "prompt_", "request_", "admission_")
NARROW = ("narrow_efficiency",)
PHASES: Mapping[Role, tuple[str, ...]] = {  # that a replica takes part in
    "mixed": ("prefill", "decode"),
    "prefill": ("prefill", "transfer"),
    "decode": ("transfer", "decode"),
}
SERIES_TITLES = {
    "intensity_kgco2e_per_kwh": "carbon intensity",
    "residual_intensity_kgco2e_per_kwh": "carbon intensity left by contracts",
    "pue": "PUE",
    "price_usd_per_kwh": "energy price",
    "wue_l_per_kwh": "water on site",
    "ewif_l_per_kwh": "water of power stations",
    "rtt_s": "network round trip",
}


@dataclass(frozen=True)
class Figure:
    """A figure that multiplies into a term: its name, how it is known, and its source."""

    name: str
    evidence: Evidence
    source: str


Figures = tuple[Figure, ...]


@dataclass(frozen=True)
class Term:
    """One summand of the objective, in the objective's unit."""

    impact: str
    part: str  # a use of energy, a phase of serving, or what was made, bought or waited for
    sku: str
    region: str
    value: float
    figures: Figures


def series_figures(inputs: Inputs, names: Iterable[str], region: str) -> Figures:
    """Series of a region."""
    found = []
    for name in names:
        known = inputs.known.get((name, region), NOT_STATED)
        figure = f"{SERIES_TITLES[name]} of {region}"
        found.append(Figure(figure, known.evidence, known.source))
    return tuple(found)


def idle_figures(server: Server) -> Figures:
    """Accelerators that do nothing, a model loaded or not."""
    return (_of(f"idle power of {server.accelerator.accelerator}", server.power),)


def host_figures(server: Server) -> Figures:
    """A host that is switched on, busy or off."""
    return (_of(f"power of host {server.host.host}", server.host),)


def start_figures(server: Server) -> Figures:
    """Loading a model: its times and powers are assumed for any replica."""
    start = Figure("starting of a replica", "assumed", "carbonplan-estimate")
    return (start, _data_sheet(server), *host_figures(server))


def price_figures(server: Server, acquisition: str) -> Figures:
    """A server that is bought, and the life over which it is paid; or one that is rented."""
    price = _of(f"price of {server.name}", server.price)
    return (price, *lifetime_figures(server)) if acquisition == "purchase" else (price,)


def memory_figures(server: Server) -> Figures:
    """Prices of memory that a server is bought without."""
    return tuple(_of(f"price of {one.part}", one) for one in server.memory_parts)


def lifetime_figures(server: Server) -> Figures:
    """The life of a server that the catalogue gives."""
    return (_of(f"lifetime of {server.name}", server.sku),)


def making_figures(server: Server, line: EmbodiedLine, coefficient_set: str) -> Figures:
    """A line of the priced bill: how much of the part there is, and what making it takes."""
    parts = [
        _of(f"bill of parts of {part.item}", part)
        for part in server.parts
        if (part.item, part.part, part.technology) == (line.item, line.part, line.technology)
    ]
    made = Figure(f"coefficients of {coefficient_set}", line.evidence, line.source)
    return (*parts, made)


@dataclass(frozen=True)
class Modelled:
    """Figures behind the models of performance and power of accelerators."""

    calibration: Calibration

    @classmethod
    def of(cls, inputs: Inputs) -> Modelled:
        """With the calibration of a plan; at any stance its rows are known alike."""
        return cls(calibration_of(inputs))

    def known(self, accelerator: Accelerator) -> Mapping[str, Coefficient]:
        """Coefficients of an accelerator, each looked up once."""
        name = accelerator.accelerator
        if name not in self._known:
            self._known[name] = self.calibration.evidence(accelerator)
        return self._known[name]

    @cached_property
    def _known(self) -> dict[str, Mapping[str, Coefficient]]:
        return {}

    def figures(self, replica: Replica, phases: Iterable[str] | None = None) -> Figures:
        """Coefficients that bear on a replica in some phases, its data sheet and its LLM.

        Without phases, in all that the replica takes part in.
        """
        accelerator = replica.server.accelerator
        phases = PHASES[replica.role] if phases is None else tuple(phases)
        rows = self.known(accelerator)
        without_effect = set(_without_effect(replica))
        coefficients = dict.fromkeys(
            _of_coefficient(name, row, accelerator.accelerator)
            for name, row in rows.items()
            if name not in without_effect and _bears(name, phases)
        )
        return (
            *coefficients,
            _data_sheet(replica.server),
            _of(f"model card of {replica.llm.llm}", replica.llm),
        )


def _bears(coefficient: str, phases: tuple[str, ...]) -> bool:
    """Whether a coefficient is one of some phases."""
    if coefficient in TRANSFER:
        return "transfer" in phases
    if coefficient.startswith(OF_PROMPTS):
        return "prefill" in phases
    return phases != ("transfer",)


def _of_coefficient(name: str, known: Coefficient, accelerator: str) -> Figure:
    """A fitted coefficient stands for all of its kind, an assumed one for itself."""
    if known.evidence == "assumed":
        return Figure(f"{name} of {known.told_by.name}", known.evidence, known.source)
    if name in COMMUNICATION or name in TRANSFER:
        kind = "links"
    else:
        kind = "power" if "power" in name or name in SLOWED else "performance"
    return Figure(f"coefficients of {kind} of {accelerator}", known.evidence, known.source)


def _without_effect(replica: Replica) -> Iterator[str]:
    """Coefficients that change nothing for a replica."""
    yield from BENCHMARKS
    if replica.clock_fraction == 1.0:
        yield from SLOWED
    if replica.accelerators == 1:
        yield from COMMUNICATION
    if not hardware_figures(replica.server, replica.precision).narrow:
        yield from NARROW
    if replica.llm.moe is None:
        yield from EXPERTS


def _data_sheet(server: Server) -> Figure:
    return _of(f"data sheet of {server.accelerator.accelerator}", server.accelerator)


def _of(name: str, record: Record) -> Figure:
    return Figure(name, record.evidence, record.source)


def region_names(data: xr.Dataset) -> list[str]:
    """Regions of a plan's arrays, in their order."""
    return data["region"].values.tolist()
