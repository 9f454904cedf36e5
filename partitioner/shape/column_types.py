"""What `--types column=TYPE` makes of a column's values."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

import msgspec

from partitioner.shape.rows import Unusable, encode_row, number, spelling
from partitioner.shape.times import NoZone, iso_of

ColumnType = Literal["text", "number", "boolean", "time", "json"]
COLUMN_TYPES: tuple[str, ...] = get_args(ColumnType)

_JSON_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_BOOLEANS: Mapping[str, bool] = {
    "true": True, "t": True, "yes": True, "1": True, "false": False, "f": False, "no": False, "0": False,
}  # fmt: skip
_decode = msgspec.json.Decoder(float_hook=number).decode


def is_json_number(text: str) -> bool:
    return _JSON_NUMBER.fullmatch(text) is not None


def converter_of(column: str, column_type: ColumnType, zone: ZoneInfo | None) -> Callable[[Any], Any]:
    """What takes a value other than null and gives it in the type; an empty text is null but as text.

    It raises Unusable (NoZone for a time without one), whose field is the column as a property.
    """
    field = f"properties.{column}"
    converters: dict[ColumnType, Callable[[Any], Any]] = {
        "text": _text,
        "number": _number,
        "boolean": _boolean,
        "time": lambda value: iso_of(value, zone),
        "json": _json,
    }
    convert = converters[column_type]

    def converted(value: Any) -> Any:
        if isinstance(value, str) and column_type != "text" and not value.strip():
            return None
        try:
            return convert(value)
        except NoZone as error:
            raise NoZone(field) from error
        except ValueError as error:
            raise Unusable(
                field, f"{field!r} is not of the type {column_type}, which it was said to be"
            ) from error

    return converted


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return spelling(value) or encode_row(value).decode()


def _number(value: Any) -> Any:
    if not isinstance(value, str):
        if spelling(value) is None:
            raise ValueError
        return value
    text = value.strip()
    if not is_json_number(text):
        raise ValueError
    return number(text)


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = value.strip().lower() if isinstance(value, str) else spelling(value)
    if text is None or text not in _BOOLEANS:
        raise ValueError
    return _BOOLEANS[text]


def _json(value: Any) -> Any:
    return _decode(value) if isinstance(value, str) else value
