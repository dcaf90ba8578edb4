"""Carbon of a prompt on either card, from the models: the paper's own quantity.

The cards stand alone, as the paper measured their power and not that of their host. Lives and
embodied carbon of the cards, and intensities of the grids, are recalled and were not checked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from carbonplan.catalogue.grids import Grid
from carbonplan.technology.prompt_carbon import PromptCarbon
from carbonplan.units import MG_PER_G

OLD, NEW = "t4", "rtx-6000-ada"
RECALLED_KG = {OLD: 10.3, NEW: 26.6}
RECALLED_GRIDS = (Grid("Quebec", 31), Grid("California", 262), Grid("PacifiCorp East", 647))
LIFETIME_YEARS = 5.0
LLMS = ("llama-3.2-1b", "llama-3.2-3b", "llama-2-7b")
LENGTHS = (128.0, 128.0)
LARGEST_BATCH = 64
PRECISION = "fp16"  # the old card has no other of 16 bits


@dataclass(frozen=True)
class Pair:
    """Both cards with one LLM and batch, each prompt on either: (old, new).

    Attributes
    ----------
    carbon_mg
        By name of the grid.
    """

    llm: str
    batch: int
    energy_j: tuple[float, float]
    carbon_mg: Mapping[str, tuple[float, float]]

    @property
    def energy_ratio(self) -> float:
        """Energy on the new card over that on the old one."""
        return self.energy_j[1] / self.energy_j[0]


@dataclass(frozen=True)
class Parting:
    """How often a configuration that takes less energy emits more, in a grid."""

    grid: str
    compared: int
    parting: int


def prompts() -> PromptCarbon:
    """The study of prompts on both cards."""
    from carbonplan.catalogue.cards import cards
    from carbonplan.catalogue.machines import machines
    from carbonplan.technology.calibration import load_calibration
    from carbonplan.technology.prompt_carbon import prompt_carbon, smallest_replica

    calibration = load_calibration()
    replicas = [
        smallest_replica(machine, card, PRECISION, LENGTHS, calibration)
        for card in cards(LLMS)
        for machine in machines((OLD, NEW))
    ]
    return prompt_carbon(
        replicas,
        [RECALLED_KG[replica.server.name] for replica in replicas],
        [LIFETIME_YEARS] * len(replicas),
        lengths=LENGTHS,
        largest=LARGEST_BATCH,
        calibration=calibration,
    )


def pairs(study: PromptCarbon) -> Iterator[Pair]:
    """Both cards beside each other, wherever both hold the batch."""
    for old, new in _places(study):
        of = [old, new]
        for j in np.flatnonzero(study.fits[:, of].all(axis=1)):
            yield Pair(
                study.replicas[old].llm.llm,
                int(study.batches[j]),
                tuple(study.energy_j[j, of].tolist()),
                {
                    grid.name: tuple(
                        (study.total_g(grid.intensity_g_per_kwh)[j, of] * MG_PER_G).tolist()
                    )
                    for grid in RECALLED_GRIDS
                },
            )


def partings(study: PromptCarbon) -> Iterator[Parting]:
    """Every batch on the old card against every batch on the new one, LLM by LLM."""
    for grid in RECALLED_GRIDS:
        carbon_g = study.total_g(grid.intensity_g_per_kwh)
        parted = [
            (_above(study.energy_j, old, new, study) != _above(carbon_g, old, new, study))
            for old, new in _places(study)
        ]
        compared = sum(one.size for one in parted)
        yield Parting(grid.name, compared, sum(int(one.sum()) for one in parted))


def _places(study: PromptCarbon) -> Iterator[tuple[int, int]]:
    """Positions of the replicas of each LLM on the old card and on the new one."""
    place = {(one.llm.llm, one.server.name): k for k, one in enumerate(study.replicas)}
    for llm in LLMS:
        yield place[llm, OLD], place[llm, NEW]


def _above(
    quantity: NDArray[np.float64], old: int, new: int, study: PromptCarbon
) -> NDArray[np.bool_]:
    """Whether a quantity is more on the old card, (batch on it, batch on the new one)."""
    on_old = quantity[study.fits[:, old], old]
    on_new = quantity[study.fits[:, new], new]
    return on_old[:, None] > on_new
