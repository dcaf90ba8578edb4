"""Two resolved scenarios, path by path; items of lists meet by what tells them apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from carbonplan.difference.records import ValueChange
from carbonplan.scenario.quantities import unit_of_field
from carbonplan.scenario.wording import identity, inert

Values = Mapping[str, object]


def scenario_changes(old: Values, new: Values) -> tuple[ValueChange, ...]:
    """Values that differ, in the order of the new scenario, then what only the old one has."""
    return tuple(_mapping_changes(old, new, ""))


def flat_changes(old: Values, new: Values) -> tuple[ValueChange, ...]:
    """Entries of two mappings that differ."""
    return tuple(
        ValueChange(name, old.get(name), new.get(name))
        for name in dict.fromkeys((*new, *old))
        if old.get(name) != new.get(name)
    )


def _mapping_changes(old: Values, new: Values, path: str) -> Iterator[ValueChange]:
    for key in dict.fromkeys((*new, *old)):
        below = f"{path}.{inert(key)}" if path else inert(key)
        section = new if key in new else old
        yield from _changes(old.get(key), new.get(key), below, key, section)


def _changes(
    old: object, new: object, path: str, key: str, section: Values
) -> Iterator[ValueChange]:
    """What differs at and below a path; ``section`` is the mapping that the key stands in."""
    if _is_mapping(old, new):
        yield from _mapping_changes(old, new, path)
    elif _is_list_of_mappings(old, new):
        yield from _item_changes(old or [], new or [], path, key)
    elif old != new:
        yield ValueChange(path, old, new, unit_of_field(key, section))


def _item_changes(
    old: Sequence[Values], new: Sequence[Values], path: str, key: str
) -> Iterator[ValueChange]:
    """What differs between two lists; an item that only one of them has is one change."""
    before, after = _by_name(old, key), _by_name(new, key)
    for name in dict.fromkeys((*after, *before)):
        was, now = before.get(name), after.get(name)
        place = f"{path}[{inert(name)}]"
        if was is None or now is None:
            yield ValueChange(place, was, now)
        else:
            yield from _mapping_changes(was, now, place)


def _by_name(items: Sequence[Values], key: str) -> dict[str, Values]:
    """Items by what they are called, or by their number where that tells them not apart."""
    names = [identity(key, item) for item in items]
    if None in names or len(set(names)) < len(names):
        names = [str(number) for number in range(len(items))]
    return dict(zip(names, items, strict=True))


def _is_mapping(old: object, new: object) -> bool:
    return isinstance(old, Mapping) and isinstance(new, Mapping)


def _is_list_of_mappings(old: object, new: object) -> bool:
    """Whether both are lists of mappings; of two, one may be absent or empty."""
    lists = [one or [] for one in (old, new)]
    items = [item for one in lists if isinstance(one, list) for item in one]
    return (
        all(isinstance(one, list) for one in lists)
        and bool(items)
        and all(isinstance(item, Mapping) for item in items)
    )
