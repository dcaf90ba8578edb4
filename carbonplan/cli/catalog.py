"""``catalog``: what can be bought, served, and where; each row with its source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import typer

from carbonplan.cli.embodied import embodied
from carbonplan.cli.loading import load
from carbonplan.cli.options import AllowPath, Json, Overrides, Scenario, Variant
from carbonplan.cli.output import show, show_json, table

if TYPE_CHECKING:
    from carbonplan.catalogue.records import Record, Server
    from carbonplan.configurations import Configurations

app = typer.Typer(
    help="List what the catalogue holds.", no_args_is_help=True, rich_markup_mode=None
)

Row = Mapping[str, object]
LLM_COLUMNS = (
    *("llm", "publisher", "parameters_b", "active_parameters_b", "layers", "context_tokens"),
    *("native_precision", "evidence", "source"),
)
REGION_COLUMNS = (
    *("region", "name", "provider", "zone", "pue", "wue_l_per_kwh", "ewif_l_per_kwh"),
    *("price_usd_per_kwh", "evidence", "source"),
)
SOURCE_COLUMNS = ("key", "year", "publisher", "title", "licence", "url")


@app.command()
def skus(as_json: Json = False) -> None:
    """List servers that can be bought."""
    from carbonplan.catalogue.hardware import servers, sku_names

    found = servers(sku_names())
    if as_json:
        show_json([_whole_server(server) for server in found])
    else:
        show(table([_server_row(server) for server in found]))


@app.command()
def llms(as_json: Json = False) -> None:
    """List LLMs that can be served."""
    from carbonplan.catalogue.cards import card_names, cards

    _show(_dumped(cards(card_names())), LLM_COLUMNS, as_json)


@app.command()
def regions(as_json: Json = False) -> None:
    """List regions with PUE, water, prices."""
    from carbonplan.catalogue.sites import regions as all_regions

    _show(_dumped(all_regions().values()), REGION_COLUMNS, as_json)


@app.command()
def services(as_json: Json = False) -> None:
    """List services and their request classes."""
    from carbonplan.catalogue.requests import arrival_shapes, request_classes

    shapes = arrival_shapes()
    rows = [
        {**row.model_dump(), "arrival_shape": "yes" if service in shapes else "no"}
        for service, classes in request_classes().items()
        for row in classes
    ]
    _show(rows, list(rows[0]) if rows else (), as_json)


@app.command()
def sources(as_json: Json = False) -> None:
    """List where the figures come from."""
    from carbonplan.catalogue.provenance import sources_path
    from carbonplan.catalogue.records import Source
    from carbonplan.catalogue.tables import read_table

    _show(_dumped(read_table(sources_path(), Source)), SOURCE_COLUMNS, as_json)


app.command()(embodied)


@app.command()
def configurations(
    scenario: Scenario,
    overrides: Overrides = None,
    variant: Variant = None,
    allow_path: AllowPath = None,
    as_json: Json = False,
) -> None:
    """Show what replicas can be, and why not more."""
    loaded = load(scenario, overrides, variant, allow_path)
    from carbonplan.catalogue.gather import gather
    from carbonplan.configurations import enumerate_configurations

    found = enumerate_configurations(gather(loaded))
    kept = _kept_rows(found)
    rejected = [
        {"configuration": no.configuration.name, "kind": no.kind, "reason": no.reason}
        for no in found.rejected
    ]
    if as_json:
        show_json({"kept": kept, "rejected": rejected})
        return
    engines = len({one.engine for one in found.kept})
    show(
        f"{len(found.kept)} configurations of {engines} engines kept; rate and energy of one "
        "replica by request class, and what it draws at any load"
    )
    show(table(kept))
    kinds = Counter(no.kind for no in found.rejected)
    counts = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
    show(f"\n{len(rejected)} configurations rejected" + (f": {counts}" if counts else ""))
    show(table(rejected))


def _show(rows: Sequence[Row], columns: Iterable[str], as_json: bool) -> None:
    """Some columns as a table, or everything as JSON."""
    if as_json:
        show_json(list(rows))
    else:
        show(table([{name: row[name] for name in columns} for row in rows]))


def _dumped(records: Iterable[Record]) -> list[Row]:
    return [record.model_dump(mode="json") for record in records]


def _server_row(server: Server) -> Row:
    return {
        "sku": server.name,
        "accelerators": server.sku.accelerators,
        "accelerator": server.accelerator.accelerator,
        "launch_year": server.accelerator.launch_year,
        "memory_gb": server.accelerator.memory_gb,
        "tdp_w": server.accelerator.tdp_w,
        "host": server.host.host,
        "purchase_usd": server.price.purchase_usd,
        "evidence": server.sku.evidence,
        "source": server.sku.source,
    }


def _whole_server(server: Server) -> Row:
    return {
        **{
            part: getattr(server, part).model_dump(mode="json")
            for part in ("sku", "host", "accelerator", "power", "price")
        },
        "parts": _dumped(server.parts),
    }


def _kept_rows(found: Configurations) -> list[Row]:
    """A row for each request class that a kept configuration can serve."""
    of_engine = found.table["loaded_kw"].sel(engine=found.table["configuration_engine"])
    points = found.table[["rate_rps", "energy_kj_per_request", "ttft_s"]]
    points = points.assign(loaded_kw=of_engine.drop_vars("engine")).to_dataframe()
    served = points[points["rate_rps"] > 0].sort_index(level="configuration")
    return [
        {
            "configuration": configuration,
            "request_class": request_class,
            "rate_rps": float(point.rate_rps),
            "energy_kj_per_request": float(point.energy_kj_per_request),
            "ttft_s": float(point.ttft_s),
            "loaded_kw": float(point.loaded_kw),
        }
        for (request_class, configuration), point in zip(
            served.index, served.itertuples(), strict=True
        )
    ]
