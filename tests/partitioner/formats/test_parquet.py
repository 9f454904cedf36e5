"""Rows out of Parquet: of any types, in any segmentation, with what can be read of a damaged file."""

import io
import json
import math
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from partitioner.exits import Refused
from partitioner.formats.parquet import MAX_ROWS, ParquetFile, read_rows
from partitioner.formats.rows import LeftOut, Unreadable
from partitioner.segments import Piece
from partitioner.shape.rows import Row, encode_row

MANY = 5_000


@dataclass(frozen=True)
class Kind:
    """A type, what may be in it, and what of it a row says: `expected` is JSON with numbers as spelled."""

    type: Any
    values: st.SearchStrategy[Any]
    expected: Callable[[Any], Any]


@dataclass(frozen=True)
class Number:
    """A number as it is spelled."""

    text: str


LOST = object()
"""What is expected of a NaN."""


def spelled(value: Any) -> Number:
    return Number(str(value))


def float_of(value: float, code: str = "d") -> Any:
    return Float(value, code) if math.isfinite(value) else LOST


class Float:
    """Equal to a number that reads back as this float, if no shorter one does."""

    def __init__(self, value: float, code: str) -> None:
        self.value, self.code = value, code

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Number) or {".", "e"}.isdisjoint(other.text):
            return False
        digits = len(other.text.partition("e")[0].replace(".", "").strip("-0"))
        shorter = f"{self.value:.{max(1, digits - 1)}g}"
        is_shortest = (
            digits <= 1
            or other.text.endswith(".0")
            or self._packed(float(shorter)) != self._packed(self.value)
        )
        return self._packed(float(other.text)) == self._packed(self.value) and is_shortest

    __hash__ = None  # type: ignore[assignment] # equality is not exact

    def __repr__(self) -> str:
        return f"Float({self.value!r}, {self.code})"

    def _packed(self, value: float) -> bytes:
        try:
            return struct.pack(self.code, value)
        except OverflowError:
            return b""


def moment(value: datetime | None, unit: str, zone: str) -> str | None:
    if value is None:
        return None
    fraction = {
        "s": "",
        "ms": f".{value.microsecond // 1000:03}",
        "us": f".{value.microsecond:06}",
        "ns": f".{value.microsecond:06}000",
    }[unit]
    whole = (
        f"{value.year:04}-{value.month:02}-{value.day:02}T{value.hour:02}:{value.minute:02}:{value.second:02}"
    )
    return whole + (fraction if fraction.strip(".0") else "") + zone


def moments(unit: str, zone: str | None) -> Kind:
    step = {"s": 10**6, "ms": 10**3, "us": 1, "ns": 1}[unit]
    # Zone-less on purpose, as what hypothesis draws is.
    years = (1, 9_999) if unit != "ns" else (1_700, 2_200)
    first, last = (datetime(year, 1, 1) for year in years)  # noqa: DTZ001 (see above)
    values = st.datetimes(first, last).map(
        lambda each: each - timedelta(microseconds=each.microsecond % step)
    )
    if zone:
        values = values.map(lambda each: each.replace(tzinfo=UTC))
    return Kind(pa.timestamp(unit, zone), values, lambda each: moment(each, unit, "Z" if zone else ""))


def decimal_of(digits: int, scale: int) -> Kind:
    values = st.integers(-(10**digits) + 1, 10**digits - 1).map(lambda each: Decimal(f"{each}e-{scale}"))
    return Kind(pa.decimal128(digits, scale), values, lambda each: Number(format(each, f".{scale}f")))


TEXT = st.text(st.characters(codec="utf-8"), max_size=8)
SIMPLE = [
    *(
        Kind(getattr(pa, f"int{bits}")(), st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1), spelled)
        for bits in (8, 16, 32, 64)
    ),
    *(Kind(getattr(pa, f"uint{bits}")(), st.integers(0, 2**bits - 1), spelled) for bits in (8, 16, 32, 64)),
    Kind(pa.string(), TEXT, str),
    Kind(pa.large_string(), TEXT, str),
    Kind(pa.bool_(), st.booleans(), bool),
    Kind(pa.float64(), st.floats(), float_of),
    Kind(pa.float32(), st.floats(width=32), lambda each: float_of(each, "f")),
    Kind(pa.float16(), st.floats(width=16), lambda each: float_of(each, "e")),
    *(moments(unit, zone) for unit in ("s", "ms", "us", "ns") for zone in (None, "UTC", "Asia/Kolkata")),
    Kind(pa.date32(), st.dates(), date.isoformat),
    Kind(pa.time64("us"), st.times(), time.isoformat),
    decimal_of(20, 10),
    decimal_of(5, 0),
    decimal_of(38, 38),
]


def listed(inner: Kind) -> Kind:
    def expected(values: list[Any]) -> Any:
        return [None if each is None else inner.expected(each) for each in values]

    return Kind(pa.list_(inner.type), st.lists(st.none() | inner.values, max_size=3), expected)


def struct_of(inners: Sequence[Kind]) -> Kind:
    names = [f"f{index}" for index in range(len(inners))]
    kind = pa.struct([pa.field(name, inner.type) for name, inner in zip(names, inners, strict=True)])
    values = st.fixed_dictionaries(
        {name: st.none() | inner.values for name, inner in zip(names, inners, strict=True)}
    )

    def expected(value: dict[str, Any]) -> Any:
        return {
            name: inner.expected(value[name])
            for name, inner in zip(names, inners, strict=True)
            if value[name] is not None
        }

    return Kind(kind, values, expected)


def map_of(inner: Kind) -> Kind:
    values = st.dictionaries(TEXT, st.none() | inner.values, max_size=3).map(lambda made: list(made.items()))

    def expected(items: list[tuple[str, Any]]) -> Any:
        return {key: inner.expected(value) for key, value in items if value is not None}

    return Kind(pa.map_(pa.string(), inner.type), values, expected)


# Not within others: Arrow can't write some of those.
CODED = Kind(pa.dictionary(pa.int32(), pa.string()), TEXT, str)
KINDS = st.just(CODED) | st.recursive(
    st.sampled_from(SIMPLE),
    lambda inner: (
        inner.map(listed) | st.lists(inner, min_size=1, max_size=3).map(struct_of) | inner.map(map_of)
    ),
    max_leaves=4,
)


def tidy(value: Any) -> Any:
    """Without what is lost: gone from objects, null in lists."""
    if isinstance(value, dict):
        return {key: tidy(each) for key, each in value.items() if each is not LOST}
    if isinstance(value, list):
        return [None if each is LOST else tidy(each) for each in value]
    return value


def count_lost(value: Any) -> int:
    if isinstance(value, dict):
        value = list(value.values())
    return sum(map(count_lost, value)) if isinstance(value, list) else int(value is LOST)


def as_json(row: Any) -> Any:
    """As a reader of JSON has it, with numbers as they are spelled."""
    assert not isinstance(row, Unreadable)
    return json.loads(encode_row(row), parse_float=Number, parse_int=Number)


def written(table: pa.Table, **options: Any) -> io.BytesIO:
    file = io.BytesIO()
    pq.write_table(table, file, **options)
    return file


def rows_in(
    file: io.BytesIO, cuts: Sequence[int] = (), left_out: LeftOut | None = None
) -> list[Row | Unreadable | None]:
    """Of all pieces that are between the cuts, each read as by a worker of its own."""
    opened = ParquetFile(file, "a.parquet")
    borders = [0, *sorted(cuts), opened.rows]
    found: list[Row | Unreadable | None] = []
    for start, end in pairwise(borders):
        if start == end:
            continue
        first, after, skip = opened.piece(start, end)
        piece = Piece("a", "a", first, after, start + 1, end - start, holds_letters=False, skip=skip)
        lists = list(read_rows(io.BytesIO(file.getvalue()), piece, left_out or LeftOut()))
        assert all(0 < len(each) <= MAX_ROWS for each in lists)
        assert sum(map(len, lists)) == end - start
        found += [row for each in lists for row in each]
    return found


@given(st.data())
def test_tables_of_any_types_round_trip_in_any_segmentation(data: st.DataObject) -> None:
    """Every value as its type has it, nulls and what isn't finite left out, the latter counted."""
    kinds = data.draw(st.lists(KINDS, min_size=1, max_size=4))
    count = data.draw(st.integers(0, 12))
    columns = [data.draw(st.lists(st.none() | kind.values, min_size=count, max_size=count)) for kind in kinds]
    names = [f"c{index}" for index in range(len(kinds))]
    arrays = [pa.array(values, kind.type) for values, kind in zip(columns, kinds, strict=True)]
    file = written(
        pa.table(arrays, names),
        row_group_size=data.draw(st.integers(1, 12)),
        # Of less, Arrow writes pages of no values, which its own reader takes for the end.
        data_page_size=data.draw(st.sampled_from([512, 1 << 20])),
        write_batch_size=data.draw(st.integers(1, 8)),
        compression=data.draw(st.sampled_from(["none", "snappy", "gzip", "brotli", "zstd", "lz4"])),
        use_dictionary=data.draw(st.booleans()),
        data_page_version=data.draw(st.sampled_from(["1.0", "2.0"])),
        store_schema=data.draw(st.booleans()),
    )
    whole = [
        {
            name: kind.expected(column[index])
            for name, kind, column in zip(names, kinds, columns, strict=True)
            if column[index] is not None
        }
        for index in range(count)
    ]
    cuts, left_out = data.draw(st.lists(st.integers(0, count), max_size=3)), LeftOut()
    assert [as_json(row) for row in rows_in(file, cuts, left_out)] == [tidy(row) for row in whole]
    assert left_out.not_finite == sum(map(count_lost, whole))


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        ([0.1], pa.float32(), "0.1"),
        ([0.1], pa.float16(), "0.1"),
        ([3.0], pa.float64(), "3.0"),
        ([-0.0], pa.float64(), "-0.0"),
        ([1e300], pa.float64(), "1e+300"),
        ([Decimal("0.0000000100")], pa.decimal128(30, 10), "0.0000000100"),
        ([Decimal("1.50")], pa.decimal256(60, 2), "1.50"),
        ([2**64 - 1], pa.uint64(), "18446744073709551615"),
        ([1_710_325_274_123_456_789], pa.timestamp("ns", "UTC"), '"2024-03-13T10:21:14.123456789Z"'),
        ([1_710_325_274_120_000], pa.timestamp("us", "Europe/Berlin"), '"2024-03-13T10:21:14.120000Z"'),
        ([1_710_325_274_000], pa.timestamp("ms"), '"2024-03-13T10:21:14"'),
        ([-1], pa.timestamp("ms", "UTC"), '"1969-12-31T23:59:59.999Z"'),
        ([10**15], pa.timestamp("ms", "UTC"), "1000000000000000"),
        ([19_795], pa.date32(), '"2024-03-13"'),
        ([10**7], pa.date32(), "10000000"),
        ([37_274_500], pa.time32("ms"), '"10:21:14.500"'),
        ([90_500_000], pa.duration("us"), '"PT90.5S"'),
        ([-90_000], pa.duration("ms"), '"-PT90S"'),
        ([b"\x00\xff"], pa.binary(), '"AP8="'),
        ([b"abcd"], pa.binary(4), '"YWJjZA=="'),
        ([bytes(range(16))], pa.uuid(), '"00010203-0405-0607-0809-0a0b0c0d0e0f"'),
        (['{"a": [1.10, null]}'], pa.json_(), '{"a":[1.10,null]}'),
        (["{no json"], pa.json_(), '"{no json"'),
        ([[1, None]], pa.list_(pa.int8(), 2), "[1,null]"),
        ([[(2, "b"), (1, None)]], pa.map_(pa.int64(), pa.string()), '{"2":"b"}'),
        ([[1.5, math.nan]], pa.list_(pa.float64()), "[1.5,null]"),
        (["é"], pa.string_view(), '"é"'),
        ([{"a": {"b": None}}], pa.struct([("a", pa.struct([("b", pa.int8())]))]), '{"a":{}}'),
    ],
)
def test_a_value_is_spelled_as(values: list[Any], kind: Any, expected: str) -> None:
    """As texts.py and arrow_values.py say."""
    (row,) = rows_in(written(pa.table([pa.array(values, kind)], ["a"])))
    assert encode_row(row).decode() == f'{{"a":{expected}}}'


def test_intervals_are_iso_8601() -> None:
    """Arrow can't write one: fixed bytes are made one in the footer."""
    table = pa.table([pa.array([struct.pack("<III", 1, 2, 3_004)], pa.binary(12))], ["interval"])
    content = written(table, store_schema=False).getvalue()
    name = b"\x08interval"
    assert content.count(name) == 2  # in the schema, and as the path of the column
    # Behind the name (field 4) comes the converted type (field 6, zigzag of 21).
    content = content.replace(name, name + b"\x25\x2a", 1)
    length = struct.unpack("<I", content[-8:-4])[0]
    content = content[:-8] + struct.pack("<I", length + 2) + content[-4:]
    (row,) = rows_in(io.BytesIO(content))
    assert row == {"interval": "P1M2DT3.004S"}


def test_text_that_is_no_utf8_costs_only_its_row() -> None:
    """By a lone surrogate, which can't be encoded."""
    text = pa.array([b"good", b"b\xffd", None]).view(pa.string())
    good, bad, empty = rows_in(written(pa.table([text], ["a"])))
    assert (good, empty) == ({"a": "good"}, {})
    with pytest.raises(UnicodeEncodeError):
        encode_row(bad)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" + b"\0" * 100 + b"PAR1", b"no parquet at all"])
def test_a_file_without_a_footer_is_refused_by_name(content: bytes) -> None:
    """Before anything is read of it."""
    with pytest.raises(Refused, match=r"a\.parquet can't be read"):
        ParquetFile(io.BytesIO(content), "a.parquet")


def test_two_columns_of_one_name_are_refused() -> None:
    """One of them would be lost."""
    file = written(pa.table([pa.array([1]), pa.array([2])], ["a", "a"]))
    with pytest.raises(Refused, match="two of its columns are called 'a'"):
        ParquetFile(file, "a.parquet")


def many() -> pa.Table:
    return pa.table({"number": list(range(MANY)), "text": [f"{number:040x}" for number in range(MANY)]})


def damaged_at(content: bytes, at: int) -> io.BytesIO:
    return io.BytesIO(
        content[:at] + bytes(byte ^ 0xFF for byte in content[at : at + 64]) + content[at + 64 :]
    )


@pytest.mark.parametrize("cuts", [(), (1_000,), (2_300, 2_301, 3_100)])
def test_a_damaged_page_costs_the_rest_of_its_row_group(cuts: tuple[int, ...]) -> None:
    """However it is cut: the rows before and the other row groups go on, each lost row is named."""
    content = written(
        many(), row_group_size=4_500, data_page_size=4_000, use_dictionary=False, write_page_checksum=True
    ).getvalue()
    column = pq.ParquetFile(io.BytesIO(content)).metadata.row_group(0).column(1)
    at = (column.dictionary_page_offset or column.data_page_offset) + column.total_compressed_size * 6 // 10
    found = rows_in(damaged_at(content, at), cuts)
    lost = [index for index, row in enumerate(found) if isinstance(row, Unreadable)]
    assert lost == list(range(2_000, 4_500))
    assert found[:2_000] == many().to_pylist()[:2_000]
    assert found[4_500:] == many().to_pylist()[4_500:]
    messages = {row.flaw.message for row in found if isinstance(row, Unreadable)}
    (message,) = messages
    assert message.startswith("row group 0 is damaged and can't be read from its row 2001 on: ")


@given(st.integers(4, 60_000), st.integers(1, 200), st.sampled_from(["none", "snappy", "zstd"]))
def test_any_flipped_bytes_keep_every_row_in_its_place(at: int, length: int, compression: str) -> None:
    """A row may be wrong or lost, no more."""
    content = written(many().slice(0, 1_000), row_group_size=300, compression=compression).getvalue()
    flipped = bytes(byte ^ 0x5A for byte in content[at : at + length])
    file = io.BytesIO(content[:at] + flipped + content[at + length :])
    try:
        opened = ParquetFile(file, "a.parquet")
    except Refused:
        return
    found = rows_in(file, (150,))
    assert len(found) == opened.rows


def test_places_and_sizes_are_told_from_the_footer() -> None:
    """Bytes grow with rows; JSON is about what it is."""
    file = written(many(), row_group_size=700)
    opened = ParquetFile(file, "a.parquet")
    places = [opened.bytes_before(row) for row in range(0, MANY + 1, 100)]
    assert places == sorted(places)
    assert places[0] == 0
    assert 0.8 * len(file.getvalue()) < places[-1] <= len(file.getvalue())
    truth = sum(len(encode_row(row)) for row in many().to_pylist())
    assert truth * 0.8 < opened.json_bytes(0, MANY) < truth * 1.2
    assert opened.json_bytes(0, 700) + opened.json_bytes(700, MANY) == pytest.approx(
        opened.json_bytes(0, MANY), abs=2
    )
