"""The mapping as a file, for what is longer than a command.

timezone = "Europe/Berlin"         # of times that carry no zone
drop = ["debug", "user.password"]  # columns that are left out

[map]                              # target = "source", as --map has it
event = "name"
time = "created_at"
distinct_id = "user.id"

[constants]                        # properties that are the same in each record
source = "shop"
schema_version = 2

[types]                            # column = "text", "number", "boolean", "time" or "json"
price = "number"

[events]                           # names as the export has them = as Mixpanel is to have them
"page view" = "Page View"
"""

import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
import msgspec

from partitioner.shape.flags import near, read_target, read_timezone, read_type
from partitioner.shape.mapping import Mapping, RenamedEvent, Target


class _File(msgspec.Struct, forbid_unknown_fields=True):
    timezone: str = ""
    drop: list[str] = []
    map: dict[str, Any] = {}
    constants: dict[str, Any] = {}
    types: dict[str, Any] = {}
    events: dict[str, Any] = {}


def read_mapping_file(path: Path) -> Mapping:
    """Raises click.UsageError, which names the file and the key."""
    try:
        return _mapping_of(tomllib.loads(path.read_bytes().decode(), parse_float=Decimal))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise click.UsageError(f"{path}: {error}") from error
    except OSError as error:
        raise click.UsageError(f"{path}: {error.strerror}") from error
    except click.UsageError as error:
        raise click.UsageError(f"{path}: {error.message}") from error


def _mapping_of(content: dict[str, Any]) -> Mapping:
    keys = _File.__struct_fields__
    unknown = next((key for key in content if key not in keys), None)
    if unknown is not None:
        raise click.UsageError(
            f"no key is called {unknown!r}{near(unknown, keys)} (there are {', '.join(keys)})"
        )
    file = msgspec.convert(content, _File)
    twice = next((name for name in file.constants if name in file.map), None)
    if twice is not None:
        raise click.UsageError(f"[map] and [constants] both have {twice!r}: leave one out")
    targets = [read_target(name, _text("map", name, source)) for name, source in file.map.items()]
    targets += [Target(name, constant=_json(name, value)) for name, value in file.constants.items()]
    return Mapping(
        targets=tuple(targets),
        types=tuple(read_type(column, _text("types", column, each)) for column, each in file.types.items()),
        drop=tuple(file.drop),
        events=tuple(RenamedEvent(old, _text("events", old, new)) for old, new in file.events.items()),
        timezone=read_timezone(file.timezone),
    )


def _text(table: str, key: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or not key.strip():
        raise click.UsageError(f"[{table}] {key!r} must be a text in quotes, and not empty")
    return value


def _json(name: str, value: Any) -> str:
    if not isinstance(value, str | bool | int | Decimal) or (
        isinstance(value, Decimal) and not value.is_finite()
    ):
        raise click.UsageError(f"[constants] {name!r} must be a text, a number, true or false")
    if name == "event" and not isinstance(value, str):
        raise click.UsageError("[constants] 'event' must be a text")
    return str(value) if isinstance(value, Decimal) else msgspec.json.encode(value).decode()
