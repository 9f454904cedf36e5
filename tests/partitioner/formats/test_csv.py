"""CSV laid out as lines and read as rows, whatever the reads, the cuts, and what is wrong with it."""

import csv as python_csv
import io
import tracemalloc
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from partitioner.formats import Csv
from partitioner.formats.csv import lay_out_csv
from partitioner.formats.csv_rows import read_rows
from partitioner.formats.rows import Unreadable
from partitioner.lines import MAX_LINE_BYTES, read_blocks, split_lines
from partitioner.shape.rows import spelling

CELLS = st.text(st.sampled_from('a"\\,;\t|: \n\r0é\0\ufeff\x0b\u2028'), max_size=5)
WORDS = st.sampled_from(["", "1.50", "-0", "007", "1e5", "true", "null", "-12", "1234567890123456", "é"])
TABLES = st.integers(2, 4).flatmap(
    lambda width: st.lists(
        st.lists(CELLS | WORDS, min_size=width, max_size=width).map(tuple), min_size=1, max_size=8
    )
)


def csv_of(width: int, delimiter: str = ",", **others: Any) -> Csv:
    return Csv(tuple("abcdefgh"[:width]), delimiter, **{"has_header": False, **others})


def cut(data: bytes, cuts: Sequence[int]) -> list[bytes]:
    places = sorted({0, len(data), *(each % (len(data) + 1) for each in cuts)})
    return [data[start:end] for start, end in pairwise(places)]


def read(reads: Sequence[bytes], csv: Csv) -> list[Any]:
    return read_rows(split_lines(b"".join(lay_out_csv(reads, csv))), csv)


def spelled(row: Any) -> Any:
    """Every cell as the text that it was."""
    return {name: spelling(value) or value for name, value in row.items()}


@given(
    TABLES,
    st.sampled_from([python_csv.QUOTE_MINIMAL, python_csv.QUOTE_ALL, python_csv.QUOTE_NONNUMERIC]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(",;\t|"),
    st.lists(st.integers(0)),
    st.lists(st.integers(0), max_size=3),
)
def test_any_table_is_read_back_cell_for_cell(
    table: list[tuple[str, ...]],
    quoting: Any,
    ends: str,
    delimiter: str,
    cuts: list[int],
    segments: list[int],
) -> None:
    """In any dialect, any reads and any cuts between rows; an empty cell is left out unless it is quoted."""
    if ends == "\n":  # where Python writes a carriage return as it is, and a row's last is part of its end
        table = [tuple(cell.replace("\r", "") for cell in row) for row in table]
    file = io.StringIO(newline="")
    python_csv.writer(file, quoting=quoting, lineterminator=ends, delimiter=delimiter).writerows(table)
    csv = csv_of(len(table[0]), delimiter)
    data = b"".join(lay_out_csv(cut(file.getvalue().encode(), cuts), csv))
    lines = split_lines(data)
    assert len(lines) == len(table)
    places = sorted({0, len(lines), *(each % (len(lines) + 1) for each in segments)})
    rows = [row for start, end in pairwise(places) for row in read_rows(lines[start:end], csv)]
    is_kept = quoting != python_csv.QUOTE_MINIMAL
    wanted = [
        {name: cell for name, cell in zip(csv.columns, row, strict=True) if cell or is_kept} for row in table
    ]
    assert [spelled(row) for row in rows] == wanted


@given(TABLES, st.sampled_from(["\n", "\r\n"]), st.lists(st.integers(0)))
def test_without_quoting_a_quote_is_text(table: list[tuple[str, ...]], ends: str, cuts: list[int]) -> None:
    """As many tools write tab-separated values, Snowplow's among them."""
    drop = str.maketrans("", "", "\t\n\r")
    wanted = [[cell.translate(drop) for cell in row] for row in table]
    csv = csv_of(len(table[0]), "\t", is_quoted=False)
    data = "".join("\t".join(row) + ends for row in wanted).encode()
    rows = read(cut(data, cuts), csv)
    assert [spelled(row) for row in rows] == [
        {name: cell for name, cell in zip(csv.columns, row, strict=True) if cell} for row in wanted
    ]


@given(TABLES, st.binary(min_size=1, max_size=3), st.integers(0), st.lists(st.integers(0)))
def test_whatever_is_wrong_every_line_gives_a_row_or_says_why(
    table: list[tuple[str, ...]], noise: bytes, where: int, cuts: list[int]
) -> None:
    """The same in any reads; and what stands in front of the damaged row is read as if it weren't there."""
    file = io.StringIO(newline="")
    writer = python_csv.writer(file, lineterminator="\r\n")
    ends = []
    for row in table:
        writer.writerow(row)
        ends.append(len(file.getvalue().encode()))
    data = file.getvalue().encode()
    at = where % len(data)
    damaged = data[:at] + noise + data[at + len(noise) :]
    csv = csv_of(len(table[0]))
    rows = read([damaged], csv)
    assert rows == read(cut(damaged, cuts), csv)
    before = sum(end <= at for end in ends)
    assert rows[:before] == read([data], csv)[:before]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (b"0", 0),
        (b"15", 15),
        (b"-15", -15),
        (b"123456789012345", 123456789012345),
        (b"1234567890123456", "1234567890123456"),
        (b"007", "007"),
        (b"-007", "-007"),
        (b"+1", "+1"),
        (b".5", ".5"),
        (b"5.", "5."),
        (b"1,5", "1,5"),
        (b" 1", " 1"),
        (b"NaN", "NaN"),
        (b"0x10", "0x10"),
        (b"1e400", "1e400"),
        (b"true", "true"),
        (b"\xd9\xa1", "\u0661"),
    ],
)
def test_a_whole_number_that_is_no_identifier_is_one(cell: bytes, value: Any) -> None:
    """In quotes too, since many quote all cells."""
    assert read([b'"%b",x\n' % cell], csv_of(2)) == [{"a": value, "b": "x"}]


@pytest.mark.parametrize("cell", ["-0", "1.50", "0.12345678901234567", "1e5", "1E-05", "1.5e+299"])
def test_any_other_number_is_written_as_it_is_spelled(cell: str) -> None:
    """`1.50` isn't 1.5."""
    ((row),) = read([f"{cell},x\n".encode()], csv_of(2))
    assert msgspec.json.encode(row) == b'{"a":%b,"b":"x"}' % cell.encode()


CLOSED = "a quoted cell isn't closed"
COLUMNS = "must have 2 columns, and has "


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (b'1,2\nx,"y\n3,4\n', [{"a": 1, "b": 2}, (b'x,"y', CLOSED), {"a": 3, "b": 4}]),
        (b'x,"y\nz,"w"\n', [(b'x,"y', CLOSED), {"a": "z", "b": "w"}]),
        (b'x,"y\n"z",w\n', [(b'x,"y', CLOSED), {"a": "z", "b": "w"}]),
        (b'x,"', [(b'x,"', CLOSED)]),
        (b"1,2,3\n4\n5,6\n", [(b"1,2,3", COLUMNS + "3"), (b"4", COLUMNS + "1"), {"a": 5, "b": 6}]),
        (b'"1\n2"\n3,4\n', [(b'"1\n2"', COLUMNS + "1"), {"a": 3, "b": 4}]),
        (b"\xff,\xfe\n1,2\n", [(b"\xff,\xfe", "string should be valid utf8"), {"a": 1, "b": 2}]),
        (b'"\xff\n",\xfe\n', [(b'"\xff\n",\xfe', "string should be valid utf8")]),
        (b"\n1,2\n\r\n\n3,4", [None, {"a": 1, "b": 2}, None, None, {"a": 3, "b": 4}]),
        (b"x\ry,2\r\n", [{"a": "x\ry", "b": 2}]),
        (b'6" pipe,"a" b\n', [{"a": '6" pipe', "b": "a b"}]),
    ],
)
def test_a_row_that_is_none_costs_only_itself(data: bytes, wanted: list[Any]) -> None:
    """It stands in its place as it stands in the file, and says what is wrong."""
    rows = read([data], csv_of(2))
    assert [(row.content, row.flaw.message) if isinstance(row, Unreadable) else row for row in rows] == wanted


@pytest.mark.parametrize("header", [b"a,b\n", b'a,"b\nc"\r\n', b'"a""","b"\n'])
def test_the_header_is_no_row(header: bytes) -> None:
    """However it is spelled."""
    csv = csv_of(2, has_header=True)
    for reads in ([header + b"1,2\n"], [bytes([each]) for each in header + b"1,2\n"]):
        assert read(reads, csv) == [{"a": 1, "b": 2}]
    assert read([header.strip()], csv) == []


def test_a_row_over_16_mb_is_passed_over_and_the_next_is_read() -> None:
    """Without a quote, and with one that isn't closed, which costs the line that it stands in."""
    half = b"x" * (MAX_LINE_BYTES // 2)
    reads = [b"1,2\n", half, half, half, b',2\n3,4\n5,"6\n', *[b"7,8\n" * 60_000] * 80]
    blocks = list(read_blocks(lay_out_csv(reads, csv_of(2))))
    assert [block.is_over_long for block in blocks[:3]] == [False, True, False]
    lines = [line for block in blocks for line in split_lines(block.data)]
    assert lines[2:5] == [b"3,4", b'5,"6\xff', b"7,8"]
    assert len(lines) == 4 + 80 * 60_000


@pytest.mark.parametrize("row", [b"1,%b\n", b'"1","a ""%b"""\n', b'"1","a\n%b"\n'])
def test_memory_is_bounded_however_long_the_file(row: bytes) -> None:
    """A row at a time would be enough; it is a few blocks."""

    def reads() -> Iterator[bytes]:
        for _ in range(40):
            yield row % (b"x" * 200) * 1_000

    tracemalloc.start()
    for _ in lay_out_csv(reads(), csv_of(2)):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4_000_000
