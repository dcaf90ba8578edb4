"""A scenario that was read, with where each of its values was written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from carbonplan.errors import InvalidInput
from carbonplan.scenario import checks, messages, resolve
from carbonplan.scenario.document import Node, Place, places, plain
from carbonplan.scenario.files import resolved
from carbonplan.scenario.overrides import with_overrides
from carbonplan.scenario.read import MAX_PROBLEMS, limited
from carbonplan.scenario.schema import Scenario
from carbonplan.scenario.wording import PathKeys, index_path, name_path, path_text


@dataclass(frozen=True)
class LoadedScenario:
    """A sound scenario and the files that it came from.

    Attributes
    ----------
    path, folder
        The scenario file and its folder, without symbolic links.
    files
        The scenario file and those that it extends, nearest first.
    lines
        Line of every path that stands in a file; list items by number and by name.
    sources
        Name of the extended file, or ``--set``, for the paths that do not stand in ``path``.
    allowed_folders
        Folders besides ``folder`` in which files that the scenario names may lie.
    overrides, variant
        What was asked for when it was loaded.
    """

    scenario: Scenario
    path: Path
    folder: Path
    files: tuple[Path, ...]
    lines: Mapping[PathKeys, int]
    sources: Mapping[PathKeys, str] = field(default_factory=dict)
    folders: Mapping[str, Path] = field(default_factory=dict)
    allowed_folders: tuple[Path, ...] = ()
    overrides: tuple[str, ...] = ()
    variant: str | None = None

    def where(self, *path: str | int) -> str:
        """``line 9, workloads[chat].llm``, or the nearest line around what is a default."""
        written = self._written(path)
        place = Place(self.sources.get(written, ""), self.lines.get(written))
        shown = path_text(index_path(path, self.scenario), self.scenario)
        return ", ".join(part for part in (str(place), shown) if part)

    def folder_of(self, *path: str | int) -> Path:
        """Folder of the file in which a value was written: its references start there."""
        return self.folders.get(self.sources.get(self._written(path), ""), self.folder)

    def _written(self, path: Sequence[str | int]) -> PathKeys:
        """The longest part of a path that stands in a file or in an override."""
        exact = index_path(path, self.scenario)
        parts = (exact[:length] for length in range(len(exact), 0, -1))
        return next((part for part in parts if part in self.lines or part in self.sources), ())


def load(
    path: str | Path,
    overrides: Sequence[str] = (),
    variant: str | None = None,
    allowed_folders: Sequence[Path] = (),
) -> LoadedScenario:
    """Read a scenario; every problem of it is reported at once.

    Parameters
    ----------
    path
        The scenario file.
    overrides
        ``path=value`` each, applied last and in turn: ``fleet.utilisation_limit=0.7``.
    variant
        Name of one of the scenario's variants.
    allowed_folders
        Folders besides the scenario's own in which the files that it names may lie.

    Raises
    ------
    InvalidInput
        The file cannot be read or is not a sound scenario.
    UsageError
        An override has no meaning, or there is no such variant.
    EnvironmentFailed
        The file may not be read.
    """
    subject = str(path)
    file = _file(path, subject)
    layers = resolve.read_layers(file, subject, allowed_folders)
    root, problems = layers.root, list(layers.problems)
    if variant is not None:
        root, unaddressed = resolve.with_variant(layers, variant)
        problems += unaddressed
    root = with_overrides(root, overrides)
    scenario, found = _checked(root)
    problems += found
    if len(problems) <= MAX_PROBLEMS:
        problems += _problems_of_other_variants(layers, variant)
    if scenario is None or problems:
        raise InvalidInput(subject, limited(list(dict.fromkeys(problems))))
    loaded = _loaded(scenario, root, file, layers, tuple(allowed_folders))
    return replace(loaded, overrides=tuple(overrides), variant=variant)


def _file(path: str | Path, subject: str) -> Path:
    try:
        return resolved(Path(path))
    except ValueError as error:
        raise InvalidInput(subject, [str(error)]) from None


def _checked(root: Node) -> tuple[Scenario | None, list[str]]:
    data = plain(root)
    scenario, problems = checks.validated(data)
    return scenario, messages.lines(problems, data, dict(places(root))) if problems else []


def _problems_of_other_variants(layers: resolve.Layers, variant: str | None) -> list[str]:
    """Problems of the variants that were not chosen: a misspelt key is never ignored."""
    found: list[str] = []
    for name in layers.variants:
        if name != variant and len(found) <= MAX_PROBLEMS:
            root, unaddressed = resolve.with_variant(layers, name)
            found += unaddressed + _checked(root)[1]
    return found


def _loaded(
    scenario: Scenario,
    root: Node,
    file: Path,
    layers: resolve.Layers,
    allowed_folders: tuple[Path, ...],
) -> LoadedScenario:
    data = plain(root)
    found = {
        spelt: place
        for path, place in places(root)
        for spelt in (path, name_path(path, data))
        if path
    }
    return LoadedScenario(
        scenario=scenario,
        path=file,
        folder=file.parent,
        files=tuple(layers.sources.values()),
        lines={path: place.line for path, place in found.items() if place.line is not None},
        sources={path: place.source for path, place in found.items() if place.source},
        folders={source: origin.parent for source, origin in layers.sources.items()},
        allowed_folders=allowed_folders,
    )
