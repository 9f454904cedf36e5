"""How presets fill a record's properties, so that each vendor's module is mostly a table of names."""

from collections.abc import Mapping
from typing import Any

from function.identity import FORBIDDEN_IDS
from partitioner.presets._countries import code_of
from partitioner.presets._reserved import WORKING
from partitioner.shape.rows import Row, Unusable, decode_row, spelling

LEFT_OUT = ""
"""In a table of names: the field is used elsewhere, or stays out for a reason that the preset gives."""

_EMPTY: tuple[Any, ...] = ("", {}, [])
_TAKEN = WORKING | {LEFT_OUT}


def is_empty(value: Any) -> bool:
    """Null, an empty text, an empty object, an empty list: what vendors write where they know nothing."""
    return not value and (value is None or value in _EMPTY)


def put(properties: Row, name: str, value: Any) -> None:
    """Leaves out what is empty, and takes no name that is taken."""
    if name not in properties and not is_empty(value):
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
        properties[free_name(f"{inside}.{name}", inside, own) if name in WORKING else name] = value


def put_fields(properties: Row, fields: Mapping[str, Any], names: Mapping[str, str], inside: str) -> None:
    """The vendor's own fields, but for empty ones: under the name in the table, else under their own.

    Where another property has the name, with another value, or the name would work on Mixpanel, it becomes
    `<inside>.<field>`.
    """
    renamed = names.get
    for field, value in fields.items():
        if not value and (value is None or value in _EMPTY):  # not 0, nor false
            continue
        name = renamed(field, field)
        if name in properties or name in _TAKEN:
            if name == LEFT_OUT or (type(properties.get(name)) is type(value) and properties[name] == value):
                continue
            name = free_name(f"{inside}.{field}", inside, properties)
        properties[name] = value


def put_parts(properties: Row, field: str, value: Any, names: Mapping[str, str], inside: str) -> None:
    """An object of the vendor's: some of its parts have a name in the table, the others stay together.

    They stay under `field`, or `<inside>.<field>` where another property has that name. What is empty is left
    out, also what is no object.
    """
    if not isinstance(value, dict):
        return
    others: Row = {}
    renamed = names.get
    for part, each in value.items():
        if not each and is_empty(each):
            continue
        name = renamed(part)
        if name is None or name in properties:
            others[part] = each
        elif name != LEFT_OUT:
            properties[name] = each
    if others:
        if field in properties:
            field = free_name(f"{inside}.{field}", inside, properties)
        properties[field] = others


def free_name(name: str, inside: str, taken: Mapping[str, Any]) -> str:
    while name in taken:
        name = f"{inside}.{name}"
    return name


def put_country(properties: Row, country: Any) -> None:
    """`mp_country_code`, where the country is known; its name is the caller's to keep."""
    if isinstance(country, str) and (code := code_of(country)):
        put(properties, "mp_country_code", code)


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


def object_in(row: Row, field: str) -> Row:
    """The object in a field, also where it is the text of one, as in flat tables; else an empty one.

    Raises Unusable for anything else, which would be lost.
    """
    value: Any = row.get(field)
    if isinstance(value, dict):
        return value
    if is_empty(value):
        return {}
    try:
        return decode_row(value)
    except (ValueError, TypeError) as error:
        raise Unusable(field, f"'{field}' must be an object") from error


def object_of(value: Any) -> Row:
    """The object, or an empty one in the place of null or of anything else."""
    return value if isinstance(value, dict) else {}
