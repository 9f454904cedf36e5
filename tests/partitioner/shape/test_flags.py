"""A mistake in a flag ends the command with the fix in its message."""

import subprocess
import sys

import click
import pytest

from partitioner.shape.flags import read_maps, read_timezone, read_types
from partitioner.shape.mapping import Target, TypedColumn


def test_maps_keep_their_order() -> None:
    """And the second = and what follows belongs to the source."""
    assert read_maps(["event=name", "b==x=y", " a = c.d "]) == (
        Target("event", column="name"),
        Target("b", constant='"x=y"'),
        Target("a", column="c.d"),
    )


def test_a_column_to_type_may_hold_an_equals_sign() -> None:
    """Since a type holds none."""
    assert read_types(["a=b=json"]) == (TypedColumn("a=b", "json"),)


@pytest.mark.parametrize(
    ("maps", "message"),
    [
        (["event"], "--map 'event' has an empty side: give TARGET=SOURCE, like event=name"),
        (["=name"], "empty side"),
        (["event= "], "empty side"),
        (["plan=="], "The constant of 'plan' is empty: give plan==TEXT"),
        (["a=b", "a=c"], "--map has the target 'a' twice: leave one out"),
        (["properties.a=b"], "A target is a property's own name: 'a' instead of 'properties.a'"),
    ],
)
def test_maps_that_are_none(maps: list[str], message: str) -> None:
    """Each names what to give instead."""
    with pytest.raises(click.UsageError, match=message):
        read_maps(maps)


@pytest.mark.parametrize(
    ("types", "message"),
    [
        (["price"], "--types 'price' has an empty side: give COLUMN=TYPE, like price=number"),
        (["price="], "empty side"),
        (["=number"], "empty side"),
        (
            ["a=numbr"],
            "There is no type 'numbr' for 'a', only text, number, boolean, time, json; did you mean 'number'",
        ),
        (["a=text", "a=number"], "--types has the column 'a' twice"),
    ],
)
def test_types_that_are_none(types: list[str], message: str) -> None:
    """Each names what to give instead."""
    with pytest.raises(click.UsageError, match=message):
        read_types(types)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("utc", "did you mean 'UTC'"),
        ("Europe/Berln", "'Europe/Berlin'"),
        ("../x", "like UTC"),
        ("Europe", "like UTC"),
    ],
)
def test_zones_that_are_none(name: str, hint: str) -> None:
    """Names are those of the tz database, in their case."""
    with pytest.raises(click.UsageError, match=hint):
        read_timezone(name)


def test_no_zone_is_none() -> None:
    """Where times carry theirs."""
    assert not read_timezone("")
    assert read_timezone("Europe/Berlin") == "Europe/Berlin"


def test_a_machine_without_zones_says_so() -> None:
    """As a small container may be; else every name would be called wrong."""
    code = "from partitioner.shape.flags import read_timezone; read_timezone('UTC')"
    run = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONTZPATH": ""}, capture_output=True, text=True, check=False
    )
    assert "This machine knows no time zones" in run.stderr
