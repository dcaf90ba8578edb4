"""The Python interface: load a question, solve it, get a plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from carbonplan.catalogue.inputs import Inputs
    from carbonplan.configurations import Configurations
    from carbonplan.plan import Plan
    from carbonplan.scenario.loaded import LoadedScenario
    from carbonplan.solve.limits import Progress


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
