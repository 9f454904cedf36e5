"""Avro's schemas, rewritten so that fastavro gives rows as they are wanted.

What needs a converter gets a logical type of our own name. So the branch of a union decides, and not what a
value looks like; a float's width is known; and no number goes through datetime, which has neither nanoseconds
nor years beyond 9999. What the values become is said in texts.py, and of floats, nulls and what isn't finite
in arrow_values.py.
"""

import math
from collections.abc import Callable
from typing import Any, Final

import fastavro
import fastavro.read
import msgspec
import numpy as np
from fastavro.schema import SchemaParseException, UnknownType

from partitioner.formats import texts
from partitioner.formats.rows import LeftOut
from partitioner.shape.rows import number

ever_left_out = LeftOut()
"""Of all rows that this process has decoded: a converter is fastavro's to call, and knows no reader."""

_OURS: Final = "partitioner-"
_PLAIN: Final = ("float", "double", "bytes")
_DEFINE: Final = ("record", "error", "enum", "fixed")


class WrongSchema(ValueError):  # noqa: N818 (what it is)
    """Says what is wrong."""


def parse_schema(schema: bytes) -> Any:
    """For fastavro. Raises WrongSchema."""
    try:
        own = msgspec.json.decode(schema)
        if not _is_of_records(own):
            raise WrongSchema("its rows are no records")
        return fastavro.parse_schema(_rewritten(own, {}))
    except (SchemaParseException, UnknownType, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise WrongSchema(f"its schema is wrong: {' '.join(str(error).split())}") from error
    except msgspec.DecodeError as error:
        raise WrongSchema("its schema is no JSON") from error


def _is_of_records(schema: Any) -> bool:
    if isinstance(schema, list):
        return bool(schema) and all(map(_is_of_records, schema))
    if not isinstance(schema, dict):
        return False
    return schema["type"] == "record" or (
        not isinstance(schema["type"], str) and _is_of_records(schema["type"])
    )


def _rewritten(schema: Any, defined: dict[str, bool]) -> Any:
    """`defined` holds the names that stand for a type so far, and whether its values take any bytes."""
    if isinstance(schema, list):
        return [_rewritten(each, defined) for each in schema]
    if isinstance(schema, str):
        return _marked({"type": schema}, "") if schema in _PLAIN else schema
    kind = schema["type"]
    if not isinstance(kind, str):
        return _rewritten(kind, defined)
    logical = schema.get("logicalType", "")
    kept = {key: schema[key] for key in _KEPT if key in schema}
    if kind in _DEFINE:
        defined[schema["name"]] = True
    if kind in ("record", "error"):
        kept["fields"] = [
            {"name": field["name"], "type": _rewritten(field["type"], defined)} for field in schema["fields"]
        ]
        defined[schema["name"]] = any(_takes_bytes(field["type"], defined) for field in schema["fields"])
    elif kind == "array":
        if not _takes_bytes(schema["items"], defined):
            # As many of them as a damaged count says would fill the memory.
            raise WrongSchema("it has lists whose values take no bytes")
        kept["items"] = _rewritten(schema["items"], defined)
    elif kind == "map":
        kept["values"] = _rewritten(schema["values"], defined)
    return _marked(kept, logical if isinstance(logical, str) else "")


_KEPT: Final = ("type", "name", "namespace", "symbols", "size", "precision", "scale")


def _marked(schema: dict[str, Any], logical: str) -> Any:
    kind = schema["type"]
    if kind == "fixed" and (logical, schema["size"]) in (("uuid", 16), ("duration", 12)):
        return schema | {"logicalType": _OURS + logical}
    if f"{kind}-{logical}" in _CONVERTERS or (logical == "decimal" and kind in ("bytes", "fixed")):
        return schema | {"logicalType": _OURS + logical}
    return schema | {"logicalType": _OURS} if f"{kind}-" in _CONVERTERS else schema


def _takes_bytes(schema: Any, defined: dict[str, bool]) -> bool:
    if isinstance(schema, list):
        return True
    if isinstance(schema, str):
        return schema != "null" and defined.get(schema, True)
    if schema["type"] in ("record", "error"):
        return any(_takes_bytes(field["type"], defined) for field in schema["fields"])
    if schema["type"] == "fixed":
        return bool(schema["size"])
    return _takes_bytes(schema["type"], defined)


def _float(value: float) -> Any:
    return number(str(np.float32(value))) if math.isfinite(value) else _lost()


def _double(value: float) -> Any:
    return number(repr(value)) if math.isfinite(value) else _lost()


def _lost() -> None:
    ever_left_out.not_finite += 1


def _object(value: dict[str, Any]) -> dict[str, Any]:
    """Without nulls."""
    if None not in value.values():
        return value
    return {key: each for key, each in value.items() if each is not None}


def _moments(per_second: int, zone: str = "") -> Callable[[int], str | int]:
    return lambda count: texts.moment_of(count, per_second, zone)


def _times(per_second: int) -> Callable[[int], str | int]:
    return lambda count: texts.time_of(count, per_second)


_CONVERTERS: Final[dict[str, Callable[[Any], Any]]] = {
    "float-": _float,
    "double-": _double,
    "bytes-": texts.base64_of,
    "fixed-": texts.base64_of,
    "record-": _object,
    "error-": _object,
    "map-": _object,
    "int-date": texts.date_of,
    "int-time-millis": _times(10**3),
    "long-time-micros": _times(10**6),
    "fixed-uuid": texts.uuid_of,
    "fixed-duration": texts.interval_of,
}
for _unit, _per_second in (("millis", 10**3), ("micros", 10**6), ("nanos", 10**9)):
    _CONVERTERS[f"long-timestamp-{_unit}"] = _moments(_per_second, "Z")
    _CONVERTERS[f"long-local-timestamp-{_unit}"] = _moments(_per_second)


def _decimal(value: bytes, schema: dict[str, Any], _: object) -> Any:
    unscaled = int.from_bytes(value, "big", signed=True)
    return number(texts.decimal_of(unscaled, schema.get("scale", 0)))


def _as_fastavro_calls(convert: Callable[[Any], Any]) -> Callable[[Any, Any, Any], Any]:
    return lambda value, _schema, _reader_schema: convert(value)


def _register() -> None:
    readers: dict[str, Any] = fastavro.read.LOGICAL_READERS
    for name, convert in _CONVERTERS.items():
        kind, _, logical = name.partition("-")
        readers[f"{kind}-{_OURS}{logical}"] = _as_fastavro_calls(convert)
    for kind in ("bytes", "fixed"):
        readers[f"{kind}-{_OURS}decimal"] = _decimal


_register()
