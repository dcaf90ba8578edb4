"""What counted requests amount to, as files: tables, hourly rates, and lines of a scenario."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from carbonplan.catalogue.records import Source
from carbonplan.catalogue.series import TIME, utc_text
from carbonplan.prepare.arrivals import arrivals_text
from carbonplan.prepare.classes import classes_text
from carbonplan.prepare.request_tables import Service, plain

CATALOGUE = "catalogue"
RPS_DIGITS = 6


def files_of(
    made: Sequence[Service], source: Source, folder: str
) -> Iterator[tuple[str, bytes]]:
    """Tables, hourly rates and lines of YAML, by their path in the folder that holds them."""
    texts: dict[str, str] = {}
    if any(one.classes for one in made):
        rows = [row for one in made for row in one.classes]
        texts[f"{CATALOGUE}/requests/classes.csv"] = classes_text(rows)
    if any(one.shape for one in made):
        rows = [row for one in made for row in one.shape]
        texts[f"{CATALOGUE}/requests/arrivals.csv"] = arrivals_text(rows)
    if texts:
        texts[f"{CATALOGUE}/sources.csv"] = _source_text(source)
    for one in made:
        if one.hours.size:
            texts[_arrivals_file(one)] = _series_text(one)
    texts["workloads.yaml"] = snippet(made, folder)
    texts["requests.json"] = json.dumps([document(one) for one in made], indent=2) + "\n"
    yield from ((name, text.encode("utf-8")) for name, text in texts.items())


def document(one: Service) -> dict[str, object]:
    """A service as JSON states it, without its hours."""
    return {
        "service": one.name,
        "requests": one.requests,
        "mean_rps": one.mean_rps,
        "classes": [
            row.model_dump(mode="json", exclude={"service", "source"}) for row in one.classes
        ],
        "class_errors": asdict(one.class_errors) if one.class_errors else None,
        "shape_hours": len(one.shape),
        "shape_error": one.shape_error,
        "hours": len(one.hours),
        "first_hour": utc_text(one.hours[0]) if one.hours.size else None,
        "notes": list(one.notes),
    }


def snippet(made: Sequence[Service], folder: str) -> str:
    """Lines for a scenario that lies beside the folder."""
    lines = [f"catalogue: {folder}/{CATALOGUE}", "", "workloads:"]
    if not any(one.classes or one.shape for one in made):
        lines = lines[2:]
    for one in made:
        lines += _workload_lines(one, folder)
    return "\n".join(lines) + "\n"


def source_of(paths: Sequence[Path], name: str, key: str | None, licence: str) -> Source:
    """The row that names the logs as where the figures are from."""
    titles = " and ".join(plain(path.name) for path in paths[:3])
    more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
    return Source(
        key=key or f"requests-{plain(name)}",
        title=f"Requests of {titles}{more}",
        publisher="own",
        year=None,
        licence=licence,
        note="Counted from request logs.",
    )


def _workload_lines(one: Service, folder: str) -> list[str]:
    mean = f"mean_rps: {one.mean_rps:.6g}" if one.mean_rps else "mean_rps: 1"
    shape = f", shape: {one.name}" if one.shape else ""
    yours = "" if one.mean_rps else "  # yours: the logs do not say"
    classes = f"    classes: {one.name}"
    if not one.classes:
        classes = "    classes: azure-conversation  # yours: the logs tell no lengths"
    lines = [
        f"  - name: {one.name}",
        "    kind: online",
        "    llm: llama-3.1-8b  # yours",
        classes,
        f"    arrivals: {{{mean}{shape}}}{yours}",
    ]
    if one.hours.size:
        span = f"{len(one.hours)} hours from {utc_text(one.hours[0])}"
        lines.append(
            f"    # over the {span}: arrivals: {{file: {folder}/{_arrivals_file(one)}}}"
        )
    return [*lines, "    ttft_s: 1.0  # yours", "    tpot_s: 0.05  # yours"]


def _series_text(one: Service) -> str:
    lines = [f"{TIME},rps"]
    lines += [
        f"{utc_text(hour)},{rate:.{RPS_DIGITS}f}"
        for hour, rate in zip(one.hours, one.rps, strict=True)
    ]
    return "\n".join(lines) + "\n"


def _source_text(source: Source) -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(Source.model_fields)
    writer.writerow(["" if value is None else value for value in source.model_dump().values()])
    return file.getvalue()


def _arrivals_file(one: Service) -> str:
    return f"arrivals-{one.name}.csv"
