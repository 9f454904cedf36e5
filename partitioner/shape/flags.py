"""What `--map`, `--types` and `--timezone` say, as values. A mistake ends the command and names the fix."""

import difflib
import zoneinfo
from collections.abc import Iterable, Sequence
from typing import cast

import click
import msgspec

from partitioner.shape.column_types import COLUMN_TYPES, ColumnType, is_json_number
from partitioner.shape.mapping import Target, TypedColumn, zone_of


def near(name: str, names: Iterable[str]) -> str:
    """A half-sentence with the names that look like it, empty if none does."""
    matches = difflib.get_close_matches(name, list(dict.fromkeys(names)), n=3, cutoff=0.6)
    return f"; did you mean {' or '.join(repr(match) for match in matches)}?" if matches else ""


def read_maps(maps: Sequence[str]) -> tuple[Target, ...]:
    """Of `TARGET=SOURCE`, in their order. Raises UsageError."""
    targets = []
    for text in maps:
        name, equals, source = text.partition("=")
        if not (equals and name.strip() and source.strip()):
            raise click.UsageError(f"--map {text!r} has an empty side: give TARGET=SOURCE, like event=name")
        targets.append(read_target(name.strip(), source.strip()))
    _refuse_twice("--map", [target.name for target in targets], "target")
    return tuple(targets)


def read_target(name: str, source: str) -> Target:
    """A source that begins with = is a constant. Raises UsageError."""
    if name.startswith("properties."):
        fix = name.removeprefix("properties.")
        raise click.UsageError(f"A target is a property's own name: {fix!r} instead of {name!r}")
    if not source.startswith("="):
        return Target(name, column=source)
    constant = source[1:]
    if not constant:
        raise click.UsageError(f"The constant of {name!r} is empty: give {name}==TEXT")
    is_json = name != "event" and (is_json_number(constant) or constant in {"true", "false"})
    return Target(name, constant=constant if is_json else msgspec.json.encode(constant).decode())


def read_types(types: Sequence[str]) -> tuple[TypedColumn, ...]:
    """Of `COLUMN=TYPE`, in their order. Raises UsageError."""
    typed = []
    for text in types:
        column, _, column_type = (part.strip() for part in text.rpartition("="))
        if not (column and column_type):
            raise click.UsageError(f"--types {text!r} has an empty side: give COLUMN=TYPE, like price=number")
        typed.append(read_type(column, column_type))
    _refuse_twice("--types", [each.column for each in typed], "column")
    return tuple(typed)


def read_type(column: str, column_type: str) -> TypedColumn:
    if column_type not in COLUMN_TYPES:
        raise click.UsageError(
            f"There is no type {column_type!r} for {column!r}, only {', '.join(COLUMN_TYPES)}"
            f"{near(column_type, COLUMN_TYPES)}"
        )
    return TypedColumn(column, cast("ColumnType", column_type))


def read_timezone(name: str) -> str:
    """A name of the tz database. Raises UsageError."""
    try:
        zone_of(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        names = {each.lower(): each for each in zoneinfo.available_timezones()}
        if not names:
            raise click.UsageError(
                "This machine knows no time zones: install its package tzdata, or pip's"
            ) from error
        alike = names.get(name.lower())
        hint = f"; did you mean {alike!r}?" if alike else near(name, names.values())
        raise click.UsageError(
            f"There is no time zone {name!r}, they are like UTC or Europe/Berlin{hint}"
        ) from error
    return name


def _refuse_twice(flag: str, names: Sequence[str], what: str) -> None:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise click.UsageError(f"{flag} has the {what} {twice!r} twice: leave one out")


def read_columns(text: str) -> tuple[str, ...]:
    """Raises click.UsageError for names that are empty or stand twice."""
    names = tuple(name.strip() for name in text.split(","))
    if not all(names):
        raise click.UsageError(
            f"--columns {text!r} has an empty name: all columns need one, like user,event,time"
        )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise click.UsageError(f"--columns names {twice[0]!r} twice")
    return names
