"""Servers with bills of parts chosen for a test."""

from __future__ import annotations

from collections.abc import Sequence

from carbonplan.catalogue.hardware import embodied_coefficients, servers
from carbonplan.catalogue.records import EmbodiedCoefficient, Part, Server
from carbonplan.technology.embodied import embodied_footprint


def server_named(name: str) -> Server:
    (server,) = servers([name])
    return server


def with_bill(server: Server, parts: Sequence[Part], accelerators: int | None = None) -> Server:
    """The server with another bill of parts, and another number of accelerators."""
    number = server.sku.accelerators if accelerators is None else accelerators
    sku = server.sku.model_copy(update={"accelerators": number})
    return Server(
        sku, server.host, server.accelerator, server.power, server.price, tuple(parts)
    )


def with_quantities(
    server: Server, quantities: dict[str, float], accelerators: int | None = None
) -> Server:
    """The server with other quantities of some parts of its host."""
    parts = [
        part.model_copy(update={"quantity": quantities[part.part]})
        if part.item == server.sku.host and part.part in quantities
        else part
        for part in server.parts
    ]
    return with_bill(server, parts, accelerators)


def part(item: str, name: str, technology: str, quantity: float, unit: str) -> Part:
    return Part(
        item=item,
        part=name,
        technology=technology,
        quantity=quantity,
        unit=unit,
        evidence="assumed",
        source="a-test",
    )


def coefficient(name: str, technology: str, unit: str, kgco2e: float) -> EmbodiedCoefficient:
    return EmbodiedCoefficient(
        coefficient_set="own",
        part=name,
        technology=technology,
        unit=unit,
        kgco2e_per_unit=kgco2e,
        low_kgco2e_per_unit=kgco2e / 2,
        high_kgco2e_per_unit=kgco2e * 2,
        evidence="assumed",
        source="a-test",
    )


def per_accelerator_kgco2e(sku: str, coefficient_set: str) -> float:
    server = server_named(sku)
    footprint = embodied_footprint(server, embodied_coefficients(coefficient_set))
    return footprint.accelerators_kgco2e / server.sku.accelerators


def priced_kgco2e(coefficient_set: str, *parts: tuple[str, str, float, str]) -> float:
    """Carbon of loose parts, each with its technology, quantity and unit."""
    carrier = server_named("t4-1")
    bill = [part(carrier.sku.host, *one) for one in parts]
    rows = embodied_coefficients(coefficient_set)
    return embodied_footprint(with_bill(carrier, bill), rows).host_kgco2e
