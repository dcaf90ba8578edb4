"""How a plan is to be replayed, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from carbonplan.replay.arrays import EDF, FCFS, LLF, SRTF, Floats
from carbonplan.replay.clients import Fairness
from carbonplan.replay.tallies import Tally
from carbonplan.replay.traffic import Expectation

Order = Literal["fcfs", "srtf", "edf", "llf"]
Clock = Literal["planned", "miad"]
Routing = Literal["planned", "shortest", "anywhere", "length"]

ORDERS = {"fcfs": FCFS, "srtf": SRTF, "edf": EDF, "llf": LLF}
CLOCKS = ("planned", "miad")
ROUTINGS = ("planned", "shortest", "anywhere", "length")
BUDGET = 2_000_000  # requests that are replayed where no share is asked for


@dataclass(frozen=True)
class Policy:
    """How replicas take requests, and which replica a request goes to.

    Attributes
    ----------
    order
        In which waiting requests are taken.
    preempts
        Whether a waiting request may take the place of a running one that comes after it.
    clock
        ``planned``, or ``miad``: each replica's follows its load, within the scenario's clocks.
    routing
        ``planned``: by the plan's shares, replicas of a kind in turn; ``shortest``: the same,
        to the shortest queue of the kind; ``anywhere``: to the shortest queue of all that may
        serve; ``length``: as planned, each class on replicas of its own.
    chunk_tokens
        Most tokens of a step, sequences and prompts together; 0: prompts are computed whole.
    raise_by, lower_by, control_s, risk_share
        Of ``miad``: a clock is multiplied at risk and lowered otherwise, every so many
        seconds; beyond which share of a limit a request is at risk.
    """

    order: Order = "fcfs"
    preempts: bool = False
    clock: Clock = "planned"
    routing: Routing = "planned"
    chunk_tokens: int = 0
    raise_by: float = 1.2
    lower_by: float = 0.02
    control_s: float = 1.0
    risk_share: float = 0.8

    @property
    def name(self) -> str:
        """Order and clock, as figures and tables call it."""
        preemptive = " preemptive" if self.preempts else ""
        return f"{self.order}{preemptive}, {self.clock} clock"


@dataclass(frozen=True)
class Options:
    """What is replayed, and how.

    Attributes
    ----------
    share
        Of replicas that are replayed, (0, 1]; None: as many as the budget of requests allows.
    window_s
        Of each slot that is replayed; None: all of it, or less where the budget asks for it.
    slots
        ``all``, ``worst``: in which some region is busiest, or numbers of slots.
    fits_lengths
        Whether lengths of the trace are scaled to the means that the plan expects.
    """

    policy: Policy = field(default_factory=Policy)
    expectation: Expectation = field(default_factory=Expectation)
    share: float | None = None
    budget: int = BUDGET
    window_s: float | None = None
    slots: Literal["all", "worst"] | tuple[int, ...] = "all"
    fits_lengths: bool = False
    seed: int = 0
    jobs: int = 1


@dataclass(frozen=True)
class Sampling:
    """Which part of a plan is replayed.

    Attributes
    ----------
    share
        Of the replicas of each kind; at least one of each is.
    slots
        Their numbers; one after another, for ``window_s`` each.
    """

    share: float
    window_s: float
    slots: tuple[int, ...]

    @property
    def seconds(self) -> float:
        """Time that is replayed [s]."""
        return self.window_s * len(self.slots)


@dataclass(frozen=True)
class KindUse:
    """What replicas of an engine did, (slot,) where not said otherwise.

    Attributes
    ----------
    planned, sampled
        Replicas of the plan, and of these the ones that were replayed.
    planned_busy
        Share of their capacity that the plan uses, over all slots [1].
    busy, batch, clock
        Share of the time at work, mean sequences and clock while at work, over all slots [1].
    planned_kw, replayed_kw
        Power above idle of all replicas of the plan, by its energy for a request and as
        replayed [kW].
    """

    engine: str
    planned: Floats
    sampled: Floats
    planned_busy: float
    busy: float
    batch: float
    clock: float
    steps: int
    planned_kw: Floats
    replayed_kw: Floats


@dataclass(frozen=True)
class RegionReplay:
    """What came of a region.

    Attributes
    ----------
    tallies
        Requests that were replayed, counted, by the number of their class.
    fairness
        Among clients to whom online requests are dealt in turn.
    minutes_kw
        Power above idle of all replicas of the plan, (bin, kind), ``bin_s`` each [kW].
    seconds
        Of one core that it took.
    """

    region: str
    tallies: Mapping[int, Tally]
    fairness: Fairness
    kinds: tuple[KindUse, ...]
    minutes_kw: Floats
    bin_s: float
    seconds: float

    @property
    def count(self) -> int:
        """Requests that were replayed."""
        return sum(one.requests for one in self.tallies.values())
