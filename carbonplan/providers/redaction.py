"""Secrets taken out of texts: what a provider echoes is shown without the token."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

REDACTED = "***"


class Redactor:
    """Knows the secrets of a run, in every spelling in which they travel."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._spellings: set[str] = set()
        for secret in secrets:
            self.learn(secret)

    def learn(self, secret: str) -> None:
        """From now on this secret is taken out too."""
        self._spellings |= {spelling for spelling in _spellings(secret) if spelling}

    def clean(self, text: str) -> str:
        """The text without any secret, the longest spellings first."""
        for spelling in sorted(self._spellings, key=len, reverse=True):
            text = text.replace(spelling, REDACTED)
        return text

    def finds(self, content: bytes) -> bool:
        """Whether a secret stands in the content."""
        return any(spelling.encode() in content for spelling in self._spellings)

    def __repr__(self) -> str:
        return f"Redactor({len(self._spellings)} spellings)"


def _spellings(secret: str) -> set[str]:
    encoded = base64.b64encode(secret.encode()).decode("ascii")
    return {
        secret,
        quote(secret, safe=""),
        quote_plus(secret),
        encoded,
        encoded.rstrip("="),
        quote(encoded, safe=""),
    }
