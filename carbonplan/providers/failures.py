"""What can go wrong with a provider: it could not be asked, or its answer is of no use."""

from __future__ import annotations

from carbonplan.errors import EnvironmentFailed

EXCERPT_CHARACTERS = 200
READ_CHARACTERS = 4096  # of an answer, before secrets are taken out and it is cut


class ProviderFailed(EnvironmentFailed):
    """A provider could not be asked, refused, or answered with something else."""


class UnusableAnswer(Exception):
    """An answer, or a file with one, that does not have the documented shape."""

    def __init__(self, reason: str) -> None:
        self.reason = visible(reason)
        super().__init__(self.reason)


def visible(text: str) -> str:
    """Text in which no character acts: each that cannot be printed stands as its escape."""
    return "".join(sign if sign.isprintable() else _escape(sign) for sign in text)


def excerpt(text: str) -> str:
    """The beginning of a text of someone else's, fit to be shown."""
    shown = visible(text)
    return (
        shown if len(shown) <= EXCERPT_CHARACTERS else f"{shown[: EXCERPT_CHARACTERS - 3]}..."
    )


def _escape(sign: str) -> str:
    return sign.encode("unicode_escape", "backslashreplace").decode("ascii")
