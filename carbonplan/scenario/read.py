"""YAML 1.2 as a tree of places: what a stranger's file may hold, and nothing more.

ruamel.yaml parses; the tree is built from its events, so that nothing is constructed before
the limits were looked at. Keys are always text. Plain scalars follow the core schema of
YAML 1.2: ``NO`` and ``22:22`` are text, ``010`` is 10, ``1e3`` is 1000; times stay text.
"""

from __future__ import annotations

import codecs
import math
import re
from collections.abc import Iterator
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from carbonplan.errors import InvalidInput
from carbonplan.scenario.document import Node, Place, Scalar
from carbonplan.scenario.wording import inert, quoted

MAX_BYTES = 1 << 20
MAX_DEPTH = 32
MAX_NODES = 20_000
MAX_SEPARATORS = 4 * MAX_NODES
MAX_NUMBER_LENGTH = 40
MAX_PROBLEMS = 100

_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?[0-9]+")
_OTHER_BASE = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_CONTROL = re.compile(
    r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufeff\uff00-\ufffd\U00010000-\U0010ffff]"
)
_LONG_TAG = re.compile(r"!\S{256}")
_HALF_CHARACTER = re.compile(r"[\ud800-\udfff]")
_TEXT_TAG = "tag:yaml.org,2002:str"
_CORE_TAGS = {
    _TEXT_TAG: (str,),
    "tag:yaml.org,2002:int": (int,),
    "tag:yaml.org,2002:float": (float, int),
    "tag:yaml.org,2002:bool": (bool,),
    "tag:yaml.org,2002:null": (type(None),),
}
_COLLECTION_TAGS = {"!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}


class _Refused(Exception):
    """Reading cannot go on; the text is the problem."""


def read_document(content: bytes, subject: str, source: str = "") -> Node:
    """Tree of the mapping that a file holds.

    Parameters
    ----------
    content
        The bytes of the file.
    subject
        What a failure is about: the scenario.
    source
        Name of the file in messages; "" for the scenario itself.
    """
    tree = _Tree(source)
    try:
        root = tree.build(_text(content, source))
        if not isinstance(root.value, dict):
            tree.problems.append(_at(root.place, "a scenario is a mapping of keys to values"))
    except _Refused as refusal:
        tree.problems.append(str(refusal))
    if tree.problems:
        raise InvalidInput(subject, limited(tree.problems))
    return root


def read_value(text: str, place: str) -> Node:
    """Value of one ``--set``, all of it at ``place``; ValueError says what is wrong."""
    tree = _Tree(place, with_lines=False)
    try:
        root = tree.build(_text(text.encode("utf-8", "surrogateescape"), place))
    except _Refused as refusal:
        tree.problems.append(str(refusal))
    if tree.problems:
        raise ValueError(tree.problems[0])
    return root


def limited(problems: list[str]) -> list[str]:
    """The first hundred problems, and whether there are more."""
    return problems if len(problems) <= MAX_PROBLEMS else [*problems[:MAX_PROBLEMS], "and more"]


def _at(place: Place, problem: str) -> str:
    where = str(place) if place.column is None else f"{place}, column {place.column}"
    return f"{where}: {problem}" if where else problem


def _text(content: bytes, source: str) -> str:
    """Decode UTF-8, or UTF-16 with its mark; refuse what no YAML may hold."""
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        place = Place(source, before.count(b"\n") + 1, error.start - before.rfind(b"\n"))
        found = (
            f"found byte 0x{content[error.start]:02x}, which is not {error.encoding.upper()}"
        )
        raise _Refused(_at(place, f"{found}; save the file as UTF-8")) from None
    if text.count("\n") + text.count(",") > MAX_SEPARATORS:
        too_many = f"more than {MAX_SEPARATORS:,} lines and commas; series belong in CSV"
        raise _Refused(_at(Place(source), too_many))
    for pattern, what in ((_CONTROL, "control character"), (_LONG_TAG, "very long tag")):
        if found := pattern.search(text):
            before = text[: found.start()]
            place = Place(source, before.count("\n") + 1, found.start() - before.rfind("\n"))
            raise _Refused(_at(place, f"found {what} {quoted(found[0])}, expected text"))
    return text


class _Tree:
    """Builds nodes from events and collects what is wrong with them.

    Attributes
    ----------
    problems
        What does not keep the tree from being built: duplicate keys, tags, odd numbers.
    """

    def __init__(self, source: str, *, with_lines: bool = True) -> None:
        self.source = source
        self.with_lines = with_lines
        self.problems: list[str] = []
        self.nodes = 0
        self.events: Iterator[Any] = iter(())

    def build(self, text: str) -> Node:
        """Root of the only document of a text."""
        self.events = self._parsed(text)
        next(self.events)
        start = next(self.events)
        if isinstance(start, StreamEndEvent):
            raise _Refused(
                _at(Place(self.source), "the file is empty; a scenario is a mapping")
            )
        if isinstance(start, DocumentStartEvent) and start.version not in (None, (1, 2)):
            raise _Refused(_at(self._place(start), "expected YAML 1.2, found another version"))
        root = self._node(next(self.events), depth=1)
        next(self.events)
        if not isinstance(following := next(self.events), StreamEndEvent):
            raise _Refused(_at(self._place(following), "a second document; one is expected"))
        return root

    def _parsed(self, text: str) -> Iterator[Any]:
        try:
            yield from YAML(typ="safe", pure=True).parse(text)
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = self._place_of_mark(mark) if mark else Place(self.source)
            raise _Refused(_at(place, _syntax(error))) from None
        except Exception as error:  # ruamel raises bare errors on some malformed input
            reason = f"not YAML that can be read ({type(error).__name__})"
            raise _Refused(_at(Place(self.source), reason)) from None

    def _place(self, event: Any) -> Place:
        return self._place_of_mark(event.start_mark)

    def _place_of_mark(self, mark: Any) -> Place:
        if not self.with_lines:
            return Place(self.source)
        return Place(self.source, mark.line + 1, mark.column + 1)

    def _node(self, event: Any, depth: int) -> Node:
        place = self._place(event)
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise _Refused(_at(place, f"more than {MAX_NODES:,} values; series belong in CSV"))
        if depth > MAX_DEPTH:
            raise _Refused(_at(place, f"nested deeper than {MAX_DEPTH}"))
        if isinstance(event, AliasEvent) or event.anchor is not None:
            raise _Refused(_at(place, "anchors and aliases are refused; use extends, variants"))
        if isinstance(event, ScalarEvent):
            return Node(self._scalar(event, place), place)
        if event.tag is not None and event.tag not in _COLLECTION_TAGS:
            self.problems.append(_at(place, f"tag {inert(event.tag)} is refused"))
        if isinstance(event, MappingStartEvent):
            return Node(self._mapping(depth), place)
        if not isinstance(event, SequenceStartEvent):
            raise _Refused(_at(place, "expected a value"))
        return Node(self._items(depth), place)

    def _items(self, depth: int) -> list[Node]:
        items = []
        while not isinstance(event := next(self.events), SequenceEndEvent):
            items.append(self._node(event, depth + 1))
        return items

    def _mapping(self, depth: int) -> dict[str, Node]:
        children: dict[str, Node] = {}
        while not isinstance(event := next(self.events), MappingEndEvent):
            place = self._place(event)
            key = self._key(event, depth)
            child = self._node(next(self.events), depth + 1)
            if key in children:
                first = children[key].place.line
                self.problems.append(
                    _at(place, f"key {quoted(key)} was given before, in line {first}")
                )
            children.setdefault(key, Node(child.value, place))
        return children

    def _key(self, event: Any, depth: int) -> str:
        place = self._place(event)
        key = self._node(event, depth + 1)
        if not isinstance(event, ScalarEvent) or not event.value:
            self.problems.append(_at(place, "expected a name before the colon"))
            return ""
        if event.value == "<<" and event.style is None:
            raise _Refused(_at(place, "merge keys are refused; use extends, variants"))
        return key.value if isinstance(key.value, str) else event.value

    def _scalar(self, event: Any, place: Place) -> Scalar:
        text = event.value
        if half := _HALF_CHARACTER.search(text):
            self.problems.append(_at(place, f"found {quoted(half[0])}, half a character"))
        if event.tag in (_TEXT_TAG, "!") or (event.tag is None and event.style is not None):
            return text
        if event.tag is not None and event.tag not in _CORE_TAGS:
            self.problems.append(_at(place, f"tag {inert(event.tag)} is refused"))
            return text
        value, problem = _plain_scalar(text)
        if problem is None and event.tag and not isinstance(value, _CORE_TAGS[event.tag]):
            problem = f"{quoted(text)} is not what its tag {inert(event.tag)} says"
        if problem is not None:
            self.problems.append(_at(place, problem))
        return value


def _plain_scalar(text: str) -> tuple[Scalar, str | None]:
    """Value of an unquoted text by the core schema of YAML 1.2, and what is wrong with it."""
    if text in _WORDS:
        return _WORDS[text], None
    if _NOT_FINITE.fullmatch(text):
        return 0, f"found {text}, expected a finite number"
    if not (_FLOAT.fullmatch(text) or _OTHER_BASE.fullmatch(text)):
        return text, None
    if len(text) > MAX_NUMBER_LENGTH:
        return 0, f"found a number of {len(text):,} characters, at most {MAX_NUMBER_LENGTH} fit"
    if _OTHER_BASE.fullmatch(text):
        return int(text, 0), None
    if _INTEGER.fullmatch(text):
        return int(text), None
    number = float(text)
    if not math.isfinite(number):
        return 0, f"found {text}, expected a finite number"
    return number, None


def _syntax(error: MarkedYAMLError) -> str:
    """What ruamel found wrong, in one line."""
    problem = " ".join((error.problem or "cannot be read").split())
    if "'\\t'" in problem:
        return "found a tab; expected spaces for indentation"
    context = " ".join((error.context or "").split())
    return inert(problem) if not context else f"{inert(problem)} ({inert(context)})"
