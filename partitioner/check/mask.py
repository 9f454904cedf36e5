"""Shows that there is a value, and of what kind, without showing the value."""

import re
from typing import Any

import msgspec

from function.splice import without_surrogates
from partitioner.check.personal import looks_personal
from partitioner.shape.rows import spelling

MAX_SHOWN_CHARACTERS = 40

_EMAIL = re.compile(r"([\w.+%-]+)@([\w.-]+)\.([A-Za-z]{2,24})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def masked(value: Any) -> str:
    """`j***@e***.com`, `S***`, `4***`; of lists and objects the size."""
    if isinstance(value, dict | list):
        return sized(value)
    if isinstance(value, bool) or value is None:
        return plain(value)
    text = value if isinstance(value, str) else spelling(value) or str(value)
    if email := _EMAIL.fullmatch(text):
        return on_one_line(f"{email[1][0]}***@{email[2][0]}***.{email[3]}")
    return on_one_line(f"{text[:1]}***") if text else ""


def shown(value: Any) -> str:
    """As it is, unless it looks personal or is so long that only a part of it could be looked at."""
    if isinstance(value, str) and (len(value) > MAX_SHOWN_CHARACTERS or looks_personal(value)):
        return masked(value)
    return plain(value)


def plain(value: Any) -> str:
    if isinstance(value, dict | list):
        return sized(value)
    if isinstance(value, bool) or value is None:
        return str(value).lower() if value is not None else "null"
    return on_one_line(value if isinstance(value, str) else spelling(value) or str(value))


def shown_name(name: str) -> str:
    """Of an event or a property: names may be personal data too, where a program made them of it."""
    return masked(name) if looks_personal(name) else on_one_line(name)


def sized(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{{len(value)} key{'' if len(value) == 1 else 's'}}}"
    return f"[{len(value)} element{'' if len(value) == 1 else 's'}]"


def on_one_line(text: str) -> str:
    """And without what a terminal would obey."""
    return _CONTROL.sub("\ufffd", text)


def kept_example(value: Any) -> Any:
    """What of a value is carried along to be shown: little, whatever its size."""
    if isinstance(value, str):
        return without_surrogates(value[: 2 * MAX_SHOWN_CHARACTERS])
    if isinstance(value, dict):
        return dict.fromkeys(map(str, range(min(len(value), 300))), 0)
    if isinstance(value, list):
        return [0] * min(len(value), 300)
    if isinstance(value, msgspec.Raw | int) and not isinstance(value, bool):
        return (spelling(value) or "")[:MAX_SHOWN_CHARACTERS]
    return value if value is None or isinstance(value, bool) else str(value)[:MAX_SHOWN_CHARACTERS]
