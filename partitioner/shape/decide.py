"""What shape an export has: as the user said, or as its first rows tell with certainty."""

from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from dataclasses import dataclass, field

from partitioner.exits import Refused
from partitioner.formats import NDJSON, Format, JsonArray
from partitioner.shape.preset import names, recognise
from partitioner.shape.rows import Row
from partitioner.shape.wish import Shape, shape_of_preset

_MAX_COLUMNS = 30  # in a message


@dataclass(frozen=True, slots=True)
class First:
    """The first rows of a source."""

    file: str
    format: Format
    rows: Sequence[Row]
    by_itself: bool = True
    """Whether the user named the file alone."""


@dataclass(frozen=True, slots=True)
class Decided:
    """`note` is a sentence where the shape isn't what was said; `left_out` says why of files."""

    shape: Shape
    note: str = ""
    left_out: MappingOf[str, str] = field(default_factory=dict)


def decide_shape(said: Shape, firsts: Sequence[First]) -> Decided:
    """What lies in a folder and would need a mapping is left out.

    Raises Refused where the export can't have the shape, with the fix.
    """
    if said.mapping != Shape().mapping or said.preset:
        troubles = said.troubles([row for first in firsts for row in first.rows])
        if troubles:
            raise Refused("\n".join(troubles))
        return Decided(said)
    flat = [first for first in firsts if _needs_mapping(first)]
    found = {first.file: recognise(first.rows) for first in firsts if first.rows}
    presets = set(found.values())
    if len(presets) > 1:
        raise Refused(
            f"the files are of several kinds ({_kinds(found)}): split each kind alone, or give --preset"
        )
    preset = presets.pop() if presets else ""
    if preset:
        return Decided(
            shape_of_preset(preset, said.mapping),
            f"looks like an export of {preset}: taken as with --preset {preset}",
        )
    alone = [first for first in flat if first.by_itself]
    if alone:
        raise Refused(_what_is_what(alone[0]))
    return Decided(said, left_out={first.file: _what_is_what(first) for first in flat})


def _needs_mapping(first: First) -> bool:
    return bool(first.rows) and not _is_json(first.format) and not any(map(_is_record, first.rows))


def _is_record(row: Row) -> bool:
    return "event" in row and isinstance(row.get("properties"), dict)


def _is_json(form: Format) -> bool:
    return form == NDJSON or isinstance(form, JsonArray)


def _what_is_what(first: First) -> str:
    columns = list(dict.fromkeys(name for row in first.rows for name in row))
    shown = ", ".join(columns[:_MAX_COLUMNS]) + (", …" if len(columns) > _MAX_COLUMNS else "")
    return (
        f"{first.file} has the columns {shown}: say which is what, like --map event=COLUMN --map time=COLUMN "
        f"--map distinct_id=COLUMN, or whose export it is with --preset ({', '.join(names())})"
    )


def _kinds(found: MappingOf[str, str]) -> str:
    return ", ".join(f"{file}: {preset or 'none that is known'}" for file, preset in found.items())
