"""The Python interface: load a question, solve it, get a plan, replay it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from carbonplan.catalogue.inputs import Inputs
    from carbonplan.configurations import Configurations
    from carbonplan.plan import Plan
    from carbonplan.replay.records import Options as ReplayOptions
    from carbonplan.replay.records import Policy
    from carbonplan.replay.traffic import Trace
    from carbonplan.report.replay import Judged
    from carbonplan.scenario.loaded import LoadedScenario
    from carbonplan.solve.limits import Progress

    Log = str | Path | Trace


@dataclass(frozen=True)
class Question:
    """A scenario that was loaded and found sound, ready to be planned."""

    loaded: LoadedScenario

    @property
    def name(self) -> str:
        return self.loaded.scenario.name

    def inputs(self) -> Inputs:
        """Records and labelled series that the scenario names."""
        from carbonplan.catalogue.gather import gather

        return gather(self.loaded)

    def configurations(self) -> Configurations:
        """What a replica can be, and why others cannot."""
        from carbonplan.configurations import enumerate_configurations

        return enumerate_configurations(self.inputs())

    def solve(
        self,
        *,
        gap: float | None = None,
        time_limit_s: float | None = None,
        threads: int | None = None,
        seed: int | None = None,
        baselines: Sequence[str] = (),
        out: str | Path | None = None,
        overwrite: bool = False,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> Plan:
        """Plan the scenario; what is not given is as the scenario says.

        Parameters
        ----------
        gap
            Relative gap at which the plan counts as optimal [1].
        time_limit_s
            Wall clock of the solver [s]; the best plan found by then is returned.
        baselines
            Plans to compare with, see ``carbonplan.baselines``; ``("all",)`` for every one.
        out
            Folder to write the plan and its report to; nothing is written without it.

        Raises
        ------
        CarbonplanError
            There is no plan; its text says why.
        """
        from carbonplan import pipeline
        from carbonplan.report import files

        options = pipeline.Options(
            gap=gap,
            time_limit_s=time_limit_s,
            threads=threads,
            seed=seed,
            baselines=tuple(baselines),
            out=None if out is None else Path(out),
            overwrite=overwrite,
        )
        result = pipeline.run(self.loaded, options, on_progress=on_progress, render=files)
        return result.plan

    def replay(
        self,
        plan: Plan,
        trace: Log | Mapping[str, Log],
        options: ReplayOptions | None = None,
        on_progress: Callable[[str], None] | None = None,
    ) -> Judged:
        """Send the requests of a trace through a plan of the scenario, one by one.

        Parameters
        ----------
        trace
            A log of requests, as a file or as read; of several workloads one each by name,
            under an empty name that of all others.
        options
            What is replayed, and with which policy; see ``carbonplan.replay.records``.

        Returns
        -------
        Whether every promise was kept (``holds``), ``promises``, ``groups`` of requests,
        ``impacts`` as planned and as replayed, ``fairness``.

        Raises
        ------
        CarbonplanError
            The plan or the trace cannot be replayed; its text says why.
        """
        from carbonplan.replay.records import Options

        asked = options or Options()
        logs = trace if isinstance(trace, Mapping) else {"": trace}
        traces = {name: _read(log, asked.seed) for name, log in logs.items()}
        (found,) = judged(self.inputs(), plan, traces, asked, on_progress=on_progress)
        return found


def replay(
    plan: str | Path,
    trace: Log | Mapping[str, Log],
    options: ReplayOptions | None = None,
    on_progress: Callable[[str], None] | None = None,
) -> Judged:
    """Replay the plan of a folder with the scenario that it names; see `Question.replay`."""
    from carbonplan import pipeline
    from carbonplan.plan import read

    found, folder = read(Path(plan)), Path(plan)
    return Question(pipeline.reload(folder)).replay(found, trace, options, on_progress)


def judged(
    inputs: Inputs,
    plan: Plan,
    traces: Mapping[str, Trace],
    options: ReplayOptions,
    policies: Sequence[Policy] = (),
    on_progress: Callable[[str], None] | None = None,
) -> Iterator[Judged]:
    """What the same requests say of a plan, once with each policy, or with that of the options.

    Parameters
    ----------
    traces
        By workload; under an empty name that of all others.
    """
    from carbonplan.replay.energy import impacts
    from carbonplan.replay.judge import promises
    from carbonplan.replay.metrics import distributions, groups
    from carbonplan.replay.run import replays
    from carbonplan.report.replay import Judged

    for one in replays(inputs, plan, traces, options, policies, on_progress):
        of_groups = groups(one)
        yield Judged(
            replay=one,
            groups=of_groups,
            impacts=impacts(plan, one),
            promises=promises(of_groups),
            fairness=one.fairness,
            curves=distributions(one),
        )


def _read(log: Log, seed: int) -> Trace:
    """A log of requests, read where it is a file; what it lacks is drawn by the seed."""
    from carbonplan.replay.traces import read_trace

    return read_trace(Path(log), seed=seed) if isinstance(log, str | Path) else log


def load(
    path: str | Path,
    overrides: Sequence[str] = (),
    variant: str | None = None,
    allowed_folders: Sequence[Path] = (),
    stance: str | None = None,
) -> Question:
    """Load a scenario file; every problem of it is reported at once.

    Parameters
    ----------
    overrides
        ``path=value`` each, applied last: ``"fleet.utilisation_limit=0.7"``.
    variant
        Name of one of the scenario's variants.
    stance
        ``"pessimistic"`` or ``"optimistic"``: plan with every figure at that end of its band.
    """
    from carbonplan.scenario import load as load_scenario
    from carbonplan.scenario.overrides import at_stance

    asked = (*overrides, *at_stance(stance))
    return Question(load_scenario(path, asked, variant, allowed_folders))
