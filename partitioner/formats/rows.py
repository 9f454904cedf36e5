"""Rows as every format gives them."""

from dataclasses import dataclass
from typing import Protocol

from function.records import Flaw
from partitioner.shape.rows import Row


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What stands where a row should, and why it is none."""

    content: bytes
    flaw: Flaw


@dataclass(frozen=True, slots=True)
class Rows:
    """`rows` stand together in their source, the first as number `first`, from 1. None is a blank line."""

    first: int
    rows: list[Row | Unreadable | None]


@dataclass(slots=True)
class LeftOut:
    """How many values of rows a reader has left out, since JSON has no way to write them."""

    not_finite: int = 0
    """NaN and infinities."""


class RowFile(Protocol):
    """A file whose rows are found by number, as the planner sees it: nothing but its own index is read."""

    @property
    def rows(self) -> int: ...

    @property
    def damage(self) -> str:
        """What is wrong behind the last row, empty where nothing is."""

    def bytes_before(self, row: int) -> int:
        """How much of the file stands before row `row`, counted from 0; about so, for limits and progress."""

    def json_bytes(self, start: int, end: int) -> int:
        """About how much JSON rows [start, end) are."""

    def piece(self, start: int, end: int) -> tuple[int, int, int]:
        """Of rows [start, end): Piece.start, .end and .skip, as the format's own reader takes them."""
