"""Where the catalogue that comes with carbonplan lies: in the checkout, or in the wheel."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from carbonplan.errors import EnvironmentFailed

PACKAGE = Path(__file__).resolve().parents[1]


def data_root() -> Path:
    """Folder of the shipped tables."""
    return _shipped("data")


def models_root() -> Path:
    """Folder of the shipped model cards."""
    return _shipped("models")


def scenarios_root() -> Path:
    """Folder of the shipped scenarios."""
    return _shipped("scenarios")


def shown(path: Path) -> str:
    """Path as messages name it: a shipped file from its root on, any other as it was given."""
    for root in (data_root(), models_root(), scenarios_root()):
        if path.is_relative_to(root):
            return str(path.relative_to(root.parent))
    return str(path)


@cache
def _shipped(name: str) -> Path:
    """An installed wheel holds the folder in ``shipped/``, a checkout beside the package."""
    places = (PACKAGE / "shipped" / name, PACKAGE.parent / name)
    for place in places:
        if place.is_dir():
            return place
    raise EnvironmentFailed(
        f"the {name}/ folder of carbonplan is missing; looked for "
        + " and ".join(str(place) for place in places)
        + "; install carbonplan again"
    )
