"""Names that any format takes: nothing in a name may act in the file that it stands in."""

from __future__ import annotations

import hashlib
import re
import unicodedata

LONGEST_LABEL = 45  # leaves room for what clusters append to the names of pods
LONGEST_VALUE = 63
LONGEST_LINE = 160
SAFE_ARGUMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/ -]{0,127}", re.ASCII)
ACTING = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}  # categories of signs that may act

_VALUE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?", re.ASCII)


def label(text: str) -> str:
    """A name as an RFC 1035 label, which is also one of RFC 1123.

    Where signs had to change, a hash of the name keeps different names apart.
    """
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower(), flags=re.ASCII).strip("-")
    if plain and plain == text and len(plain) <= LONGEST_LABEL and plain[0].isalpha():
        return plain
    if not plain or not plain[0].isalpha():
        plain = f"x-{plain}".strip("-")
    return _with_hash(plain, text, LONGEST_LABEL)


def label_value(text: str) -> str:
    """A name as the value of a Kubernetes label, with a hash where signs had to change."""
    if len(text) <= LONGEST_VALUE and _VALUE.fullmatch(text):
        return text
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", text, flags=re.ASCII).strip("-._")
    return _with_hash(plain or "x", text, LONGEST_VALUE)


def one_line(text: str, longest: int = LONGEST_LINE) -> str:
    """Text on one line: control, direction and line signs as escapes, elided where long."""
    if len(text) > longest:
        text = text[: longest - 1] + "…"
    return "".join(_escaped(sign) for sign in text)


def code(text: str) -> str:
    """Text as a code span of Markdown, in which nothing acts, in a table cell or outside."""
    shown = one_line(text).replace("|", "\u00a6")  # a bar would end the cell
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", shown)), default=0))
    room = " " if shown.startswith("`") or shown.endswith("`") or not shown.strip() else ""
    return f"{fence}{room}{shown}{room}{fence}"


def is_safe_argument(text: str) -> bool:
    """Whether a text can be the value of an option without being read as another option."""
    return SAFE_ARGUMENT.fullmatch(text) is not None


def _with_hash(plain: str, text: str, longest: int) -> str:
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{plain[: longest - 9].rstrip('-._')}-{digest}"


def _escaped(sign: str) -> str:
    if unicodedata.category(sign) not in ACTING:
        return sign
    return sign.encode("unicode_escape").decode("ascii")
