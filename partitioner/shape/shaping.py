"""Makes lines of JSON out of rows, as a transform says."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from function.records import Flaw
from partitioner.formats.rows import Unreadable
from partitioner.shape.rows import Aside, Record, Result, Row, Unusable, encode_row

Transform = Callable[[Row], Result]

_NOT_UTF8 = Flaw("", "string should be valid utf8")


@dataclass(slots=True)
class Shaped:
    """`lines` are records that are yet to be checked; `indexes` says which row each was, and ascends.

    A row that holds several records stands in it several times. `flaws` and `asides` are of other rows.
    """

    lines: list[bytes] = field(default_factory=list)
    indexes: list[int] = field(default_factory=list)
    flaws: list[tuple[int, Flaw]] = field(default_factory=list)
    asides: list[tuple[int, str]] = field(default_factory=list)


def shape(rows: Sequence[Row | Unreadable | None], transform: Transform) -> Shaped:
    """A row that can't be shaped costs only itself, whatever the transform raises."""
    shaped = Shaped()
    for index, row in enumerate(rows):
        if isinstance(row, Unreadable):
            shaped.flaws.append((index, row.flaw))
        elif row is not None:
            try:
                result = transform(row)
                if type(result) is dict:  # as nearly all are; a third quicker than by _add
                    shaped.lines.append(encode_row(result))
                    shaped.indexes.append(index)
                else:
                    _add(shaped, index, result)
            except Unusable as error:
                shaped.flaws.append((index, Flaw(error.field, error.message)))
            except UnicodeEncodeError:
                shaped.flaws.append((index, _NOT_UTF8))
            except Exception as error:  # noqa: BLE001 (a user's transform may raise anything; it is named)
                name = type(error).__name__
                shaped.flaws.append((index, Flaw("", f"the preset failed on it: {name}")))
    return shaped


def content_of(row: Row | Unreadable | None) -> bytes:
    """What is kept of a row that was rejected: JSON, so that mended it can be an export again."""
    if isinstance(row, Unreadable):
        return row.content
    try:
        return encode_row(row)
    except UnicodeEncodeError:
        return repr(row).encode("utf-8", "backslashreplace")


def as_it_is(row: Row) -> Record:
    """The transform of rows that have Mixpanel's own shape."""
    return row


def _add(shaped: Shaped, index: int, result: Any) -> None:
    results: list[Record | Aside] = result if isinstance(result, list) else [result]
    lines = [each if isinstance(each, Aside) else encode_row(each) for each in results]
    for each in lines:
        if isinstance(each, Aside):
            shaped.asides.append((index, each.kind))
        else:
            shaped.lines.append(each)
            shaped.indexes.append(index)
