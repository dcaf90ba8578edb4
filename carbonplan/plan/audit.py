"""HDF5 that refers to other files, or declares more than it may, is refused before it is read.

External storage, external and soft links and virtual datasets make a reader open any file that
its user can read.
"""

from __future__ import annotations

import io

LARGEST_BYTES = 4 * 2**30  # of all arrays of a plan, unpacked


def hdf5_problems(content: bytes, name: str) -> list[str]:
    """What forbids reading an HDF5 file, one line each; nothing outside it is opened."""
    import h5py

    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            found, declared = _walk(file, name)
    except (OSError, RuntimeError, KeyError, ValueError) as error:
        return [f"{name}: not a readable HDF5 file ({error})"]
    if declared > LARGEST_BYTES:
        found.append(f"{name}: declares {declared} bytes, at most {LARGEST_BYTES} are read")
    return found


def _walk(group, prefix: str) -> tuple[list[str], int]:
    """Problems of a group's links and datasets, and the bytes that its datasets declare."""
    import h5py

    problems, declared = [], 0
    for key in group:
        where = f"{prefix}/{key}"
        if not isinstance(group.get(key, getlink=True), h5py.HardLink):
            problems.append(f"{where}: refers to other files or places by a link")
            continue
        item = group[key]
        if isinstance(item, h5py.Group):
            problems.append(f"{where}: a plan has no groups")
        elif not isinstance(item, h5py.Dataset):
            problems.append(f"{where}: a plan holds arrays only")
        elif item.is_virtual or item.external:
            problems.append(f"{where}: refers to other files")
        else:
            declared += item.size * item.dtype.itemsize
    return problems, declared
