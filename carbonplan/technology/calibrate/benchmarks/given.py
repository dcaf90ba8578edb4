"""What the command line says of a benchmark, beside what its file says.

An option fills in what a file leaves out; where the file says it, the option chooses among its
rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

from carbonplan.catalogue.cards import card_names
from carbonplan.catalogue.measurements import Measurement
from carbonplan.errors import nearest
from carbonplan.technology.calibrate.names import resolve_llm

MEANT = {
    "accelerator": "on which accelerator it ran",
    "llm": "which LLM card of models/ it ran",
    "precision": "in which precision the weights were",
    "tensor_parallel": "over how many accelerators each layer was split",
}


@dataclass(frozen=True)
class Given:
    """Options that say where a benchmark ran; ``None`` where the option was not given."""

    accelerator: str | None = None
    llm: str | None = None
    precision: str | None = None
    tensor_parallel: int | None = None
    pipeline_parallel: int | None = None
    clock_fraction: float | None = None

    def known(self) -> dict[str, object]:
        """The options that were given."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value is not None}

    def absent(self, said: Sequence[str]) -> Iterator[str]:
        """A line for each thing that neither the file nor an option says."""
        for name, meaning in MEANT.items():
            if name not in said and getattr(self, name) is None:
                option = f"--{name.replace('_', '-')}"
                yield f"does not say {meaning}; give {option}"

    def chooses(self, row: Measurement) -> bool:
        """Whether a row is what the options say."""
        return all(getattr(row, name) == value for name, value in self.known().items())


@dataclass(frozen=True)
class Imported:
    """Measurements that a file holds, and what of it was left out and why."""

    measurements: tuple[Measurement, ...]
    notes: tuple[str, ...] = ()


def card_of(name: str) -> str | None:
    """The card that a benchmark's name of a model means; None where there is none."""
    found = resolve_llm(name)
    return found if found in card_names() else None


def no_card(name: str) -> str:
    """The problem of a model's name without a card."""
    return f'"{name}" has no card{nearest(name.rpartition("/")[2], card_names())}; give --llm'
