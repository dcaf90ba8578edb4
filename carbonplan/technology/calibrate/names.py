"""Which LLM and which accelerator a table of measurements means.

Tables spell the same thing in many ways. A name that stands in ``measured_names.csv`` is taken
from there. Any other is brought into a common spelling and sought among the model cards, the
shapes of ``measured_llms.csv``, the accelerators of the catalogue and the names of that table,
all spelled likewise. What is not found is ``None``: it is left out rather than guessed.

An LLM loses, in this order until it is found: its organisation, case and punctuation; words for
tuning, precision, context and date (``-Instruct``, ``-FP8``, ``-128k``, ``-2507``); words for a
variant around the same language model (``-VL``, ``-Coder``) or a version (``-v0.3``).

An accelerator is a board, a form factor and a memory size. A form or size that is named must
fit; where none is named, the socketed board with the most memory is meant.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from carbonplan.catalogue.cards import card_names
from carbonplan.catalogue.records import Accelerator, Record
from carbonplan.catalogue.shipped import data_root
from carbonplan.catalogue.tables import read_table

TUNING = re.compile(
    r"meta|nvidia|amd|redhatai"
    r"|instruct|inst|it|pt|chat|hf|base|original|thinking|reasoning|tuned|finetuned|sft|dpo"
    r"|preview|latest|edge|99|99\.9|\d{4}|\d{6}|\d+k"
    r"|fp\d+|bf16|int\d+|nvfp4|mxfp\d|w\d+a\d+|\d+bit|awq|gptq|gguf|qat|g128"
    r"|quantized(\.\w+)?|bnb|dynamic|dyn|pre|kv|trtllm"
)
VARIANT = re.compile(r"vl|omni|coder|math")
VERSION = re.compile(r"v\d+(\.\d+)*")
BROKEN_SIZE = re.compile(r"\d+\.\d+[bm]")

MAKER = re.compile(
    r"nvidia|amd|intel|habana|google|geforce|quadro|tesla|instinct|radeon|platinum"
    r"|data|center|gpu|accelerator|tensor|core|virtualized|hgx|dgx|oam"
    r"|grace|hopper|blackwell|superchip|server|workstation|edition|generation"
    r"|hbm\w*|gddr\w*|nvl\d+|\d+w"
)
COUNT = re.compile(r"\([^)]*\)|^\s*\d+\s*x\s*(?=[a-z])|[\s_-]*x\s*\d{1,2}\s*$")
MEMORY = re.compile(r"(?<![a-z0-9])(\d+)\s*g(?:i?b)?(?![a-z0-9])")
FORM = re.compile(r"sxm\d?|pcie|nvl(?!\d)")
SEVERAL = re.compile(r"[,;+&]\s")
SAME_MEMORY = 0.1  # relative; sheets differ in what error correction takes


class MeasuredName(Record):
    """How a table of measurements calls an LLM or accelerator; ``measured_names.csv``."""

    kind: str
    measured_name: str
    name: str


@dataclass(frozen=True)
class Board:
    """What a name says of an accelerator; an empty form or no size: it does not say."""

    base: str
    form: str
    memory_gb: float | None


@dataclass(frozen=True)
class NameBook:
    """All names known, as tables write them and in the common spelling.

    Attributes
    ----------
    rows
        Catalogue names by kind and by the exact name in a table.
    llms
        Catalogue names of LLMs by spelling.
    accelerators
        Catalogue names of accelerators by spelling of the board, best choice first.
    boards
        Form and memory size of every accelerator of the catalogue.
    """

    rows: Mapping[tuple[str, str], str]
    llms: Mapping[str, str]
    accelerators: Mapping[str, tuple[str, ...]]
    boards: Mapping[str, Board]

    def llm(self, measured: str) -> str | None:
        """Name of the card or measured shape, if one is meant."""
        exact = self.rows.get(("llm", measured))
        spelled = (self.llms.get(spelling) for spelling in llm_spellings(measured))
        return exact or next((name for name in spelled if name), None)

    def accelerator(self, measured: str) -> str | None:
        """Name of the accelerator in the catalogue, if one is meant."""
        exact = self.rows.get(("accelerator", measured))
        if exact or SEVERAL.search(measured):
            return exact
        board = read_board(measured)
        return next(
            (
                name
                for name in self.accelerators.get(board.base, ())
                if _is_meant(board, self.boards[name])
            ),
            None,
        )


def resolve_llm(measured: str) -> str | None:
    """Shipped card or measured shape that a table of measurements means."""
    return _shipped().llm(measured)


def resolve_accelerator(measured: str) -> str | None:
    """Shipped accelerator that a table of measurements means."""
    return _shipped().accelerator(measured)


def read_names(data: Path) -> NameBook:
    """Names that the tables of a catalogue know, and those of the shipped cards."""
    listed = read_table(data / "calibration" / "measured_names.csv", MeasuredName)
    records = read_table(data / "hardware" / "accelerators.csv", Accelerator)
    with (data / "calibration" / "measured_llms.csv").open(encoding="utf-8") as file:
        shapes = [row["llm"] for row in csv.DictReader(file)]
    boards = {record.accelerator: _catalogue_board(record) for record in records}
    llms = {row.measured_name: row.name for row in listed if row.kind == "llm"}
    llms |= {name: name for name in (*shapes, *card_names())}
    return NameBook(
        rows={(row.kind, row.measured_name): row.name for row in listed},
        llms={next(llm_spellings(written)): name for written, name in llms.items()},
        accelerators=_by_base(boards, listed),
        boards=boards,
    )


def llm_spellings(measured: str) -> Iterator[str]:
    """Common spellings of an LLM's name, the most specific first.

    Underscores, blanks and colons part words as hyphens do; what is left of a spelling are its
    letters and digits, and the point of a size (1.3b is not 13b).
    """
    words = re.split(r"[-_\s:]+", measured.rpartition("/")[2].lower())
    plain = [word for word in words if not TUNING.fullmatch(word)]
    text = [word for word in plain if not VARIANT.fullmatch(word)]
    for chosen in (words, plain, text, _unversioned(plain), _unversioned(text)):
        yield "".join(_squashed(word) for word in chosen)


def read_board(measured: str) -> Board:
    """What a name says of an accelerator; makers, counts and generations are dropped."""
    text = COUNT.sub("", measured.lower())
    memory = MEMORY.search(text)
    text = MEMORY.sub(" ", text)
    form = FORM.search(text)
    words = re.split(r"[^a-z0-9]+", FORM.sub(" ", text))
    return Board(
        base="".join(word for word in words if not MAKER.fullmatch(word)),
        form=form.group().rstrip("0123456789") if form else "",
        memory_gb=float(memory.group(1)) if memory else None,
    )


@cache
def _shipped() -> NameBook:
    return read_names(data_root())


def _unversioned(words: list[str]) -> list[str]:
    return [word for word in words if not VERSION.fullmatch(word)]


def _squashed(word: str) -> str:
    return word if BROKEN_SIZE.fullmatch(word) else re.sub(r"[^a-z0-9]", "", word)


def _catalogue_board(record: Accelerator) -> Board:
    """Names of the catalogue carry the memory size, where two boards differ in it, bare."""
    name = record.accelerator.replace(f"-{record.memory_gb:g}", "")
    written = read_board(name)
    return Board(written.base, written.form, record.memory_gb)


def _by_base(
    boards: Mapping[str, Board], listed: Iterable[MeasuredName]
) -> dict[str, tuple[str, ...]]:
    """Accelerators of a spelling: socketed boards first, then those with more memory."""
    known: dict[str, list[str]] = {}
    for row in listed:
        if row.kind == "accelerator":
            known.setdefault(read_board(row.measured_name).base, []).append(row.name)
    for name, board in boards.items():
        known.setdefault(board.base, []).append(name)
    return {
        base: tuple(sorted(set(names), key=lambda name: _order(boards[name])))
        for base, names in known.items()
    }


def _order(board: Board) -> tuple[bool, float]:
    return board.form in ("pcie", "nvl"), -(board.memory_gb or 0.0)


def _is_meant(said: Board, found: Board) -> bool:
    """Whether a board has the form and the memory that a name asks for."""
    form_fits = not said.form or not found.form or said.form == found.form
    if said.memory_gb is None or found.memory_gb is None:
        return form_fits
    return form_fits and abs(said.memory_gb / found.memory_gb - 1.0) <= SAME_MEMORY
