"""Whether an export has the columns that it is said to have, seen by its first rows."""

from collections.abc import Callable, Sequence

from partitioner.shape.columns import ABSENT, find, names_of
from partitioner.shape.flags import near
from partitioner.shape.mapping import Mapping
from partitioner.shape.rows import Result, Row
from partitioner.shape.times import NoZone

_MAX_NAMES = 20  # in a message


def missing_columns(mapping: Mapping, rows: Sequence[Row]) -> list[str]:
    """A sentence for each column that no row has, with the fix; none where there are no rows.

    The event and the time must come from somewhere too.
    """
    if not rows:
        return []
    sentences = unknown_columns(mapping, rows)
    mapped = {target.name for target in mapping.targets}
    if "event" not in mapped and not _is_there("event", rows):
        sentences.append(f"which column is the event? Give --map event=COLUMN{_all(_names(rows))}")
    if "time" not in mapped and not _is_there("time", rows) and not _is_there("properties.time", rows):
        sentences.append(f"which column is the time? Give --map time=COLUMN{_all(_names(rows))}")
    return sentences


def unknown_columns(mapping: Mapping, rows: Sequence[Row]) -> list[str]:
    """The same of the columns that are named, alone."""
    names = _names(rows)
    return [
        f"no row has a column {column!r}{near(column, names) or _all(names)}"
        for column in mapping.columns()
        if rows and not _is_there(column, rows)
    ]


def lacks_zone(transform: Callable[[Row], Result], rows: Sequence[Row]) -> bool:
    """Whether any row has a time that can't be read without `--timezone`."""
    for row in rows:
        try:
            transform(row)
        except NoZone:
            return True
        except Exception:  # noqa: BLE001, S112 (it costs that row later on, and is counted then)
            continue
    return False


def _is_there(column: str, rows: Sequence[Row]) -> bool:
    return any(find(row, column) is not ABSENT for row in rows)


def _names(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in names_of(row)))


def _all(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MAX_NAMES} more" if len(names) > _MAX_NAMES else ""
    return f"; there are {', '.join(names[:_MAX_NAMES])}{more}"
