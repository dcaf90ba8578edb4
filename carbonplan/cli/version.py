"""``carbonplan version``: what is installed, for bug reports and manifests."""

from __future__ import annotations

import typer

from carbonplan.cli.options import Json
from carbonplan.cli.output import show, show_json

LIBRARIES = ("highspy", "pyomo", "numpy", "scipy", "xarray", "pydantic")


def version(as_json: Json = False) -> None:
    """Print what is installed.

    The versions of carbonplan, of Python and of the libraries that decide a plan.
    """
    versions = installed()
    if as_json:
        show_json(versions)
    else:
        show("\n".join(f"{name} {number}" for name, number in versions.items()))


def show_and_exit(asked: bool) -> None:
    """``--version``: the number alone."""
    if asked:
        show(f"carbonplan {_version_of('carbonplan')}")
        raise typer.Exit


def installed() -> dict[str, str]:
    """Versions by name."""
    import platform

    libraries = {name: _version_of(name) for name in LIBRARIES}
    return {
        "carbonplan": _version_of("carbonplan"),
        "python": platform.python_version(),
        "platform": platform.platform(),
        **libraries,
    }


def _version_of(distribution: str) -> str:
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as version_of

    try:
        return version_of(distribution)
    except PackageNotFoundError:
        return "not installed"
