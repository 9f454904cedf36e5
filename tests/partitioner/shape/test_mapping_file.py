"""The mapping as a file is the mapping as flags, and more; errors name the file and the key."""

from pathlib import Path

import click
import pytest

from partitioner.shape import mapping_file
from partitioner.shape.mapping import Mapping, RenamedEvent, Target, TypedColumn
from partitioner.shape.mapping_file import read_mapping_file


def read(folder: Path, text: str) -> Mapping:
    file = folder / "mapping.toml"
    file.write_text(text)
    return read_mapping_file(file)


def test_the_file_of_the_documentation_is_read(tmp_path: Path) -> None:
    """The module's own example, in full."""
    assert mapping_file.__doc__ is not None
    _title, text = mapping_file.__doc__.split("\n\n", 1)
    assert read(tmp_path, text) == Mapping(
        targets=(
            Target("event", column="name"),
            Target("time", column="created_at"),
            Target("distinct_id", column="user.id"),
            Target("source", constant='"shop"'),
            Target("schema_version", constant="2"),
        ),
        types=(TypedColumn("price", "number"),),
        drop=("debug", "user.password"),
        events=(RenamedEvent("page view", "Page View"),),
        timezone="Europe/Berlin",
    )


def test_constants_keep_their_spelling_and_type(tmp_path: Path) -> None:
    """A text of digits is a text, since it stands in quotes."""
    text = '[constants]\na = "1"\nb = 1.10\nc = true\nd = 12345678901234567890123\n"e f" = 1e5'
    constants = {target.name: target.constant for target in read(tmp_path, text).targets}
    assert constants == {"a": '"1"', "b": "1.10", "c": "true", "d": "12345678901234567890123", "e f": "1E+5"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[map]\nevent\n", "line 2"),
        ("[mapp]\na = 'b'", "no key is called 'mapp'; did you mean 'map'"),
        ("[map]\nevent = 1", r"\[map\] 'event' must be a text"),
        ("[map]\nevent = ''", r"\[map\] 'event' must be a text"),
        ("[map]\n'properties.a' = 'b'", "'a' instead of 'properties.a'"),
        ("[types]\nprice = 'numbr'", "did you mean 'number'"),
        ("[types]\nprice = true", r"\[types\] 'price' must be a text"),
        ("[events]\na = 1", r"\[events\] 'a' must be a text"),
        ("[constants]\na = [1]", r"\[constants\] 'a' must be a text, a number, true or false"),
        ("[constants]\na = nan", r"\[constants\] 'a' must be"),
        ("[constants]\nevent = 1", r"\[constants\] 'event' must be a text"),
        ("[constants]\na = 1\n[map]\na = 'b'", r"\[map\] and \[constants\] both have 'a'"),
        ("drop = 'a'", "drop"),
        ("drop = [1]", "drop"),
        ("timezone = 'Mars'", "no time zone 'Mars'"),
        ("map = 1", "map"),
    ],
)
def test_a_mistake_names_the_file_and_the_key(tmp_path: Path, text: str, message: str) -> None:
    """As a usage error, whose fix is in that file."""
    with pytest.raises(click.UsageError, match=message) as refused:
        read(tmp_path, text)
    assert refused.value.message.startswith(str(tmp_path / "mapping.toml"))


def test_what_is_no_utf8_is_named(tmp_path: Path) -> None:
    """A file of another encoding."""
    file = tmp_path / "mapping.toml"
    file.write_bytes(b"[map]\na = '\xff'")
    with pytest.raises(click.UsageError, match="utf-8"):
        read_mapping_file(file)
