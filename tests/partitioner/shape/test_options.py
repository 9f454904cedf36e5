"""The options become one value, which workers make a transform of."""

from pathlib import Path

import click
import msgspec
import pytest
from click.testing import CliRunner

from partitioner.shape.mapping import Mapping, Target, TypedColumn
from partitioner.shape.options import Shape, shape_options

PRESET = 'def transform(row):\n    return {"event": row["name"], "properties": row}\n'
ROW = {"name": "home", "at": "2024-03-13 10:21:14"}


def shape_told(*arguments: str) -> Shape:
    """As a command gets it, by way of its JSON."""
    told: list[Shape] = []

    @click.command()
    @click.argument("export")
    @shape_options
    @click.option("--quiet", is_flag=True)
    def command(export: str, *, shape: Shape, quiet: bool) -> None:
        assert (export, quiet) == ("export", False)
        told.append(msgspec.json.decode(msgspec.json.encode(shape), type=Shape))

    result = CliRunner().invoke(command, ["export", *arguments], standalone_mode=False)
    if result.exception:
        raise result.exception
    return told[0]


def test_nothing_told_is_no_transform() -> None:
    """Rows are records then."""
    assert shape_told() == Shape()
    assert shape_told().transform() is None


def test_maps_types_and_zone_are_a_mapping() -> None:
    """And that is a transform."""
    shape = shape_told("--map", "event=name", "--map", "time=at", "--timezone", "UTC", "--types", "x=number")
    transform = shape.transform()
    assert transform is not None
    assert transform(ROW) == {"event": "home", "properties": {"time": 1710325274}}


def test_flags_go_before_the_file(tmp_path: Path) -> None:
    """In the file's order, then what only flags have."""
    file = tmp_path / "mapping.toml"
    file.write_text("timezone = 'UTC'\ndrop = ['x']\n[map]\nevent = 'a'\ntime = 'b'\n[types]\nc = 'text'\n")
    flags = ("--map", "d=e", "--map", "event=name", "--types", "c=json", "--timezone", "Europe/Berlin")
    assert shape_told("--mapping", str(file), *flags).mapping == Mapping(
        targets=(Target("event", "name"), Target("time", "b"), Target("d", "e")),
        types=(TypedColumn("c", "json"),),
        drop=("x",),
        timezone="Europe/Berlin",
    )
    assert shape_told("--mapping", str(file)).mapping.timezone == "UTC"


def test_a_preset_goes_with_types(tmp_path: Path) -> None:
    """Which come before it."""
    file = tmp_path / "mine.py"
    file.write_text(PRESET)
    transform = shape_told("--preset", str(file), "--types", "at=time", "--timezone", "UTC").transform()
    assert transform is not None
    assert transform(ROW) == {"event": "home", "properties": {"name": "home", "at": "2024-03-13T10:21:14Z"}}


def test_a_preset_goes_with_no_map(tmp_path: Path) -> None:
    """Two that say what a column is could contradict each other."""
    file = tmp_path / "mapping.toml"
    file.touch()
    for arguments in (("--map", "event=name"), ("--mapping", str(file))):
        with pytest.raises(click.UsageError, match="leave out --map and --mapping, or the preset"):
            shape_told("--preset", "segment", *arguments)


def test_a_preset_that_was_changed_is_refused(tmp_path: Path) -> None:
    """Half an export would be shaped one way and half another."""
    file = tmp_path / "mine.py"
    file.write_text(PRESET)
    shape = shape_told("--preset", str(file))
    assert shape.transform() is not None
    file.write_text(f"{PRESET}# changed\n")
    with pytest.raises(click.ClickException, match="was changed after this run began"):
        shape.transform()


def test_troubles_are_told_by_the_first_rows(tmp_path: Path) -> None:
    """Missing columns and zones; a preset knows its own."""
    assert shape_told("--map", "event=name", "--map", "time=at", "--timezone", "UTC").troubles([ROW]) == []
    assert shape_told("--map", "event=name", "--map", "time=at").troubles([ROW]) == [
        "times carry no zone: say where their clocks stood, like --timezone Europe/Berlin"
    ]
    assert shape_told("--map", "event=nam", "--map", "time=at", "--timezone", "UTC").troubles([ROW]) == [
        "no row has a column 'nam'; did you mean 'name'?"
    ]
    file = tmp_path / "mine.py"
    file.write_text(PRESET)
    assert shape_told("--preset", str(file)).troubles([ROW]) == []
    assert shape_told("--preset", str(file), "--types", "nme=text", "--types", "at=time").troubles([ROW]) == [
        "no row has a column 'nme'; did you mean 'name'?",
        "times carry no zone: say where their clocks stood, like --timezone Europe/Berlin",
    ]
    assert shape_told().troubles([{"event": "home", "properties": {"time": "2024-03-13"}}]) == []
