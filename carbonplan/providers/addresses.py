"""Where a provider is asked: its own address, or one that the user's environment names.

Scenarios and answers never name an address. Plain HTTP goes to this machine only.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

from carbonplan.errors import UsageError
from carbonplan.providers.records import Provider

PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True)
class Address:
    """Origin and beginning of the path of every request."""

    scheme: str
    host: str
    port: int
    path: str

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.path}"


def address_of(provider: Provider, environment: Mapping[str, str]) -> Address:
    """Address of the provider, or the one that ``<VARIABLE>_URL`` holds."""
    variable = f"{provider.variable}_URL"
    configured = environment.get(variable, "").strip()
    parts, port = _split(configured or provider.base_url)
    problem = _problem(parts, port)
    if problem:
        raise UsageError(f"{variable}: {problem}")
    return Address(
        parts.scheme, parts.hostname or "", port or PORTS[parts.scheme], parts.path.rstrip("/")
    )


def same_origin(address: Address, asked: str, location: str) -> str | None:
    """Target of a redirect that stays where it was asked; ``None`` where it leaves."""
    base = str(Address(address.scheme, address.host, address.port, ""))
    try:
        parts, port = _split(urljoin(f"{base}{asked}", location))
    except ValueError:
        return None
    there = (parts.scheme, parts.hostname, port or PORTS.get(parts.scheme))
    if there != (address.scheme, address.host, address.port) or parts.username is not None:
        return None
    target = parts.path or "/"
    target = f"{target}?{parts.query}" if parts.query else target
    return target if target.isascii() and target.isprintable() and " " not in target else None


def _split(url: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(url)
        return parts, parts.port
    except ValueError:
        return SplitResult("", "", "", "", ""), None


def _problem(parts: SplitResult, port: int | None) -> str:
    if parts.scheme not in PORTS or not parts.hostname or port == 0:
        return "expected an address such as https://example.org"
    if parts.username is not None or parts.query or parts.fragment:
        return "expected an address without a user, a query or a fragment"
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        return "http is for this machine alone; expected https"
    if not (parts.path.isascii() and parts.path.isprintable()) or " " in parts.path:
        return "a path with characters that no address has"
    return ""


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
