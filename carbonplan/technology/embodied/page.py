"""The tables of ``docs/embodied.md``: every server of the catalogue under every set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from carbonplan.catalogue.hardware import (
    coefficient_sets,
    embodied_coefficients,
    servers,
    sku_names,
)
from carbonplan.catalogue.records import Server
from carbonplan.technology.embodied.bill import EmbodiedFootprint, embodied_footprint

Range = tuple[float, float, float]  # figure, low and high [kgCO2e]
BEGIN = "<!-- embodied totals: written by make docs -->"
END = "<!-- end of embodied totals -->"


def totals() -> str:
    """Markdown tables of single accelerators, hosts and servers by set [kgCO2e]."""
    made = {
        server: [
            embodied_footprint(server, embodied_coefficients(name))
            for name in coefficient_sets()
        ]
        for server in servers(sku_names())
    }
    accelerators = {
        server.sku.accelerator: [_accelerator(server, footprint) for footprint in footprints]
        for server, footprints in made.items()
    }
    hosts = {
        server.sku.host: [_host(footprint) for footprint in footprints]
        for server, footprints in made.items()
    }
    whole = {
        server.name: [_server(footprint) for footprint in footprints]
        for server, footprints in made.items()
    }
    tables = (("accelerator", accelerators), ("host", hosts), ("server", whole))
    return "\n\n".join(_table(what, rows) for what, rows in tables)


def rewrite(page: Path) -> None:
    """Put the tables into a page, between its markers.

    Raises
    ------
    ValueError
        The page has no such markers.
    """
    before, found_begin, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, found_end, after = rest.partition(END)
    if not (found_begin and found_end):
        raise ValueError(f"{page} has no markers {BEGIN} and {END}")
    page.write_text(f"{before}{BEGIN}\n\n{totals()}\n\n{END}{after}", encoding="utf-8")


def _accelerator(server: Server, footprint: EmbodiedFootprint) -> Range:
    """One accelerator of a server."""
    number = server.sku.accelerators
    return (
        footprint.accelerators_kgco2e / number,
        footprint.low_accelerators_kgco2e / number,
        footprint.high_accelerators_kgco2e / number,
    )


def _host(footprint: EmbodiedFootprint) -> Range:
    return footprint.host_kgco2e, footprint.low_host_kgco2e, footprint.high_host_kgco2e


def _server(footprint: EmbodiedFootprint) -> Range:
    return (
        footprint.kgco2e,
        footprint.low_host_kgco2e + footprint.low_accelerators_kgco2e,
        footprint.high_host_kgco2e + footprint.high_accelerators_kgco2e,
    )


def _table(what: str, rows: Mapping[str, Sequence[Range]]) -> str:
    """A Markdown table: the figure of each set, then the lowest low and the highest high."""
    columns = (what, *coefficient_sets(), "low to high")
    rule = ("---", *("---:" for _ in columns[1:]))
    cells = (
        (
            name,
            *(_rounded(kgco2e) for kgco2e, _, _ in of_sets),
            f"{_rounded(min(low for _, low, _ in of_sets))} to "
            f"{_rounded(max(high for _, _, high in of_sets))}",
        )
        for name, of_sets in rows.items()
    )
    return "\n".join(f"| {' | '.join(line)} |" for line in (columns, rule, *cells))


def _rounded(kgco2e: float) -> str:
    return f"{kgco2e:,.0f}" if kgco2e >= 1_000 else f"{kgco2e:.1f}"
