"""Where a value stands in a row: a column, or a dotted path into nested objects.

A name with dots that exists as it is wins over the path, at every level: `a.b.c` is the column `a.b.c`, else
`c` in the object `a.b`, else what `b.c` is in the object `a`. What changes is copied, so that the row given
stays as it is.
"""

from collections.abc import Iterator
from typing import Any, Final

from partitioner.shape.rows import Row

ABSENT: Final = object()
"""What find gives where nothing stands, since null is a value."""

_MAX_DEPTH = 8  # of names to look for near ones in


def find(row: Row, path: str) -> Any:
    """The value, or ABSENT."""
    if path in row:
        return row[path]
    for name, rest in _splits(path):
        nested = row.get(name)
        if isinstance(nested, dict):
            value = find(nested, rest)
            if value is not ABSENT:
                return value
    return ABSENT


def replaced(row: Row, path: str, value: Any) -> Row:
    """The row with another value at a place that find finds."""
    if path in row:
        return row | {path: value}
    name, rest = _way(row, path)
    return row | {name: replaced(row[name], rest, value)}


def without(row: Row, path: str) -> Row:
    """The row less one value, and less objects that hold nothing else; as it is where find finds none."""
    if path in row:
        return {name: value for name, value in row.items() if name != path}
    if find(row, path) is ABSENT:
        return row
    name, rest = _way(row, path)
    left = without(row[name], rest)
    return row | {name: left} if left else without(row, name)


def names_of(row: Row, depth: int = 1) -> Iterator[str]:
    """Every column, and every path that leads to a value."""
    for name, value in row.items():
        yield name
        if isinstance(value, dict) and depth < _MAX_DEPTH:
            yield from (f"{name}.{inner}" for inner in names_of(value, depth + 1))


def _way(row: Row, path: str) -> tuple[str, str]:
    """The object that holds what the path leads to, and the rest of the path in it."""
    return next(
        (name, rest)
        for name, rest in _splits(path)
        if isinstance(row.get(name), dict) and find(row[name], rest) is not ABSENT
    )


def _splits(path: str) -> Iterator[tuple[str, str]]:
    """At each dot, the longest name first."""
    at = path.rfind(".")
    while at > 0:
        yield path[:at], path[at + 1 :]
        at = path.rfind(".", 0, at)
