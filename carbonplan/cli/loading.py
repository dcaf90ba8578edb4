"""From what the command line says to a loaded scenario."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from carbonplan.errors import InvalidInput, UsageError, nearest

if TYPE_CHECKING:
    from carbonplan.scenario import LoadedScenario

SUFFIX = ".yaml"


def load(
    scenario: str,
    overrides: Sequence[str] | None = None,
    variant: str | None = None,
    allowed_folders: Sequence[Path] | None = None,
    objective: str | None = None,
    stance: str | None = None,
) -> LoadedScenario:
    """Load a scenario file, or a shipped scenario by its bare name.

    Parameters
    ----------
    overrides
        Texts ``path=value``, applied in order.
    objective
        One impact to minimise in place of the scenario's objective.
    stance
        At which end of their bands figures stand, in place of the scenario's stance.
    """
    path = find(scenario)
    from carbonplan.scenario import load as load_file
    from carbonplan.scenario.overrides import at_stance

    return load_file(
        path,
        overrides=(
            *_well_formed(overrides or ()),
            *_minimising(objective),
            *at_stance(stance),
        ),
        variant=variant,
        allowed_folders=tuple(allowed_folders or ()),
    )


def find(scenario: str) -> Path:
    """Path of a scenario file; a bare name that is no file here means a shipped scenario."""
    path = Path(scenario)
    if path.parent != Path() or (path.exists() and not path.is_dir()):
        return path
    shipped = shipped_scenarios()
    found = shipped.get(path.name.removesuffix(SUFFIX))
    if found is None:
        raise InvalidInput(
            scenario,
            [
                "neither a file here nor a shipped scenario"
                f"{nearest(scenario, shipped)} (shipped: {', '.join(shipped)})"
            ],
        )
    return found


def shipped_scenarios() -> dict[str, Path]:
    """Scenarios that come with carbonplan, by name."""
    from carbonplan.catalogue.shipped import scenarios_root

    return {path.stem: path for path in sorted(scenarios_root().glob(f"*{SUFFIX}"))}


def _well_formed(overrides: Sequence[str]) -> Sequence[str]:
    for override in overrides:
        path, equals, _value = override.partition("=")
        if not (path.strip() and equals):
            raise UsageError(f'--set "{override}": expected path=value, as in solver.gap=0.01')
    return overrides


def _minimising(impact: str | None) -> tuple[str, ...]:
    if impact is None:
        return ()
    from typing import get_args

    from carbonplan.scenario.fields import Impact

    known = get_args(Impact)
    if impact not in known:
        raise UsageError(
            f'--objective "{impact}": no such impact{nearest(impact, known)} '
            f"(impacts: {', '.join(known)})"
        )
    return (
        f"objective.minimise={impact}",
        "objective.weights=null",
        "objective.lexicographic=null",
    )
