"""Every fleet of a case: what each single server may go through, and what that costs.

A server that stands already, or that may be bought in a stage, has histories of its own: it is
bought with one memory or the other, kept, moved, given other accelerators, or retired. Fleets
are one history for each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tests.mixed_cases import SMALL, SOLD, Case

BEFORE = -1  # the stage in which what stood was bought


@dataclass(frozen=True)
class Server:
    """One server at a time: where it is, when its parts were bought, and its memory."""

    sku: int
    region: int
    host: int
    accelerators: int
    size: int = SOLD


@dataclass(frozen=True)
class History:
    """Servers by (stage, sku, region, size), what they add to the aim, and what is paid."""

    servers: NDArray
    counted: float
    paid_usd: NDArray  # (stage,)


def fleets(case: Case) -> tuple[NDArray, NDArray]:
    """Servers of every fleet, (fleet, stage, sku, region, size); what each counts."""
    shape = (case.stages, len(case.off_kw), case.regions, 2)
    none = History(np.zeros(shape), 0.0, np.zeros(case.stages))
    found = {_key(case, none): none}
    for choices in _all_histories(case, none):
        joined = [_together(a, b) for a in found.values() for b in choices]
        found = {}
        for one in joined:
            key = _key(case, one)
            if key not in found or one.counted < found[key].counted:
                found[key] = one
    kept = [
        one
        for one in found.values()
        if (one.paid_usd <= case.budget_usd + 1e-9).all() and _shares_hold(case, one.servers)
    ]
    servers = np.array([one.servers for one in kept]).reshape(-1, *shape)
    return servers, np.array([one.counted for one in kept])


def _all_histories(case: Case, none: History) -> Iterator[list[History]]:
    for (g, r), many in np.ndenumerate(case.existing):
        stood = Server(g, r, BEFORE, BEFORE)
        for _ in range(many):
            yield list(_through(case, none, stood, 0))
    for (y, g, r), many in np.ndenumerate(case.stock):
        for _ in range(many):
            bought = [
                later
                for size in ((SOLD, SMALL) if case.memory else (SOLD,))
                for server in [Server(g, r, y, y, size)]
                for later in _through(
                    case, _counted(case, none, server, y, paid=(0, 1)), server, y + 1
                )
            ]
            yield [none, *bought]


def _through(case: Case, so_far: History, server: Server, y: int) -> Iterator[History]:
    """What may happen to a server from a stage on."""
    if y == case.stages:
        yield so_far
        return
    if case.stages == 1:  # there is no stage at which to retire it
        yield _counted(case, so_far, server, y)
        return
    yield so_far
    host_lives = y - max(server.host, 0) < case.host_life
    lives = host_lives and y - max(server.accelerators, 0) < case.life
    moves = case.moves and lives and server.size == SOLD
    for r in range(case.regions) if moves else (server.region,):
        here = replace(server, region=r)
        moved = _add(so_far, case.move_kgco2e * sum(case.weights) * (r != server.region))
        if lives:
            yield from _through(case, _counted(case, moved, here, y), here, y + 1)
        is_original = server.host == server.accelerators
        may_change = case.upgrades and host_lives and server.size == SOLD
        if may_change and server.sku == 0 and is_original:
            new = replace(here, sku=1, accelerators=y)
            renewed = _counted(case, moved, new, y, paid=(1,))
            yield from _through(case, renewed, new, y + 1)


def _counted(
    case: Case, history: History, server: Server, y: int, paid: tuple[int, ...] = ()
) -> History:
    """A history in which the server stands in a stage, and some of its parts are paid."""
    servers, usd = history.servers.copy(), history.paid_usd.copy()
    servers[y, server.sku, server.region, server.size] += 1
    usd[y] += sum(case.parts_usd[y, server.sku, part] for part in paid)
    carbon, cost = case.weights
    total = cost * _charge(case, server, y, case.parts_usd, case.saved_usd)
    if case.charge != "use":
        total += carbon * _charge(case, server, y, case.parts_kgco2e, case.saved_kgco2e)
    return History(servers, history.counted + total, usd)


def _charge(case: Case, server: Server, y: int, parts: NDArray, saved: NDArray) -> float:
    """All of a part in the stage in which it is bought, or half of it in each."""
    total = 0.0
    for part, bought in enumerate((server.host, server.accelerators)):
        at_once = float(bought == y)
        share = at_once if case.charge == "purchase" else 0.5 * (bought != BEFORE)
        total += share * parts[max(bought, 0), server.sku, part]
        if part == 0:
            total -= share * saved[server.sku, server.size]
    return total


def _add(history: History, counted: float) -> History:
    return replace(history, counted=history.counted + counted)


def _together(a: History, b: History) -> History:
    return History(a.servers + b.servers, a.counted + b.counted, a.paid_usd + b.paid_usd)


def _key(case: Case, one: History) -> tuple[bytes, ...]:
    """Of fleets that are alike, and as dear where there is a budget, one is best."""
    paid = one.paid_usd.round(9).tobytes() if case.budget_usd < np.inf else b""
    return one.servers.tobytes(), paid


def _shares_hold(case: Case, servers: NDArray) -> bool:
    """No region and no SKU (each of its own vendor) has too many of the accelerators."""
    standing = servers.sum(-1) * case.sku_accelerators[:, None]
    total = standing.sum((1, 2))[:, None]
    by_region = standing.sum(1) <= case.region_share * total + 1e-9
    by_vendor = standing.sum(2) <= case.vendor_share * total + 1e-9
    return bool(by_region.all() and by_vendor.all())
