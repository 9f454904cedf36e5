"""Reads rows of CSV, a block of them and a column at a time.

A cell is text, but for a number that is spelled as JSON spells it and can't be an identifier: at most 15
digits and no leading zero in front of the point, and an exponent under 300. A number stays as it is spelled,
and is one in quotes too. An empty cell is left out of its row; one in quotes is an empty text.
"""

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Final, Literal

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from function.records import Flaw
from partitioner.formats import Csv
from partitioner.formats.marks import NEWLINE, UNCLOSED, text_of
from partitioner.formats.rows import Unreadable
from partitioner.shape.rows import Row

_EXPONENT: Final = r"(?:[0-9]{1,2}|[12][0-9]{2})"
_NUMBER: Final = rf"^-?(?:0|[1-9][0-9]{{0,14}})(?:\.[0-9]+)?(?:[eE][+-]?{_EXPONENT})?$"
_NOT_UTF8: Final = Flaw("", "string should be valid utf8")
_NOT_CLOSED: Final = Flaw("", "a quoted cell isn't closed")
_BOM: Final = b"\xef\xbb\xbf"

Cells = list[str | None]
AnyRow = Row | Unreadable | None


def read_rows(lines: Sequence[bytes], csv: Csv) -> list[AnyRow]:
    """Each line's row in its place, of lines as csv.py lays them out; None for a blank one."""
    rows: list[AnyRow] = [None] * len(lines)
    usual, odd = list[int](), list[int]()
    data = b"\n".join(lines)
    is_plain = data.isascii() and b"\r" not in data
    for index, line in enumerate(lines):
        if is_plain:
            if line:
                usual.append(index)
        elif flaw := _flaw_of(line, csv):
            rows[index] = Unreadable(text_of(line, csv), flaw)
        elif b"\r" in line[:-1] or line.startswith(
            _BOM
        ):  # pyarrow takes the one for a newline, the other off
            odd.append(index)
        elif line not in {b"", b"\r"}:
            usual.append(index)
    if len(usual) < len(lines):
        data = b"\n".join([lines[index] for index in usual])
    if not _read_usual(data, usual, lines, csv, rows):
        odd = sorted([*usual, *odd])
    _read_odd(odd, lines, csv, rows)
    return rows


def _flaw_of(line: bytes, csv: Csv) -> Flaw | None:
    if line.isascii():
        return None
    if csv.is_quoted and line.endswith(UNCLOSED):
        return _NOT_CLOSED
    try:
        text_of(line, csv).decode()
    except UnicodeDecodeError:
        return _NOT_UTF8
    return None


def _read_usual(
    data: bytes, indexes: list[int], lines: Sequence[bytes], csv: Csv, rows: list[AnyRow]
) -> bool:
    """False if pyarrow sees other rows than csv.py did, and so none can be told from another."""
    if not indexes:
        return True
    if csv.is_quoted:
        data = data.replace(NEWLINE, b"\n")
    wrong: dict[int, int] = {}

    def skip(row: arrow_csv.InvalidRow) -> Literal["skip"]:
        number = row.number or 0  # from 1; it is None where threads read
        wrong[indexes[number - 1] if number <= len(indexes) else -1] = row.actual_columns
        return "skip"

    names = [str(number) for number in range(len(csv.columns))]
    table = arrow_csv.read_csv(
        io.BytesIO(data + b"\n"),
        arrow_csv.ReadOptions(use_threads=False, block_size=len(data) + 2, column_names=names),
        arrow_csv.ParseOptions(
            delimiter=csv.delimiter,
            quote_char='"' if csv.is_quoted else False,
            newlines_in_values=True,
            ignore_empty_lines=False,
            invalid_row_handler=skip,
        ),
        arrow_csv.ConvertOptions(
            check_utf8=False,
            column_types=dict.fromkeys(names, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    if table.num_rows + len(wrong) != len(indexes):
        return False
    right = [index for index in indexes if index not in wrong] if wrong else indexes
    columns = (_values(each.combine_chunks()) for each in table.columns)
    for index, row in zip(right, _objects(csv.columns, columns), strict=True):
        rows[index] = row
    for index, count in wrong.items():
        rows[index] = Unreadable(text_of(lines[index], csv), _columns_flaw(csv, count))
    return True


def _read_odd(indexes: list[int], lines: Sequence[bytes], csv: Csv, rows: list[AnyRow]) -> None:
    right, table = list[int](), list[Cells]()
    for index in indexes:
        text = text_of(lines[index].removesuffix(b"\r"), csv)
        cells = list(_cells(text.decode(), csv))
        if len(cells) == len(csv.columns):
            right.append(index)
            table.append(cells)
        else:
            rows[index] = Unreadable(text, _columns_flaw(csv, len(cells)))
    columns = (_values(pa.array(each, pa.string())) for each in zip(*table, strict=True))
    for index, row in zip(right, _objects(csv.columns, columns), strict=True):
        rows[index] = row


def _cells(text: str, csv: Csv) -> Iterator[str | None]:
    cell, at = _cell(csv.delimiter, csv.is_quoted), -1
    while at < len(text):
        match = cell.match(text, at + 1)
        assert match
        quoted, behind, plain = match.groups()
        yield (plain or None) if quoted is None else quoted.replace('""', '"') + behind
        at = match.end()


@lru_cache
def _cell(delimiter: str, is_quoted: bool) -> re.Pattern[str]:
    plain = f"[^{re.escape(delimiter)}]*"
    quoted = rf'"((?:[^"]|"")*+)"({plain})' if is_quoted else "(?!)()()"
    return re.compile(f"{quoted}|({plain})", re.DOTALL)


def _objects(names: Sequence[str], columns: Iterable[list[Any]]) -> Iterator[Row]:
    for row in zip(*columns, strict=True):
        yield {name: value for name, value in zip(names, row, strict=True) if value is not None}


def _values(cells: Any) -> list[Any]:
    """A column's. Its numbers are found for all of it at once: 50 ns a cell, where Python's re takes 190."""
    texts: list[Any] = cells.to_pylist()
    is_number = pc.match_substring_regex(cells, _NUMBER)
    if not is_number.true_count:
        return texts
    return [
        _number(text) if is_one else text for text, is_one in zip(texts, is_number.to_pylist(), strict=True)
    ]


def _number(spelled: str) -> int | msgspec.Raw:
    if spelled.isdigit() or (spelled[1:].isdigit() and spelled != "-0"):
        return int(spelled)
    return msgspec.Raw(spelled)


def _columns_flaw(csv: Csv, count: int) -> Flaw:
    return Flaw("", f"must have {len(csv.columns):,} columns, and has {count:,}")
