"""What is wrong with a record, and how a record is read at all."""

import json
import re
from dataclasses import dataclass
from typing import Any

import msgspec

from .switches import Switches

# What bytes that are no UTF-8 are read as, and what an escaped half of a character is.
SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Failure:
    """One of failed_records. `index` counts the request's records from 0."""

    index: int
    insert_id: str
    field: str
    message: str


class Flawed(Exception):  # noqa: N818 (never leaves judge_record)
    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name, self.message = name, message


def invalid(name: str, reason: str) -> Flawed:
    return Flawed(name, f"'{name}' is invalid: {reason}")


def read_record(line: bytes, switches: Switches) -> dict[str, Any]:
    if len(line) >= switches.record_bytes:
        raise Flawed("", f"event must be smaller than {switches.record_bytes} bytes of JSON")  # own words
    try:
        content = parse(line)
    except UnicodeDecodeError as error:
        raise not_utf8(line) from error
    except (ValueError, RecursionError) as error:
        raise Flawed("", "event must be properly formatted JSON") from error  # own words
    if not isinstance(content, dict):
        raise Flawed("", "event must be a JSON object")  # own words
    return content


def parse(line: bytes) -> Any:
    """Any JSON text, and lone surrogates too, which Go reads as U+FFFD. Raises ValueError, RecursionError."""
    text = line.decode()
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return json.loads(text, parse_constant=no_constant, parse_int=exact_int)


def no_constant(name: str) -> Any:
    raise ValueError(name)


def exact_int(digits: str) -> int | float:
    return int(digits) if len(digits) < 4_000 else float(digits)


def not_utf8(line: bytes) -> Flawed:
    """Names the property whose text is no UTF-8; the words are the documented ones."""
    try:
        content = json.loads(
            line.decode(errors="surrogateescape"), parse_constant=no_constant, parse_int=exact_int
        )
    except (ValueError, RecursionError):
        return Flawed("", "event must be properly formatted JSON")
    for name, value in content.items() if isinstance(content, dict) else ():
        if name == "properties" and isinstance(value, dict):
            for key, inner in value.items():
                if has_bad_text(key) or has_bad_text(inner):
                    shown = SURROGATE.sub("\ufffd", key)
                    return Flawed(
                        f"properties.{shown}", f"properties.{shown} is invalid: string should be valid utf8"
                    )
    return Flawed("event", "event is invalid: string should be valid utf8")


def has_bad_text(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False
