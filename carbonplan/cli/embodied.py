"""``catalog embodied``: what making a server emits, under one published set or under all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from carbonplan.cli.options import Json
from carbonplan.cli.output import show, show_json, table
from carbonplan.errors import UsageError

if TYPE_CHECKING:
    from carbonplan.catalogue.records import EmbodiedCoefficient
    from carbonplan.technology.embodied import Comparison, EmbodiedFootprint

Row = Mapping[str, object]
IDENTITY = {"sku", "host", "accelerator", "accelerators"}
EMBODIED_COLUMNS = (
    *("item", "part", "technology", "quantity", "unit", "kgco2e", "low_kgco2e", "high_kgco2e"),
    *("evidence", "source"),
)


def embodied(
    sku: Annotated[str, typer.Argument(metavar="SKU", help="A server of `catalog skus`.")],
    coefficient_set: Annotated[
        str | None,
        typer.Option(
            "--set",
            "--coefficient-set",
            metavar="NAME",
            help="One published set in detail: ranges, evidence and sources.",
        ),
    ] = None,
    fab: Annotated[
        str | None,
        typer.Option(
            "--fab",
            metavar="LOCATION",
            help="Price the dies of ACT as made on the grid of this place, e.g. korea.",
        ),
    ] = None,
    fab_yield: Annotated[
        float | None,
        typer.Option(
            "--fab-yield", min=0.01, max=1.0, help="Share of good dies in that fab; ACT: 0.875."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Itemise the carbon of making a server under each published set, side by side."""
    from carbonplan.catalogue.hardware import coefficient_sets, servers
    from carbonplan.technology.embodied import compared, embodied_footprint

    (server,) = servers([sku])
    if coefficient_set is not None:
        (rows,) = _coefficients([coefficient_set], fab, fab_yield)
        _show_footprint(embodied_footprint(server, rows), as_json)
        return
    rows_of_sets = _coefficients(coefficient_sets(), fab, fab_yield)
    _show_comparison(compared(server, rows_of_sets), as_json)


def _coefficients(
    names: Sequence[str], fab: str | None, fab_yield: float | None
) -> list[Sequence[EmbodiedCoefficient]]:
    """Rows of each set; with a fab, ACT's with its dies made there (beside other sets, too)."""
    from carbonplan.catalogue.fabs import fab_grid, process_nodes
    from carbonplan.catalogue.hardware import embodied_coefficients
    from carbonplan.technology.embodied.fab import DERIVED_SET, YIELD_FRACTION, at_fab

    found = {name: embodied_coefficients(name) for name in names}
    if fab is None and fab_yield is not None:
        raise UsageError("--fab-yield is the yield of a fab: name its place with --fab")
    if fab is None:
        return list(found.values())
    if DERIVED_SET not in found:
        raise UsageError(
            f"--fab prices the dies of {DERIVED_SET}; no other set derives its own"
        )
    made_there = at_fab(
        found[DERIVED_SET], process_nodes(), fab_grid(fab), fab_yield or YIELD_FRACTION
    )
    return [made_there] if len(found) == 1 else [*found.values(), made_there]


def _show_footprint(footprint: EmbodiedFootprint, as_json: bool) -> None:
    if as_json:
        show_json({**asdict(footprint), "kgco2e": footprint.kgco2e})
        return
    lines = [asdict(line) for line in footprint.lines]
    show(table([{column: line[column] for column in EMBODIED_COLUMNS} for line in lines]))
    show(
        f"\n{footprint.sku} by {footprint.coefficient_set}: {footprint.kgco2e:.0f} kgCO2e = "
        f"host {footprint.host_kgco2e:.0f} + accelerators {footprint.accelerators_kgco2e:.0f}"
    )


def _show_comparison(comparison: Comparison, as_json: bool) -> None:
    totals = comparison.totals
    if as_json:
        sets = [
            {**asdict(total), **asdict(bill)}
            for total, bill in zip(totals, comparison.bills, strict=True)
        ]
        sku = comparison.server.sku
        show_json({**sku.model_dump(include=IDENTITY), "sets": sets})
        return
    show(f"{comparison.server.name}: kgCO2e of its parts under each coefficient set")
    show(table([*_compared_parts(comparison), *_compared_totals(comparison)]))
    for bill in comparison.bills:
        for fault in bill.faults:
            show(f"\n{bill.coefficient_set} does not price {fault}")


def _compared_parts(comparison: Comparison) -> Iterator[Row]:
    """A row for each part: what the server has of it, and its carbon under each set."""
    for number, part in enumerate(comparison.server.parts):
        yield {
            "item": part.item,
            "part": part.part,
            "technology": part.technology,
            "quantity": comparison.quantities[number],
            "unit": part.unit,
            **{bill.coefficient_set: _kgco2e(bill.kgco2e[number]) for bill in comparison.bills},
        }


def _compared_totals(comparison: Comparison) -> Iterator[Row]:
    """Host, accelerators, one accelerator and the server under each set."""
    sku = comparison.server.sku
    sums = (
        (sku.host, "host", 1, "host_kgco2e"),
        (sku.accelerator, "accelerators", sku.accelerators, "accelerators_kgco2e"),
        (sku.accelerator, "one of them", 1, "accelerator_kgco2e"),
        (sku.sku, "server", 1, "server_kgco2e"),
    )
    for item, what, pieces, total in sums:
        yield {
            "item": item,
            "part": f"= {what}",
            "technology": "",
            "quantity": pieces,
            "unit": "piece",
            **{
                of_set.coefficient_set: _kgco2e(getattr(of_set, total))
                for of_set in comparison.totals
            },
        }


def _kgco2e(value: float | None) -> float | None:
    """As printed: the sets differ by factors, not by grams."""
    return None if value is None else round(value, 1)
