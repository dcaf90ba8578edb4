"""Tokens of the user: from the environment, or from a file that only the user can read."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from carbonplan.providers.failures import ProviderFailed
from carbonplan.providers.records import Provider

OF_FILE = "_FILE"
MOST_BYTES = 4096
OF_OTHERS = 0o077


def secrets_of(provider: Provider, environment: Mapping[str, str]) -> tuple[str, ...]:
    """What the provider wants to see, in the order of ``Provider.secrets``.

    Raises
    ------
    ProviderFailed
        One is not set, is no token, or lies in a file that others can read. The text never
        holds what was found.
    """
    return tuple(
        _secret(f"{provider.variable}_{name}", provider, environment)
        for name in provider.secrets
    )


def _secret(variable: str, provider: Provider, environment: Mapping[str, str]) -> str:
    place, secret = variable, environment.get(variable, "").strip()
    if not secret:
        place = f"{variable}{OF_FILE}"
        file = environment.get(place, "")
        if not file:
            raise ProviderFailed(
                f"{provider.label} wants a token: set {variable}, or {place} to a file with it "
                "that only you can read; --file reads what was downloaded by hand"
            )
        secret = _of_file(Path(file), place)
    if not (secret.isascii() and secret.isprintable()) or " " in secret:
        raise ProviderFailed(
            f"{place}: expected one word of printable ASCII characters without a space"
        )
    return secret


def _of_file(path: Path, place: str) -> str:
    """First line of a file, opened once and checked as opened."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError as error:
        raise ProviderFailed(f"{place}: {path}: {error.strerror}") from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise ProviderFailed(f"{place}: {path} is no file")
        if status.st_mode & OF_OTHERS:
            raise ProviderFailed(
                f"{place}: {path} can be read by others "
                f"({stat.filemode(status.st_mode)}); chmod 600 closes it"
            )
        content = os.read(descriptor, MOST_BYTES + 1)
    finally:
        os.close(descriptor)
    lines = content.decode("ascii", "replace").strip().splitlines()
    if len(content) > MOST_BYTES or len(lines) != 1:
        raise ProviderFailed(f"{place}: {path}: expected one line with the token")
    return lines[0].strip()
