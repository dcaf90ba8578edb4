"""Machines by name: a server of the catalogue, or one of its accelerators without a host."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache

from carbonplan.catalogue.hardware import servers, sku_names
from carbonplan.catalogue.records import Server
from carbonplan.errors import InvalidInput, nearest

NO_HOST = "none"


def machines(names: Iterable[str]) -> tuple[Server, ...]:
    """Servers of these SKUs, and accelerators of these names alone, in this order.

    Raises
    ------
    InvalidInput
        With every name that is neither, and the nearest that is one.
    """
    names = tuple(names)
    known = _known()
    unknown = dict.fromkeys(name for name in names if name not in known)
    if unknown:
        raise InvalidInput(
            "hardware catalogue",
            [
                f'no SKU or accelerator "{name}"'
                f"{nearest(name, known) or '; known: ' + ', '.join(known)}"
                for name in unknown
            ],
        )
    return tuple(known[name] for name in names)


def accelerator_alone(server: Server) -> Server:
    """One accelerator of a server as a machine of its own: no host, neither power nor parts."""
    name = server.sku.accelerator
    no_power = {"idle_w": 0.0, "load_w": 0.0, "off_w": 0.0}
    return replace(
        server,
        sku=server.sku.model_copy(update={"sku": name, "host": NO_HOST, "accelerators": 1}),
        host=server.host.model_copy(update={"host": NO_HOST, **no_power}),
        parts=tuple(part for part in server.parts if part.item == name),
    )


@cache
def _known() -> Mapping[str, Server]:
    shipped = servers(sku_names())
    alone = {server.sku.accelerator: accelerator_alone(server) for server in shipped}
    return alone | {server.name: server for server in shipped}
