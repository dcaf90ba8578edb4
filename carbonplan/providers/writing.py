"""Series, metadata and the lines for a scenario, from the hours of one or several zones."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from carbonplan.catalogue.series import TIME, utc_text
from carbonplan.catalogue.writing import write_whole
from carbonplan.providers.fetching import Fetched, utc_second
from carbonplan.providers.hours import ZoneSeries
from carbonplan.providers.records import Meaning, Source, Span

DIGITS = {"intensity_g_per_kwh": 3, "price_usd_per_kwh": 6}
OF_METADATA = ".meta.json"


def write_files(
    out: Path,
    source: Source,
    span: Span,
    zones: Mapping[str, tuple[Fetched, ZoneSeries]],
    fill: str | None,
) -> dict[str, object]:
    """Write the series and, beside it, its metadata; returns the metadata.

    Parameters
    ----------
    zones
        By the name of the column.
    """
    text = series_text(
        source.meaning, span, {name: hours for name, (_, hours) in zones.items()}
    )
    metadata = {
        "provider": source.provider.key,
        "label": source.provider.label,
        "licence": source.provider.licence,
        "series": source.meaning.series,
        "unit": source.meaning.unit,
        "signal": _signal(source.meaning),
        "note": source.meaning.note,
        "from": utc_text(span.first),
        "to": utc_text(span.last),
        "hours": len(span.hours),
        "fill": fill,
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
        "columns": {name: _column(*zone) for name, zone in zones.items()},
    }
    write_whole(out, text)
    write_whole(metadata_path(out), json.dumps(metadata, indent=2, allow_nan=False) + "\n")
    return metadata


def metadata_path(out: Path) -> Path:
    """Where the metadata of a series lie."""
    return out.with_name(out.name + OF_METADATA)


def series_text(meaning: Meaning, span: Span, columns: Mapping[str, ZoneSeries]) -> str:
    """CSV as scenarios read it; an hour without a value is an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([TIME, *columns])
    digits = DIGITS[meaning.series]
    values = (hours.values for hours in columns.values())
    for hour, *row in zip(span.hours, *values, strict=True):
        cells = ("" if np.isnan(value) else f"{value:.{digits}f}" for value in row)
        writer.writerow([utc_text(hour), *cells])
    return text.getvalue()


def scenario_lines(
    out: Path, source: Source, span: Span, zones: Mapping[str, tuple[Fetched, ZoneSeries]]
) -> str:
    """What to paste into a scenario: the horizon that is covered, signal and series."""
    meaning = source.meaning
    told = ", ".join(f"{name} as in {hours.zone}" for name, (_, hours) in zones.items())
    lines = [
        f"# {source.provider.label}: {told}",
        f"# {meaning.note}",
        *_warnings(zones),
        f"horizon: {{start: {utc_text(span.first)[:-1]}:00Z, hours: {len(span.hours)}}}",
    ]
    signal = _signal(meaning)
    if signal:
        inner = ", ".join(f"{key}: {value}" for key, value in signal.items())
        lines.append(f"signal: {{{inner}}}")
    return "\n".join([*lines, "series:", f"  {meaning.series}: {json.dumps(out.name)}"])


def _warnings(zones: Mapping[str, tuple[Fetched, ZoneSeries]]) -> list[str]:
    lines = []
    for name, (_, hours) in zones.items():
        if hours.share_estimated:
            lines.append(f"# {name}: {hours.share_estimated:.1%} estimated by the provider")
        if hours.filled:
            lines.append(f"# {name}: {len(hours.filled)} hours filled")
    return lines


def _signal(meaning: Meaning) -> dict[str, str] | None:
    if meaning.kind is None or meaning.scope is None or meaning.basis is None:
        return None
    return {"kind": meaning.kind, "scope": meaning.scope, "basis": meaning.basis}


def _column(fetched: Fetched, hours: ZoneSeries) -> dict[str, object]:
    known = hours.values[~np.isnan(hours.values)]
    return {
        "zone": hours.zone,
        "mean": round(float(known.mean()), 6) if known.size else None,
        "share_estimated": round(hours.share_estimated, 6),
        "missing": list(hours.missing),
        "filled": list(hours.filled),
        "revised": _ends(hours.revised),
        "notes": list(hours.notes),
        "origin": fetched.origin,
        "retrieved_at": utc_second(fetched.oldest_s),
        "asked": list(fetched.asked),
    }


def _ends(times: Sequence[str]) -> dict[str, str] | None:
    """First and last time at which the provider made or changed values, as far as it says."""
    return {"first": min(times), "last": max(times)} if times else None
