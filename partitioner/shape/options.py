"""The options that say what shape an export has."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click
import msgspec

from partitioner.shape.flags import read_columns, read_maps, read_timezone, read_types
from partitioner.shape.mapping import Mapping
from partitioner.shape.mapping_file import read_mapping_file
from partitioner.shape.preset import names
from partitioner.shape.wish import Shape, shape_of_preset

__all__ = ["Shape", "shape_options"]

_OPTIONS = (
    click.option(
        "--map",
        "maps",
        multiple=True,
        metavar="TARGET=SOURCE",
        help="What is what: TARGET is event, time, distinct_id or another property; SOURCE a column, a path "
        "into objects (user.id), or a constant after a second = (plan==free; text, but for numbers, true and "
        "false). All other columns become properties under their own names. Repeatable.",
    ),
    click.option(
        "--mapping",
        "mapping_file",
        type=click.Path(path_type=Path, dir_okay=False, exists=True),
        metavar="FILE",
        help="The same and more in a TOML file, see README.md; --map, --types and --timezone go before it.",
    ),
    click.option(
        "--preset",
        metavar="NAME",
        help=f"Whose export it is ({', '.join(names())}), or the path of a Python file of your own.",
    ),
    click.option(
        "--timezone",
        metavar="ZONE",
        help="Of times that carry none, like UTC or Europe/Berlin. Presets know their own.",
    ),
    click.option(
        "--columns",
        metavar="A,B,...",
        help="Names for the columns of CSV or TSV that has none in its first line.",
    ),
    click.option(
        "--types",
        multiple=True,
        metavar="COLUMN=TYPE",
        help="Makes a column text, number, boolean, time (ISO 8601 in UTC) or json; comes before --map and "
        "--preset. An empty cell is null in all but text. Repeatable.",
    ),
)


def shape_options(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command the options, and calls it with one `shape`, a Shape, in their place."""

    @wraps(command)
    def with_shape(
        *args: Any,
        maps: tuple[str, ...],
        mapping_file: Path | None,
        preset: str | None,
        timezone: str | None,
        columns: str | None,
        types: tuple[str, ...],
        **others: Any,
    ) -> None:
        shape = shape_of(maps, mapping_file, preset, timezone, types)
        if columns:
            shape = msgspec.structs.replace(shape, columns=read_columns(columns))
        command(*args, shape=shape, **others)

    for option in reversed(_OPTIONS):
        with_shape = option(with_shape)
    return with_shape


def flags_of(parameters: dict[str, Any]) -> tuple[str, ...]:
    """The options again, for a command that has them, from click's parameters of another one."""
    named = {
        "--mapping": parameters["mapping_file"],
        "--preset": parameters["preset"],
        "--timezone": parameters["timezone"],
        "--columns": parameters["columns"],
    }
    flags = [f"{flag}={value}" for flag, value in named.items() if value]
    repeated = {"--map": parameters["maps"], "--types": parameters["types"]}
    return (*flags, *(f"{flag}={value}" for flag, values in repeated.items() for value in values))


def shape_of(
    maps: tuple[str, ...],
    mapping_file: Path | None,
    preset: str | None,
    timezone: str | None,
    types: tuple[str, ...],
) -> Shape:
    """Raises click.ClickException; UsageError where the command is wrong, and no file."""
    if preset and (maps or mapping_file):
        raise click.UsageError(
            "--preset already says what each column is: leave out --map and --mapping, or the preset. "
            "--types and --timezone go with it; a preset that does more is a Python file of your own"
        )
    told = Mapping(targets=read_maps(maps), types=read_types(types), timezone=read_timezone(timezone or ""))
    if preset:
        return shape_of_preset(preset, told)
    return Shape(told if mapping_file is None else _over(told, read_mapping_file(mapping_file)))


def _over(told: Mapping, file: Mapping) -> Mapping:
    """The file's mapping, with what the command says in the place of what the file says of the same."""
    targets = {target.name: target for target in file.targets} | {
        target.name: target for target in told.targets
    }
    types = {typed.column: typed for typed in file.types} | {typed.column: typed for typed in told.types}
    return msgspec.structs.replace(
        file,
        targets=tuple(targets.values()),
        types=tuple(types.values()),
        timezone=told.timezone or file.timezone,
    )
