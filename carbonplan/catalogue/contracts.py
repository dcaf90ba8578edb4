"""What contracts for power deliver in every slot, by the kW contracted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from carbonplan.catalogue.horizon import Slots
from carbonplan.catalogue.series import columns_of, read_series, utc_text, values_at
from carbonplan.catalogue.shipped import shown
from carbonplan.errors import InvalidInput
from carbonplan.scenario.supply import Contract

if TYPE_CHECKING:
    import xarray as xr

MOST_PER_KW = 2.0  # beyond it a profile is in percent or in kW


def contract_profiles(
    contracts: Sequence[Contract], slots: Slots, files: Mapping[str, Path]
) -> xr.DataArray:
    """Power delivered by the kW contracted (contract, slot) [1]; 1 without a profile.

    Parameters
    ----------
    files
        Profiles by the name of their contract.

    Raises
    ------
    InvalidInput
        A column or an hour is missing, or a value is no share of what is contracted.
    """
    import xarray as xr

    names = [contract.name for contract in contracts]
    profiles = np.ones((len(names), len(slots.time_utc)))
    problems = []
    for i, name in enumerate(names):
        if name in files:
            try:
                profiles[i] = _profile(files[name], name, names, slots)
            except InvalidInput as error:
                problems += [f"{error.subject}: {problem}" for problem in error.problems]
    if problems:
        raise InvalidInput("supply.contracts", list(dict.fromkeys(problems)))
    return xr.DataArray(profiles, dims=("contract", "slot"), attrs={"units": "1"})


def _profile(file: Path, name: str, known: Sequence[str], slots: Slots) -> NDArray[np.float64]:
    """Column of a contract over the slots; a file may hold those of other contracts too."""
    column = columns_of(read_series(file, slots.per_hour), [name], known, file)
    values = values_at(column, slots.time_utc, file).values[:, 0]
    outside = np.flatnonzero((values < 0) | (values > MOST_PER_KW))
    if outside.size:
        more = f", as in {outside.size - 1} more hours" if outside.size > 1 else ""
        raise InvalidInput(
            shown(file),
            [
                f"{utc_text(slots.time_utc[outside[0]])}, {name}: found "
                f"{values[outside[0]]:g}; expected 0 to {MOST_PER_KW:g}, the power by the kW "
                f"contracted{more}"
            ],
        )
    return values
