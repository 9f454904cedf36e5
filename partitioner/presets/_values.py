"""How presets fill a record's properties, so that each vendor's module is mostly a table of names."""

from collections.abc import Mapping
from typing import Any

from function.identity import FORBIDDEN_IDS
from partitioner.presets._reserved import WORKING
from partitioner.shape.rows import Row, spelling

LEFT_OUT = ""
"""In a table of names: the field is used elsewhere, or stays out for a reason that the preset gives."""


def is_empty(value: Any) -> bool:
    """Null, an empty text, an empty object, an empty list: what vendors write where they know nothing."""
    return value is None or value in ("", {}, [])


def put(properties: Row, name: str, value: Any) -> None:
    """Leaves out what is empty, and takes no name that is taken."""
    if value is not None and name not in properties and not is_empty(value):
        properties[name] = value


def put_own(properties: Row, own: Mapping[str, Any], inside: str) -> None:
    """The properties that the vendor's customer gave the event: all as they are, nulls too.

    One whose name would work on Mixpanel (`time`, `ip`, `$ignore`...) becomes `<inside>.<name>`, where inside
    is what the vendor calls the object. To be called before `put_fields`, which gives way to these names.
    """
    if WORKING.isdisjoint(own):
        properties.update(own)
        return
    for name, value in own.items():
        properties[f"{inside}.{name}" if name in WORKING else name] = value


def put_fields(properties: Row, fields: Mapping[str, Any], names: Mapping[str, str], inside: str) -> None:
    """The vendor's own fields, but for empty ones: under the name in the table, else under their own.

    Where another property has the name already, or it would work on Mixpanel, it becomes `<inside>.<name>`.
    """
    for field, value in fields.items():
        if value is None or value == "":
            continue
        name = names.get(field, field)
        if name == LEFT_OUT or value in ({}, []):
            continue
        if name in properties or name in WORKING:
            name = f"{inside}.{field}"
        properties[name] = value


def put_identity(properties: Row, device_id: Any, user_id: Any) -> None:
    """`distinct_id`, `$device_id` and `$user_id` as Mixpanel's simplified id merge has them.

    A number becomes its text. An id that Mixpanel forbids (`null`, `undefined`, `0`...) is none. With neither
    there is no identity. Source:
    https://docs.mixpanel.com/docs/tracking-methods/id-management/identifying-users-simplified (2026-08)
    """
    device, user = _id(device_id), _id(user_id)
    if user:
        properties["distinct_id"] = user
    elif device:
        properties["distinct_id"] = f"$device:{device}"
    if device:
        properties["$device_id"] = device
    if user:
        properties["$user_id"] = user


def _id(value: Any) -> str:
    text = value if isinstance(value, str) else spelling(value)
    return "" if text is None or text.lower() in FORBIDDEN_IDS else text


def object_of(value: Any) -> Row:
    """The object, or an empty one in the place of null or of anything else."""
    return value if isinstance(value, dict) else {}
