"""What a paper claims beside what was found here, and how sure it is that the paper says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

NOTHING = "–"
NOISE = 1e-9  # in kgCO2e, what is left of equal numbers


class Known(StrEnum):
    """How a claim of a paper is known, in words for the page."""

    CODE = "the authors' code says"
    PAPER = "the paper says"
    SUMMARY = "a summary says"
    MEMORY = "recalled, not checked"


@dataclass(frozen=True)
class Claim:
    """A claim beside our number.

    Attributes
    ----------
    here
        Our number, in words; what it is of, if it is not the same thing.
    """

    claim: str
    known: Known
    here: str

    def document(self) -> Mapping[str, str]:
        """As plain values."""
        return asdict(self) | {"known": str(self.known)}


def side_by_side(claims: Iterable[Claim]) -> str:
    """The claims as a table of Markdown."""
    rows = [(f"{claim.known}: {claim.claim}", claim.here) for claim in claims]
    return markdown_table(("claim", "here"), rows)


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows as a table of Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines) + "\n"


def percent(share: float | None) -> str:
    """A share with its sign, "+12.3 %"; a dash for what is not known."""
    return NOTHING if share is None else f"{100.0 * share:+z.1f} %"


def amount(value: float | None) -> str:
    """A number with four digits that count; what is less than noise is 0."""
    if value is None:
        return NOTHING
    if abs(value) < NOISE:
        return "0"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.4g}"
