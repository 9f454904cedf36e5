"""Rows out of Avro: of any schema, in any segmentation, with what can be read of a damaged file."""

import base64
import io
import json
import math
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import count, pairwise
from typing import Any

import fastavro
import numpy as np
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from partitioner.exits import Refused
from partitioner.formats.avro import MAX_ROWS, AvroFile, read_rows
from partitioner.formats.avro_blocks import read_header, walk
from partitioner.formats.rows import LeftOut, Unreadable
from partitioner.segments import Piece
from partitioner.shape.rows import Row, encode_row

MANY = 6_000
NAMES = count(1)


@dataclass(frozen=True)
class Kind:
    """A schema, what may be in it as fastavro takes it, and what of it a row says."""

    schema: Any
    values: st.SearchStrategy[Any]
    expected: Callable[[Any], Any]


@dataclass(frozen=True)
class Number:
    """A number as it is spelled."""

    text: str


LOST = object()
"""What is expected of a NaN."""


def spelled(value: int) -> Number:
    return Number(str(value))


def double(value: float) -> Any:
    return Number(repr(value)) if math.isfinite(value) else LOST


class Float32:
    """Equal to a number that reads back as this float."""

    def __init__(self, value: float) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Number) and struct.pack("f", float(other.text)) == struct.pack(
            "f", self.value
        )

    __hash__ = None  # type: ignore[assignment] # equality is not exact


def moment(value: int, per_second: int, zone: str) -> Any:
    """By numpy's calendar of 64 bits, which is none of ours."""
    units = {1_000: "datetime64[ms]", 1_000_000: "datetime64[us]", 1_000_000_000: "datetime64[ns]"}
    text = str(np.int64(value).astype(units[per_second]))
    whole, _, fraction = text.partition(".")
    return whole + (f".{fraction}" if fraction.strip("0") else "") + zone


def moments(logical: str, per_second: int, zone: str) -> Kind:
    # Years 1 to 9999 where 64 bits reach that far.
    first, last = max(-(2**63) + 1, -62_135_596_800 * per_second), min(2**63, 253_402_300_800 * per_second)
    values = st.integers(first, last - 1)
    return Kind({"type": "long", "logicalType": logical}, values, lambda each: moment(each, per_second, zone))


def raw(schema: Any) -> Any:
    """The same bytes, but written from integers and bytes: without its logical types."""
    if isinstance(schema, list):
        return [raw(each) for each in schema]
    if isinstance(schema, dict):
        return {
            key: [replace_type(each) for each in value]
            if key == "fields"
            else raw(value)
            if key in ("type", "items", "values")
            else value
            for key, value in schema.items()
            if key != "logicalType"
        }
    return schema


def replace_type(field: dict[str, Any]) -> dict[str, Any]:
    return {**field, "type": raw(field["type"])}


def decimals(scale: int) -> Kind:
    schema = {"type": "bytes", "logicalType": "decimal", "precision": 30, "scale": scale}
    values = st.integers(-(10**30) + 1, 10**30 - 1)

    def expected(value: bytes) -> Number:
        unscaled = int.from_bytes(value, "big", signed=True)
        return Number(format(Decimal(f"{unscaled}e-{scale}"), "f"))

    return Kind(schema, values.map(lambda each: each.to_bytes(13, "big", signed=True)), expected)


TEXT = st.text(st.characters(codec="utf-8"), max_size=8)
SIMPLE = [
    Kind("string", TEXT, str),
    Kind("boolean", st.booleans(), bool),
    Kind("int", st.integers(-(2**31), 2**31 - 1), spelled),
    Kind("long", st.integers(-(2**63), 2**63 - 1), spelled),
    Kind("double", st.floats(), double),
    Kind("float", st.floats(width=32), lambda each: Float32(each) if math.isfinite(each) else LOST),
    Kind("bytes", st.binary(max_size=5), lambda each: base64.b64encode(each).decode()),
    *(
        moments(f"timestamp-{unit}", per, "Z")
        for unit, per in (("millis", 10**3), ("micros", 10**6), ("nanos", 10**9))
    ),
    moments("local-timestamp-micros", 10**6, ""),
    *(decimals(scale) for scale in (0, 2, 30)),
]


def optional(inner: Kind) -> Kind:
    return Kind(
        ["null", inner.schema],
        st.none() | inner.values,
        lambda each: None if each is None else inner.expected(each),
    )


def listed(inner: Kind) -> Kind:
    return Kind(
        {"type": "array", "items": inner.schema},
        st.lists(inner.values, max_size=3),
        lambda values: [inner.expected(each) for each in values],
    )


def mapped(inner: Kind) -> Kind:
    return Kind(
        {"type": "map", "values": inner.schema},
        st.dictionaries(TEXT, inner.values, max_size=3),
        lambda items: {key: inner.expected(value) for key, value in items.items()},
    )


def record_of(inners: Sequence[Kind]) -> Kind:
    names = [f"f{index}" for index in range(len(inners))]
    fields = [{"name": name, "type": inner.schema} for name, inner in zip(names, inners, strict=True)]
    schema = {"type": "record", "name": f"r{next(NAMES)}", "fields": fields}
    values = st.fixed_dictionaries({name: inner.values for name, inner in zip(names, inners, strict=True)})

    def expected(value: dict[str, Any]) -> Any:
        return {name: inner.expected(value[name]) for name, inner in zip(names, inners, strict=True)}

    return Kind(schema, values, expected)


KINDS = st.recursive(
    st.sampled_from([*SIMPLE, *map(optional, SIMPLE)]),
    lambda inner: (
        inner.map(listed) | inner.map(mapped) | st.lists(inner, min_size=1, max_size=3).map(record_of)
    ),
    max_leaves=4,
)


def tidy(value: Any) -> Any:
    """Without nulls and what is lost: gone from objects, null in lists."""
    if isinstance(value, dict):
        return {key: tidy(each) for key, each in value.items() if each is not None and each is not LOST}
    if isinstance(value, list):
        return [None if each is LOST else tidy(each) for each in value]
    return value


def count_lost(value: Any) -> int:
    if isinstance(value, dict):
        value = list(value.values())
    return sum(map(count_lost, value)) if isinstance(value, list) else int(value is LOST)


def as_json(row: Any) -> Any:
    assert not isinstance(row, Unreadable)
    return json.loads(encode_row(row), parse_float=Number, parse_int=Number)


def written(schema: Any, rows: Sequence[Any], codec: str = "null", interval: int = 16_000) -> bytes:
    """With the schema's logical types, though written without: rows hold what stands in the file."""
    file = io.BytesIO()
    fastavro.writer(file, raw(schema), rows, codec=codec, sync_interval=interval)
    header = io.BytesIO()
    fastavro.writer(header, schema, [], codec=codec, sync_marker=read_header(file).marker)
    return header.getvalue() + file.getvalue()[read_header(file).end :]


def rows_in(
    content: bytes, cuts: Sequence[int] = (), left_out: LeftOut | None = None
) -> list[Row | Unreadable | None]:
    """Of all pieces that are between the cuts, each read as by a worker of its own."""
    opened = AvroFile(io.BytesIO(content), "a.avro")
    borders = [0, *sorted(cuts), opened.rows]
    found: list[Row | Unreadable | None] = []
    for start, end in pairwise(borders):
        if start == end:
            continue
        first, after, skip = opened.piece(start, end)
        piece = Piece("a", "a", first, after, start + 1, end - start, holds_letters=False, skip=skip)
        lists = list(read_rows(io.BytesIO(content), piece, left_out or LeftOut()))
        assert all(0 < len(each) <= MAX_ROWS for each in lists)
        assert sum(map(len, lists)) == end - start
        found += [row for each in lists for row in each]
    return found


@given(st.data())
def test_rows_of_any_schema_round_trip_in_any_segmentation(data: st.DataObject) -> None:
    """Every value as its type has it, nulls and what isn't finite left out, the latter counted."""
    kind = data.draw(st.lists(KINDS, min_size=1, max_size=4).map(record_of))
    rows = data.draw(st.lists(kind.values, max_size=12))
    codec = data.draw(st.sampled_from(["null", "deflate", "snappy", "bzip2", "xz"]))
    content = written(kind.schema, rows, codec, data.draw(st.sampled_from([1, 50, 16_000])))
    whole = [kind.expected(row) for row in rows]
    cuts, left_out = data.draw(st.lists(st.integers(0, len(rows)), max_size=3)), LeftOut()
    assert [as_json(row) for row in rows_in(content, cuts, left_out)] == [tidy(row) for row in whole]
    assert left_out.not_finite == sum(map(count_lost, whole))


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("float", 0.1, "0.1"),
        ("float", 16_777_216.0, "1.6777216e+07"),
        ("double", 3.0, "3.0"),
        ("double", 1e300, "1e+300"),
        (
            {"type": "long", "logicalType": "timestamp-micros"},
            1_710_325_274_120_000,
            '"2024-03-13T10:21:14.120000Z"',
        ),
        ({"type": "long", "logicalType": "timestamp-millis"}, 1_710_325_274_000, '"2024-03-13T10:21:14Z"'),
        ({"type": "long", "logicalType": "timestamp-nanos"}, -1, '"1969-12-31T23:59:59.999999999Z"'),
        ({"type": "long", "logicalType": "local-timestamp-millis"}, 5, '"1970-01-01T00:00:00.005"'),
        ({"type": "long", "logicalType": "timestamp-millis"}, 10**15, "1000000000000000"),
        ({"type": "int", "logicalType": "date"}, 19_795, '"2024-03-13"'),
        ({"type": "int", "logicalType": "date"}, 10**7, "10000000"),
        ({"type": "int", "logicalType": "time-millis"}, 37_274_500, '"10:21:14.500"'),
        ({"type": "long", "logicalType": "time-micros"}, 37_274_000_000, '"10:21:14"'),
        (
            {"type": "string", "logicalType": "uuid"},
            "00010203-0405-0607-0809-0a0b0c0d0e0f",
            '"00010203-0405-0607-0809-0a0b0c0d0e0f"',
        ),
        (
            {"type": "fixed", "name": "U", "size": 16, "logicalType": "uuid"},
            bytes(range(16)),
            '"00010203-0405-0607-0809-0a0b0c0d0e0f"',
        ),
        (
            {"type": "fixed", "name": "D", "size": 12, "logicalType": "duration"},
            struct.pack("<III", 1, 2, 3_500),
            '"P1M2DT3.5S"',
        ),
        (
            {"type": "fixed", "name": "N", "size": 2, "logicalType": "decimal", "precision": 4, "scale": 3},
            b"\xff\xff",
            "-0.001",
        ),
        ({"type": "fixed", "name": "F", "size": 2}, b"ab", '"YWI="'),
        ({"type": "long", "logicalType": "of-tomorrow"}, 5, "5"),
        ({"type": "enum", "name": "E", "symbols": ["ONE", "TWO"]}, "TWO", '"TWO"'),
        ([{"type": "int", "logicalType": "date"}, "string"], "text", '"text"'),
        ({"type": "array", "items": ["null", "double"]}, [1.5, math.nan, None], "[1.5,null,null]"),
        ({"type": "map", "values": ["null", "int"]}, {"a": 1, "b": None}, '{"a":1}'),
    ],
)
def test_a_value_is_spelled_as(kind: Any, value: Any, expected: str) -> None:
    """As texts.py and avro_schema.py say."""
    schema = {"type": "record", "name": "Row", "fields": [{"name": "a", "type": kind}]}
    (row,) = rows_in(written(schema, [{"a": value}]))
    assert encode_row(row).decode() == f'{{"a":{expected}}}'


@pytest.mark.parametrize("first", ["date", "plain"])
def test_the_branch_of_a_union_decides(first: str) -> None:
    """And not what the value looks like: 5 may be a date or a number."""
    date = {"type": "int", "logicalType": "date"}
    schema = {
        "type": "record",
        "name": "Row",
        "fields": [{"name": "a", "type": [date, "long"] if first == "date" else ["long", date]}],
    }
    # fastavro writes an int into the first branch that takes it.
    (row,) = rows_in(written(schema, [{"a": 5}]))
    assert row == {"a": "1970-01-06" if first == "date" else 5}


def test_a_type_may_be_used_by_its_name_and_hold_itself() -> None:
    """Converted wherever it stands."""
    moment_type = {"type": "long", "logicalType": "timestamp-millis"}
    fields = [{"name": "at", "type": moment_type}, {"name": "next", "type": ["null", "Row"]}]
    schema = {"type": "record", "name": "Row", "fields": fields}
    (row,) = rows_in(written(schema, [{"at": 0, "next": {"at": 1_000, "next": None}}]))
    assert row == {"at": "1970-01-01T00:00:00Z", "next": {"at": "1970-01-01T00:00:01Z"}}


SCHEMA = {
    "type": "record",
    "name": "Row",
    "fields": [{"name": "number", "type": "long"}, {"name": "text", "type": "string"}],
}
ROWS = [{"number": number, "text": f"{number:040x}"} for number in range(MANY)]


def test_zstandard_is_read_too() -> None:
    """Also frames that don't say how large their content is."""
    plain = written(SCHEMA, ROWS[:100])
    header = read_header(io.BytesIO(plain))
    (block,) = walk(io.BytesIO(plain), header.marker, header.end)
    packer = zstandard.ZstdCompressor(write_content_size=False)
    packed = packer.compress(plain[block.data_start : block.data_end])
    head = plain[: header.end].replace(b"\x08null", b"\x12zstandard")
    content = head + number(100) + number(len(packed)) + packed + header.marker
    assert rows_in(content) == ROWS[:100]


def number(value: int) -> bytes:
    """In zigzag, as Avro has it."""
    value, made = value << 1, b""
    while value > 0x7F:
        made += bytes([value & 0x7F | 0x80])
        value >>= 7
    return made + bytes([value])


def test_what_is_no_utf8_costs_only_its_row() -> None:
    """By a lone surrogate, which can't be encoded."""
    content = written(SCHEMA, ROWS[:3]).replace(b"00000001\x04", b"0000000\xff\x04")
    first, bad, last = rows_in(content)
    assert (first, last) == (ROWS[0], ROWS[2])
    with pytest.raises(UnicodeEncodeError):
        encode_row(bad)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"Obj\x01", "its header is damaged or cut off"),
        (b"Obj\x01" + b"\xff" * 50, "its header is damaged or cut off"),
        (
            written(SCHEMA, []).replace(b"\x08null", b"\x08pack"),
            "its blocks are compressed by 'pack'; known are null, ",
        ),
        (written(SCHEMA, []).replace(b'"long"', b'"lang"'), "its schema is wrong: lang"),
        (written(SCHEMA, []).replace(b'"type": "record"', b'"type": "recard"'), "its rows are no records"),
        (written(SCHEMA, []).replace(b'{"type"', b'["type"'), "its schema is no JSON"),
        (written("string", []), "its rows are no records"),
    ],
    ids=["cut off", "damaged", "codec", "type", "kind", "no JSON", "no record"],
)
def test_a_file_that_says_of_itself_that_it_can_t_be_read_is_refused(content: bytes, reason: str) -> None:
    """By name, before any block is read."""
    with pytest.raises(Refused) as refused:
        AvroFile(io.BytesIO(content), "a.avro")
    assert str(refused.value).startswith(f"a.avro can't be read: {reason}")


def test_lists_of_nothing_are_refused() -> None:
    """A damaged count of them would fill the memory."""
    fields = [
        {"name": "a", "type": {"type": "array", "items": {"type": "record", "name": "Nothing", "fields": []}}}
    ]
    content = written({"type": "record", "name": "Row", "fields": fields}, [{"a": []}])
    with pytest.raises(Refused, match="lists whose values take no bytes"):
        AvroFile(io.BytesIO(content), "a.avro")


CUTS = [(), (1_000,), (700, 701, 3_100)]


@pytest.mark.parametrize("cuts", CUTS)
@pytest.mark.parametrize("codec", ["deflate", "snappy"])
def test_a_damaged_block_costs_its_rows_alone(codec: str, cuts: tuple[int, ...]) -> None:
    """However it is cut, each lost row is named."""
    content = written(SCHEMA, ROWS, codec)
    header = read_header(io.BytesIO(content))
    blocks = list(walk(io.BytesIO(content), header.marker, header.end))
    middle = len(blocks) // 2
    before = sum(block.count for block in blocks[:middle])
    at, after = (blocks[middle].data_start + blocks[middle].data_end) // 2, before + blocks[middle].count
    found = rows_in(content[:at] + b"damage" + content[at + 6 :], cuts)
    assert [index for index, row in enumerate(found) if isinstance(row, Unreadable)] == list(
        range(before, after)
    )
    assert found[:before] + found[after:] == ROWS[:before] + ROWS[after:]
    messages = {row.flaw.message for row in found if isinstance(row, Unreadable)}
    assert messages == {f"the block at byte {blocks[middle].start} is damaged, from its row 1 on"}


@pytest.mark.parametrize("cuts", CUTS)
def test_a_wrong_marker_costs_nothing(cuts: tuple[int, ...]) -> None:
    """Where the next block is right behind it."""
    content = written(SCHEMA, ROWS)
    header = read_header(io.BytesIO(content))
    for block in list(walk(io.BytesIO(content), header.marker, header.end))[1::3]:
        content = content[: block.data_end] + b"no marker at all" + content[block.end :]
    assert rows_in(content, cuts) == ROWS


@pytest.mark.parametrize("cuts", CUTS)
def test_behind_bytes_that_are_no_block_it_goes_on_at_the_next_marker(cuts: tuple[int, ...]) -> None:
    """They stand as one row, since how many they held isn't known."""
    content = written(SCHEMA, ROWS)
    header = read_header(io.BytesIO(content))
    blocks = list(walk(io.BytesIO(content), header.marker, header.end))
    before, lost = sum(block.count for block in blocks[:5]), sum(block.count for block in blocks[5:7])
    content = content[: blocks[5].start] + b"\xff" * 2_000_000 + content[blocks[6].start + 3 :]
    found = rows_in(content, cuts)
    assert found[:before] == ROWS[:before]
    assert found[before + 1 :] == ROWS[before + lost :]
    (gap,) = (row for row in found if isinstance(row, Unreadable))
    assert gap.flaw.message.startswith(f"bytes {blocks[5].start} to ")


def test_of_a_file_that_is_cut_off_every_whole_block_goes_on() -> None:
    """The rows of the last are lost, all of them; where its head is cut off too, how many isn't known."""
    content = written(SCHEMA, ROWS)
    header = read_header(io.BytesIO(content))
    blocks = list(walk(io.BytesIO(content), header.marker, header.end))
    whole, last = sum(block.count for block in blocks[:-1]), blocks[-1]
    for end, lost in ((last.end - 1, last.count), (last.data_start + 10, last.count), (last.start + 1, 1)):
        found = rows_in(content[:end], (100, whole + lost // 2))
        assert found[:whole] == ROWS[:whole]
        messages = [row.flaw.message for row in found[whole:] if isinstance(row, Unreadable)]
        assert (
            messages
            == [f"bytes {last.start} to {end} are no whole block: they are damaged, or cut off"] * lost
        )


@given(
    st.integers(4, 60_000),
    st.integers(1, 200),
    st.sampled_from(["null", "deflate", "snappy", "xz"]),
    st.sampled_from([500, 10**6]),
)
def test_any_flipped_bytes_keep_every_row_in_its_place(
    at: int, length: int, codec: str, interval: int
) -> None:
    """A row may be wrong or lost, no more; where they are compressed, none is wrong."""
    content = written(SCHEMA, ROWS[:1_000], codec, interval)
    flipped = content[:at] + bytes(byte ^ 0x5A for byte in content[at : at + length]) + content[at + length :]
    try:
        opened = AvroFile(io.BytesIO(flipped), "a.avro")
    except Refused:
        return
    found = rows_in(flipped, (opened.rows // 3,) if opened.rows else ())
    assert len(found) == opened.rows


def test_a_block_of_many_rows_comes_in_lists() -> None:
    """And is skipped into."""
    content = written(SCHEMA, ROWS, interval=10**9)
    assert rows_in(content, (2_500, 4_100)) == ROWS


def test_what_a_piece_leaves_out_is_counted_once() -> None:
    """Though a block is decoded for each of the pieces that share it."""
    schema = {"type": "record", "name": "Row", "fields": [{"name": "a", "type": "double"}]}
    content, left_out = written(schema, [{"a": math.nan}] * 100), LeftOut()
    assert rows_in(content, (30, 31, 60), left_out) == [{}] * 100
    assert left_out.not_finite == 100


def test_places_and_sizes_are_told_from_the_blocks() -> None:
    """Bytes grow with rows; JSON is about what it is."""
    content = written(SCHEMA, ROWS, "deflate")
    opened = AvroFile(io.BytesIO(content), "a.avro")
    places = [opened.bytes_before(row) for row in range(0, MANY + 1, 100)]
    assert places == sorted(places)
    assert places[-1] == len(content)
    truth = sum(len(encode_row(row)) for row in ROWS)
    assert truth * 0.7 < opened.json_bytes(0, MANY) < truth * 1.3
