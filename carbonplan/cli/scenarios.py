"""``init``, ``validate`` and ``schema``: scenario files before they are solved."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from carbonplan.cli.loading import SUFFIX, load, shipped_scenarios
from carbonplan.cli.options import AllowPath, Json, Overrides, Scenario, Variant
from carbonplan.cli.output import say, show, show_json
from carbonplan.errors import UsageError

EXAMPLE = "one-hour"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def init(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Name of the scenario and of its file.")
    ] = "my-scenario",
    as_json: Json = False,
) -> None:
    """Write a scenario to start from.

    It is small, commented and complete, and lies in the current folder with the series that it
    names.
    """
    name = name.removesuffix(SUFFIX)
    if not NAME.fullmatch(name):
        raise UsageError(f'"{name}": a name has letters, digits, ".", "_" and "-", 64 at most')
    path = Path(name + SUFFIX)
    files = {path: _renamed_example(name), **_series_of_example()}
    taken = [str(file) for file, content in files.items() if _is_other(file, content)]
    if path.exists() or taken:
        raise UsageError(
            f"{', '.join(taken or [str(path)])} exists already; nothing was written"
        )
    for file, content in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    if as_json:
        show_json({"scenario": str(path), "files": [str(file) for file in files]})
    else:
        show(f"wrote {', '.join(map(str, files))}\nnext: carbonplan solve {path}")


def validate(
    scenario: Scenario,
    overrides: Overrides = None,
    variant: Variant = None,
    allow_path: AllowPath = None,
    as_json: Json = False,
) -> None:
    """Check a scenario and its data.

    Every problem is one line; without any, the sizes of the plan are printed.
    """
    loaded = load(scenario, overrides, variant, allow_path)
    from carbonplan import pipeline

    checked = pipeline.validate(loaded)
    if as_json:
        show_json(
            {
                "ok": True,
                "scenario": loaded.scenario.name,
                "sizes": dict(checked.sizes),
                "warnings": list(checked.warnings),
            }
        )
        return
    sizes = ", ".join(f"{count} {what}" for what, count in checked.sizes.items())
    show(f"ok: {loaded.scenario.name}: {sizes}")
    for warning in checked.warnings:
        say(f"warning: {warning}")


def schema(
    _as_json: Json = False,  # it is JSON in either case
) -> None:
    """Print the JSON Schema of scenarios.

    Editors use it to complete and check scenario files.
    """
    from carbonplan.scenario import json_schema

    show_json(json_schema())


def _renamed_example(name: str) -> bytes:
    """The shipped example, comments and all, under another name."""
    text = shipped_scenarios()[EXAMPLE].read_text(encoding="utf-8")
    renamed = re.sub(r"^name: .*$", f"name: {name}", text, count=1, flags=re.MULTILINE)
    return renamed.encode("utf-8")


def _is_other(file: Path, content: bytes) -> bool:
    """Whether a file is there that would be lost by writing this content."""
    return file.exists() and not (file.is_file() and file.read_bytes() == content)


def _series_of_example() -> dict[Path, bytes]:
    """Files that the shipped example names, by their path relative to it."""
    example = load(str(shipped_scenarios()[EXAMPLE]))
    named = (
        *example.scenario.series.model_dump().values(),
        example.scenario.fleet.profiles,
        *(workload.arrivals.file for workload in example.scenario.workloads),
    )
    return {Path(name): (example.folder / name).read_bytes() for name in named if name}
