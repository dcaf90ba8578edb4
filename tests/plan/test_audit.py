"""HDF5 that reaches for other files is refused before anything is read."""

from __future__ import annotations

import io

import h5py
import numpy as np
import pytest

from carbonplan.plan.audit import hdf5_problems


def hdf5(build) -> bytes:
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        file["fine"] = np.arange(3.0)
        build(file)
    return content.getvalue()


def nothing(_):
    """A file with plain arrays alone."""


def external_storage(file):
    file.create_dataset("x", (4,), dtype="i1", external=[("/etc/hostname", 0, 4)])


def virtual(file):
    layout = h5py.VirtualLayout(shape=(3,), dtype=float)
    layout[:] = h5py.VirtualSource("secret.h5", "x", shape=(3,))
    file.create_virtual_dataset("x", layout)


def external_link(file):
    file["x"] = h5py.ExternalLink("secret.h5", "/x")


def soft_link(file):
    file["x"] = h5py.SoftLink("/fine")


def group(file):
    file.create_group("x").attrs["a"] = 1


def huge(file):
    file.create_dataset("x", (10**11,), dtype=float, chunks=(1000,))


def named_type(file):
    file["x"] = np.dtype("f8")


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (external_storage, "plan.nc/x: refers to other files"),
        (virtual, "plan.nc/x: refers to other files"),
        (external_link, "plan.nc/x: refers to other files"),
        (soft_link, "plan.nc/x: refers to other files"),
        (group, "plan.nc/x: a plan has no groups"),
        (named_type, "plan.nc/x: a plan holds arrays only"),
        (huge, "plan.nc: declares 800000000024 bytes"),
    ],
)
def test_what_reaches_out_is_named(build, words):
    (problem,) = hdf5_problems(hdf5(build), "plan.nc")
    assert problem.startswith(words)


def test_arrays_pass():
    assert hdf5_problems(hdf5(nothing), "plan.nc") == []


@pytest.mark.parametrize("content", [b"", b"not HDF5", hdf5(nothing)[:1000]])
def test_what_is_no_hdf5_is_named(content):
    (problem,) = hdf5_problems(content, "plan.nc")
    assert "not a readable HDF5 file" in problem
