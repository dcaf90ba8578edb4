"""A catalogue of a scenario's own: the folder that it names, checked as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from carbonplan.catalogue import hardware, host_parts, network, requests, sites
from carbonplan.catalogue.cards import read_card
from carbonplan.catalogue.host_records import HostCpu, MemoryOption, MemoryPart
from carbonplan.catalogue.library import Library, shipped_library
from carbonplan.catalogue.network import Origin
from carbonplan.catalogue.provenance import SOURCES
from carbonplan.catalogue.records import (
    ArrivalShape,
    EmbodiedCoefficient,
    Part,
    Record,
    RequestClass,
    RoundTrip,
    Source,
)
from carbonplan.catalogue.tables import read_keyed, read_table, refuse, shortened
from carbonplan.errors import InvalidInput, nearest
from carbonplan.scenario.files import locate
from carbonplan.scenario.loaded import LoadedScenario

KEYED: dict[str, type[Record]] = {
    **hardware.KEYED,
    **sites.KEYED,
    host_parts.HOST_CPUS: HostCpu,
    network.ORIGINS: Origin,
    SOURCES: Source,
}
LISTED: dict[str, type[Record]] = {
    hardware.PARTS: Part,
    hardware.COEFFICIENTS: EmbodiedCoefficient,
    host_parts.MEMORY_OPTIONS: MemoryOption,
    host_parts.MEMORY_PARTS: MemoryPart,
    network.ROUND_TRIPS: RoundTrip,
    requests.CLASSES: RequestClass,
    requests.SHAPES: ArrivalShape,
}
CARDS = "models"


def library_of(loaded: LoadedScenario) -> Library:
    """The tables of a scenario: shipped ones, after those of its own folder if it names one.

    Raises
    ------
    InvalidInput
        There is no such folder, a file in it is none of the catalogue's, or a table or a card
        is not sound; every problem of every file at once.
    """
    shipped = shipped_library()
    reference = loaded.scenario.catalogue
    if reference is None:
        return shipped
    try:
        folder = locate(reference, loaded.folder_of("catalogue"), loaded.allowed_folders)
    except ValueError as error:
        raise InvalidInput(
            str(loaded.path), [f"{loaded.where('catalogue')}: {error}"]
        ) from None
    if problems := list(problems_of(folder)):
        raise InvalidInput(str(folder), problems)
    return Library(shipped.base, folder)


def own_files(library: Library) -> list[Path]:
    """Every file of a library's own, in order of their names."""
    return [] if library.own is None else _files(library.own)


def problems_of(folder: Path) -> Iterator[str]:
    """What is wrong with a folder of tables and cards."""
    if not folder.is_dir():
        yield "is no folder; expected one with tables of the catalogue, hardware/skus.csv say"
        return
    files = _files(folder)
    if not files:
        yield "holds no table (.csv) and no card (models/*.yaml) of the catalogue"
    for path in files:
        try:
            yield from _misplaced(path.relative_to(folder))
            refuse(
                path, [] if path.resolve().is_relative_to(folder) else ["is a link to outside"]
            )
            _read(path, path.relative_to(folder))
        except InvalidInput as error:
            yield from (f"{path.relative_to(folder)}: {line}" for line in error.problems)


def _files(folder: Path) -> list[Path]:
    return sorted(path for kind in ("csv", "yaml") for path in folder.rglob(f"*.{kind}"))


def _read(path: Path, name: Path) -> None:
    """Read one file for its problems alone."""
    if name.suffix == ".yaml":
        read_card(path)
    elif name.as_posix() in KEYED:
        read_keyed(path, KEYED[name.as_posix()])
    elif name.as_posix() in LISTED:
        read_table(path, LISTED[name.as_posix()])


def _misplaced(name: Path) -> Iterator[str]:
    """A file that no table of the catalogue is called like, and so would not be read."""
    known = [*KEYED, *LISTED]
    if name.suffix == ".yaml":
        if name.parent != Path(CARDS):
            yield f"{shortened(str(name))}: a card belongs in {CARDS}/"
    elif name.as_posix() not in known:
        alike = [table for table in known if Path(table).name == name.name]
        hint = f"; expected {' or '.join(alike)}" if alike else nearest(name.as_posix(), known)
        yield f"{shortened(str(name))}: no table of the catalogue is called so{hint}"
