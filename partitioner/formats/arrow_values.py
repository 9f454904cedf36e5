"""Arrow's columns as values of rows, a column at a time, as much as possible of it in Arrow's own C++.

Strings are str, all integers int, booleans bool. Floats are the shortest decimal that reads back as the same
float of the same width, so a float32 of 0.1 is `0.1`; one without a fraction is `1.0`. Decimals have all
their digits and no exponent. What else there is, texts.py spells. Structs and maps are objects, lists are
lists. Nulls are left out of objects and stay in lists, where what is behind them has to keep its place; so
with NaN and infinities, which are counted.
"""

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from partitioner.formats import texts
from partitioner.formats.objects import objects_of
from partitioner.formats.rows import LeftOut
from partitioner.shape.rows import Row, encode_row, number

_is: Final = pa.types
_PER_SECOND: Final = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_SECONDS_CHARACTERS = len("2024-03-13T10:21:14")
_UUID_TYPE, _JSON_TYPE = "arrow.uuid", "arrow.json"
_decode_json = msgspec.json.Decoder(float_hook=number).decode


def rows_of(batch: pa.RecordBatch, intervals: frozenset[str], left_out: LeftOut) -> list[Row]:
    """`intervals` are the columns of 12 bytes that are such."""
    values = [
        [None if each is None else texts.interval_of(each) for each in column.to_pylist()]
        if name in intervals
        else values_of(column, left_out)
        for name, column in zip(batch.schema.names, batch.columns, strict=True)
    ]
    return objects_of(batch.schema.names, values, batch.num_rows)


def values_of(array: Any, left_out: LeftOut) -> list[Any]:
    """None where there is none. Raises NotImplementedError, which names the type."""
    kind = array.type
    if isinstance(kind, pa.BaseExtensionType):
        return _extended(array, left_out)
    for is_kind, convert in _CONVERTERS:
        if is_kind(kind):
            return convert(array, left_out)
    raise NotImplementedError(f"values of type {kind}")


def _plain(array: Any, _: LeftOut) -> list[Any]:
    return list(array.to_pylist())


def _strings(array: Any, _: LeftOut) -> list[Any]:
    """What isn't UTF-8 gets lone surrogates in its place, by which it is known when it is encoded."""
    try:
        return list(array.to_pylist())
    except UnicodeDecodeError:
        return _each(lambda data: data.decode("utf-8", "surrogateescape"), _bytes(array))


def _bytes(strings: Any) -> Iterable[bytes | None]:
    """Without looking into them, which a cast of a string_view does."""
    kind = strings.type
    if _is.is_string_view(kind):
        return list(strings.view(pa.binary_view()).to_pylist())
    return list(strings.view(pa.large_binary() if _is.is_large_string(kind) else pa.binary()).to_pylist())


def _binaries(array: Any, _: LeftOut) -> list[Any]:
    return _each(texts.base64_of, array.to_pylist())


def _floats(array: Any, left_out: LeftOut) -> list[Any]:
    finite = pc.is_finite(array)
    lost = len(array) - array.null_count - (pc.sum(finite).as_py() or 0)
    if lost:
        left_out.not_finite += lost
        array = pc.if_else(finite, array, None)
    if _is.is_float16(array.type):
        # Arrow spells these as the double they are.
        return [None if each is None else number(str(np.float16(each))) for each in array.to_pylist()]
    spelled = array.cast(pa.string())
    is_whole = pc.match_substring_regex(spelled, r"^-?[0-9]+$")
    return _raw(pc.if_else(is_whole, pc.binary_join_element_wise(spelled, ".0", ""), spelled))


def _decimals(array: Any, _: LeftOut) -> list[Any]:
    spelled = array.cast(pa.string())
    if pc.any(pc.match_substring(spelled, "E")).as_py():
        spelled = pa.array(_each(texts.plain, spelled.to_pylist()), pa.string())
    return _raw(spelled)


def _raw(spelled: Any) -> list[Any]:
    return _each(msgspec.Raw, spelled.view(pa.binary()).to_pylist())


def _moments(array: Any, _: LeftOut) -> list[Any]:
    unit = array.type.unit
    per_second, zone = _PER_SECOND[unit], "Z" if array.type.tz else ""
    counts = array.view(pa.int64())
    if _is_beyond(counts, texts.DAY_SECONDS * per_second):
        return _each(lambda count: texts.moment_of(count, per_second, zone), counts.to_pylist())
    spelled = pc.replace_substring(array.view(pa.timestamp(unit)).cast(pa.string()), " ", "T")
    spelled = _without_zeros(spelled, counts, per_second)
    return list((pc.binary_join_element_wise(spelled, zone, "") if zone else spelled).to_pylist())


def _times(array: Any, _: LeftOut) -> list[Any]:
    per_second = _PER_SECOND[array.type.unit]
    counts = array.view(pa.int64() if array.type.bit_width == 64 else pa.int32())
    return _each(lambda count: texts.time_of(count, per_second), counts.to_pylist())


def _dates(array: Any, _: LeftOut) -> list[Any]:
    if _is.is_date64(array.type):
        array = array.cast(pa.date32())
    days = array.view(pa.int32())
    if _is_beyond(days, 1):
        return _each(texts.date_of, days.to_pylist())
    return list(array.cast(pa.string()).to_pylist())


def _durations(array: Any, _: LeftOut) -> list[Any]:
    per_second = _PER_SECOND[array.type.unit]
    return _each(lambda count: texts.duration_of(count, per_second), array.view(pa.int64()).to_pylist())


def _is_beyond(counts: Any, a_day: int) -> bool:
    """Whether any is outside the years 1 to 9999."""
    ends: Any = pc.min_max(counts).as_py()
    if ends["min"] is None:
        return False
    return bool(ends["min"] < texts.FIRST_DAY * a_day or ends["max"] >= texts.END_DAY * a_day)


def _without_zeros(spelled: Any, counts: Any, per_second: int) -> Any:
    """Without the fractions that are zero."""
    if per_second == 1:
        return spelled
    is_whole = pc.equal(pc.multiply(pc.divide(counts, per_second), per_second), counts)
    if not pc.any(is_whole).as_py():
        return spelled
    return pc.if_else(is_whole, pc.utf8_slice_codeunits(spelled, 0, _SECONDS_CHARACTERS), spelled)


def _structs(array: Any, left_out: LeftOut) -> list[Any]:
    names = [field.name for field in array.type]
    made = objects_of(names, [values_of(each, left_out) for each in array.flatten()], len(array))
    return _where_valid(array, made)


def _lists(array: Any, left_out: LeftOut) -> list[Any]:
    if not (_is.is_list(array.type) or _is.is_large_list(array.type)):
        array = array.cast(pa.large_list(array.type.value_field))
    return _sliced(array, lambda values: values_of(values, left_out), array.values)


def _maps(array: Any, left_out: LeftOut) -> list[Any]:
    keys = _sliced(array, lambda keys: _each(_key, values_of(keys, left_out)), array.keys)
    items = _sliced(array, lambda items: values_of(items, left_out), array.items)
    return [
        None
        if key is None
        else {name: value for name, value in zip(key, item, strict=True) if value is not None}
        for key, item in zip(keys, items, strict=True)
    ]


def _sliced(array: Any, convert: Callable[[Any], list[Any]], values: Any) -> list[Any]:
    offsets = array.offsets.to_pylist()
    first = offsets[0]
    converted = convert(values.slice(first, offsets[-1] - first))
    return _where_valid(array, [converted[start - first : end - first] for start, end in pairwise(offsets)])


def _where_valid(array: Any, made: list[Any]) -> list[Any]:
    if not array.null_count:
        return made
    return [each if valid else None for each, valid in zip(made, array.is_valid().to_pylist(), strict=True)]


def _key(value: Any) -> str:
    """A map's key of any type, as the name of a property."""
    return value if isinstance(value, str) else encode_row(value).decode()


def _extended(array: Any, left_out: LeftOut) -> list[Any]:
    name = getattr(array.type, "extension_name", "")
    if name == _UUID_TYPE:
        return _each(texts.uuid_of, array.storage.to_pylist())
    if name == _JSON_TYPE:
        return _each(_parsed, _strings(array.storage, left_out))
    return values_of(array.storage, left_out)


def _parsed(text: str) -> Any:
    """What isn't JSON stays text."""
    try:
        return _decode_json(text)
    except (ValueError, RecursionError):
        return text


def _each(convert: Callable[[Any], Any], values: Iterable[Any]) -> list[Any]:
    return [None if value is None else convert(value) for value in values]


_CONVERTERS: Final[tuple[tuple[Callable[[Any], bool], Callable[[Any, LeftOut], list[Any]]], ...]] = (
    (lambda kind: _is.is_string(kind) or _is.is_large_string(kind) or _is.is_string_view(kind), _strings),
    (lambda kind: _is.is_integer(kind) or _is.is_boolean(kind) or _is.is_null(kind), _plain),
    (_is.is_floating, _floats),
    (_is.is_timestamp, _moments),
    (_is.is_date, _dates),
    (_is.is_time, _times),
    (_is.is_decimal, _decimals),
    (_is.is_struct, _structs),
    (_is.is_map, _maps),
    (lambda kind: _is.is_nested(kind) and hasattr(kind, "value_field"), _lists),
    (_is.is_dictionary, lambda array, left_out: values_of(array.dictionary_decode(), left_out)),
    (_is.is_duration, _durations),
    (
        lambda kind: (
            _is.is_binary(kind)
            or _is.is_large_binary(kind)
            or _is.is_fixed_size_binary(kind)
            or _is.is_binary_view(kind)
        ),
        _binaries,
    ),
)
