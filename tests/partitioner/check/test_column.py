"""The values of a property are counted and looked into, in one piece or in several."""

from typing import Any

import msgspec
import pytest

from partitioner.check.column import Column
from partitioner.check.personal import IP
from partitioner.check.profile import PropertyProfile
from partitioner.shape.rows import number

VALUES: list[Any] = [
    *("a", "b", "a", "", None, 7, 7, 10**30, True, False, number("1.50"), number("1.5"), [1], {"k": "v"}),
    *("x" * 256, "four words or more here", "jane@example.com", "\udc80", 4111111111111111),
]


def profiled(*parts: list[Any]) -> tuple[PropertyProfile, int]:
    whole = Column()
    for part in parts:
        column = Column()
        column.add(part)
        sent = msgspec.msgpack.encode(column.profile())
        whole.merge(msgspec.msgpack.decode(sent, type=PropertyProfile))
    return whole.profile(), whole.distinct()


def test_what_is_said_of_values() -> None:
    """Empty ones have no type; numbers of any spelling are numbers."""
    found, distinct = profiled(VALUES)
    assert (found.values, found.empty, found.said) == (19, 2, 17)
    assert found.types == {"text": 7, "number": 6, "boolean": 2, "list": 1, "object": 1}
    assert (found.longest, found.over_long, found.worded) == (256, 1, 1)
    assert found.personal == {"e-mail addresses": 1, "card numbers": 1}
    assert distinct == 15
    assert found.examples[:3] == ["a", "b", "x" * 80]


def test_parts_sum_up_to_the_whole() -> None:
    """Wherever it is cut."""
    whole, distinct = profiled(VALUES)
    for cut in range(len(VALUES)):
        found, found_distinct = profiled(VALUES[:cut], VALUES[cut:])
        assert found_distinct == distinct
        sketch_free = {"distinct": b"", "examples": []}
        assert msgspec.structs.replace(found, **sketch_free) == msgspec.structs.replace(whole, **sketch_free)


def test_large_lists_and_objects_are_counted() -> None:
    """By the bytes of their JSON."""
    found, _ = profiled([["x" * 8_000], {"k": "x" * 9_000}, ["x"]])
    assert (found.over_large, found.largest) == (2, 9_008)


def test_a_version_is_no_address() -> None:
    """Where the name says that it is one."""
    column = Column()
    column.add(["10.1.2.3"], never_holds=(IP,))
    assert column.profile().personal == {}


@pytest.mark.parametrize("count", [0, 1, 100, 50_000])
def test_distinct_values_are_estimated(count: int) -> None:
    """Within 10 %, in 2 KB."""
    column = Column()
    column.add([f"user-{number}" for number in range(count)] * 2)
    assert abs(column.distinct() - count) <= count / 10
    assert len(column.profile().distinct) < 3_000
