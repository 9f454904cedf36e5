"""Tells by its first bytes whether text is in columns, how they are delimited, and what they are called."""

import csv as python_csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from partitioner.formats import Csv

_DELIMITERS = ",;\t|"
_ROWS = 200
# The most rows that may have other columns than the first, since they are damaged: of any text, and of one
# that begins with three names or more, as prose doesn't.
_MAX_WRONG, _MAX_WRONG_BELOW_NAMES = 0.1, 0.5
_MAX_NAME_CHARACTERS = 255
# Numbers, dates and times of day, flags, JSON, and addresses: what stands in rows, and isn't a column's name.
_VALUE = re.compile(
    r"[-+]?[\d.,]*\d%?|.*\d[-/.]\d\d?[-/.]\d.*|.*\d:\d\d.*|true|false|null|[\[{].*|.*@.*\..*|.*\d{6}.*",
    re.IGNORECASE | re.DOTALL,
)
_PLAIN_NAME = re.compile(r"[\w$.:/-]+")
_QUOTED = re.compile(r'"(?:[^"]|"")*"|"[^"]*', re.DOTALL)  # or not closed

Row = Sequence[str]


def recognise(first: bytes) -> Csv | None:
    """None for text that isn't in columns. `first` may end anywhere behind its first row.

    Where rows begin without their columns' names, `has_header` is False, and each name is empty.
    """
    text = first.decode("utf-8", "replace")
    tables = [_table(text, delimiter) for delimiter in _DELIMITERS]
    table = max((each for each in tables if each), key=lambda each: each.width, default=None)
    if table is None:
        return None
    head, *rows = table.rows
    has_header = not any(_VALUE.fullmatch(name) for name in head) and any(head)
    if has_header and not rows and not all(_PLAIN_NAME.fullmatch(name) for name in head):
        return None
    names = _names(head) if has_header else ("",) * table.width
    return Csv(names, table.delimiter, table.is_quoted, has_header)


def named(csv: Csv, columns: Sequence[str]) -> Csv:
    """With these names, for a file that has none. Raises ValueError if it has more columns, or fewer."""
    if len(columns) != len(csv.columns):
        raise ValueError(f"it has {len(csv.columns):,} columns, and {len(columns):,} names are given")
    return Csv(_names(columns), csv.delimiter, csv.is_quoted, csv.has_header)


@dataclass(frozen=True, slots=True)
class _Table:
    rows: list[Row]
    delimiter: str
    is_quoted: bool

    @property
    def width(self) -> int:
        return len(self.rows[0])


def _table(text: str, delimiter: str) -> _Table | None:
    lines = text.split("\n")
    plain = _alike(line.rstrip("\r").split(delimiter) for line in lines)
    quoted = _alike(_quoted_rows(lines, delimiter)) if '"' in text else plain
    if plain and (not quoted or (_wrong(plain) <= _wrong(quoted) and _holds_bare_quotes(plain))):
        return _Table(plain, delimiter, is_quoted=False)
    return _Table(quoted, delimiter, is_quoted=True) if quoted else None


def _quoted_rows(lines: Iterable[str], delimiter: str) -> Iterable[Row]:
    try:
        yield from python_csv.reader((line + "\n" for line in lines), delimiter=delimiter)
    except python_csv.Error:  # a cell of more than 128 KB
        return


def _alike(all_rows: Iterable[Row]) -> list[Row]:
    """The first rows; none if they don't make up a table."""
    read = [row for row in islice(all_rows, _ROWS + 1) if any(row)]
    rows = read[:-1] if len(read) > 2 else read  # the last may be cut off
    if not rows or len(rows[0]) < 2 or any(len(name) > _MAX_NAME_CHARACTERS for name in rows[0]):
        return []
    has_names = len(rows[0]) > 2 and all(_PLAIN_NAME.fullmatch(name) for name in rows[0])
    most = _MAX_WRONG_BELOW_NAMES if has_names else _MAX_WRONG
    return rows if _wrong(rows) <= most * len(rows) else []


def _wrong(rows: list[Row]) -> int:
    return sum(len(row) != len(rows[0]) for row in rows)


def _holds_bare_quotes(rows: Iterable[Row]) -> bool:
    """Whether a quote stands where one that quotes could not."""
    return any('"' in cell and not _QUOTED.fullmatch(cell) for row in rows for cell in row)


def _names(head: Sequence[str]) -> tuple[str, ...]:
    """A name that is missing is `column_3`; one that stands there again is `name_2`."""
    names: list[str] = []
    for number, spelled in enumerate(head, 1):
        name = spelled.strip() or f"column_{number}"
        again = 2
        unique = name
        while unique in names:
            unique, again = f"{name}_{again}", again + 1
        names.append(unique)
    return tuple(names)
