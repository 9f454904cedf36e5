"""A column or a path leads to one value, and what changes is a copy."""

import pytest

from partitioner.shape.columns import ABSENT, find, names_of, replaced, without
from partitioner.shape.rows import Row

ROW: Row = {
    "id": 1,
    "user": {"id": 2, "address": {"city": "Berlin"}, "a.b": 3, "none": None},
    "user.id": 4,
    "geo.point": {"lat": 5},
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("id", 1),
        ("user.id", 4),
        ("user.address.city", "Berlin"),
        ("user.a.b", 3),
        ("user.none", None),
        ("geo.point.lat", 5),
        ("user", ROW["user"]),
    ],
)
def test_finds(path: str, value: object) -> None:
    """A name with dots wins over the path, at every level."""
    assert find(ROW, path) == value
    assert find(replaced(ROW, path, "new"), path) == "new"


@pytest.mark.parametrize("path", ["", ".", "user.", ".id", "user.address.street", "id.x", "geo", "user..id"])
def test_finds_nothing(path: str) -> None:
    """What isn't there is no null."""
    assert find(ROW, path) is ABSENT
    assert without(ROW, path) == ROW


def test_leaves_out_the_leaf_alone() -> None:
    """What stands beside it stays, in its order, and the row given is as it was."""
    before = repr(ROW)
    assert without(ROW, "user.a.b") == ROW | {"user": {"id": 2, "address": {"city": "Berlin"}, "none": None}}
    assert list(without(ROW, "user.a.b")) == list(ROW)
    assert without(ROW, "user.id") == {name: value for name, value in ROW.items() if name != "user.id"}
    assert repr(ROW) == before


def test_leaves_out_objects_that_held_nothing_else() -> None:
    """An empty object would become a property without a meaning."""
    assert without({"a": {"b": {"c": 1}}, "d": 2}, "a.b.c") == {"d": 2}
    assert without({"a": {"b": {"c": 1}, "e": 3}}, "a.b.c") == {"a": {"e": 3}}


def test_names_are_columns_and_paths() -> None:
    """For near matches."""
    assert list(names_of({"a": 1, "b": {"c": 2, "d": {}}})) == ["a", "b", "b.c", "b.d"]
