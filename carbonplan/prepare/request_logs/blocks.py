"""Text of a file in blocks of whole lines, so that a log of any length fits into memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from carbonplan.catalogue.shipped import shown
from carbonplan.catalogue.text import BYTES_PER_MB, opened, refuse_nested
from carbonplan.errors import InvalidInput

LIMIT_BYTES = 20_000_000_000  # of inflated text: some 400 million requests
BLOCK_BYTES = 8_000_000
LONGEST_LINE_BYTES = 4_000_000
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Block:
    """Whole lines of a file, without their ends, and the number of the first."""

    first_line: int
    lines: list[str]

    def place(self, row: int) -> str:
        """Where a line of the block stands, for messages."""
        return f"line {self.first_line + row}"


def read_blocks(
    path: Path, *, block_bytes: int = BLOCK_BYTES, limit_bytes: int = LIMIT_BYTES
) -> Iterator[Block]:
    """Lines of a text file (plain or gzip) in UTF-8, some megabytes at a time.

    Parameters
    ----------
    limit_bytes
        The most text that is ever read; what is inflated counts [bytes].
    """
    line, rest, total = 1, b"", 0
    with opened(path) as file:
        while data := file.read(block_bytes):
            if not total:
                refuse_nested(path, data)
                data = data.removeprefix(BYTE_ORDER_MARK)
            total += len(data)
            _refuse_too_much(path, total, limit_bytes)
            whole, end, last = (rest + data).rpartition(b"\n")
            rest = last
            if end:
                block = Block(line, _lines(path, line, whole))
                yield block
                line += len(block.lines)
            if len(rest) > LONGEST_LINE_BYTES:
                limit = LONGEST_LINE_BYTES / BYTES_PER_MB
                raise InvalidInput(shown(path), [f"line {line}: longer than {limit:g} MB"])
    if rest:
        yield Block(line, _lines(path, line, rest))


def _refuse_too_much(path: Path, total: int, limit_bytes: int) -> None:
    if total > limit_bytes:
        raise InvalidInput(
            shown(path),
            [f"holds more than {limit_bytes / BYTES_PER_MB:g} MB, the most that is read"],
        )


def _lines(path: Path, first_line: int, data: bytes) -> list[str]:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = first_line + data.count(b"\n", 0, error.start)
        raise InvalidInput(
            shown(path), [f"line {line}: bytes that are not UTF-8; save the file as UTF-8"]
        ) from None
    if "\0" in text:
        line = first_line + text.count("\n", 0, text.index("\0"))
        raise InvalidInput(shown(path), [f"line {line}: a NUL byte; expected text in UTF-8"])
    return [one.removesuffix("\r") for one in text.split("\n")]
