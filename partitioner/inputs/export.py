"""An export as the commands take it: its sources, and the shape of its rows."""

from collections.abc import Sequence
from pathlib import Path

from partitioner.inputs.find import find_sources, nothing_to_split
from partitioner.shape.decide import decide_shape
from partitioner.shape.wish import Shape
from partitioner.sources import Found, Stdin


def find_export(
    exports: Sequence[str], stdin: Stdin, own_output: Path, said: Shape
) -> tuple[Found, Shape, str]:
    """The note is a sentence where the shape isn't what was said. Raises Refused, with the fix."""
    found = find_sources(exports, stdin, own_output, said.column_names())
    decided = decide_shape(said, found.firsts)
    found = found.without(decided.left_out)
    if not found.sources:
        raise nothing_to_split(found.skipped)
    return found, decided.shape, decided.note
