"""A preset is found by name or path, or the command ends with what to do."""

import hashlib
from pathlib import Path

import click
import pytest

from partitioner.shape.preset import Preset, load_preset, names, recognise, the_one_of
from partitioner.shape.rows import Row

PRESET = '''
"""Their export."""
from __future__ import annotations

from dataclasses import dataclass

from partitioner.shape.rows import Row


@dataclass
class Helper:
    row: Row


def transform(row: Row):
    return {"event": row["name"], "properties": row}
'''


def written(folder: Path, text: str, name: str = "json.py") -> str:
    file = folder / name
    file.write_text(text)
    return str(file)


def test_a_path_is_loaded(tmp_path: Path) -> None:
    """Even under a library's name, without a trace beside it, and by its bytes' hash."""
    path = written(tmp_path, PRESET)
    preset = load_preset(path)
    assert preset.name == path
    assert preset.transform({"name": "home"}) == {"event": "home", "properties": {"name": "home"}}
    assert not preset.recognises({"name": "home"})
    assert preset.source_hash == hashlib.sha256(PRESET.encode()).hexdigest()
    assert [file.name for file in tmp_path.iterdir()] == ["json.py"]


def test_a_relative_path_is_the_absolute_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a run goes on whichever way its preset is named."""
    path = written(tmp_path, PRESET)
    monkeypatch.chdir(tmp_path)
    assert load_preset("json.py").name == load_preset("./json.py").name == path


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def transform(row:\n", "is no Python, line 1"),
        ("x = 1\n", r"has no function transform\(row\)"),
        ("transform = 1\n", r"has no function transform\(row\)"),
        ("import nowhere_to_be_found\n", "fails as it is loaded: ModuleNotFoundError"),
        ("1 / 0\n", "fails as it is loaded: ZeroDivisionError"),
        ("a = '\0'\n", "is no Python"),
    ],
)
def test_a_file_that_is_no_preset_is_named(tmp_path: Path, text: str, message: str) -> None:
    """With what is wrong in it."""
    path = written(tmp_path, text)
    with pytest.raises(click.ClickException, match=message) as refused:
        load_preset(path)
    assert path in refused.value.message


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """As a path, since it looks like one."""
    for path in (tmp_path / "mine.py", tmp_path / "mine"):
        with pytest.raises(click.ClickException, match="can't be read: No such file"):
            load_preset(str(path))


def test_a_name_that_is_none_names_those_that_are() -> None:
    """And that a path would be taken too."""
    with pytest.raises(click.ClickException, match=r"there is no preset 'nobodys'.*like \./mine\.py"):
        load_preset("nobodys")


def test_each_of_ours_can_be_loaded() -> None:
    """Names are modules', without those that only help."""
    for name in names():
        assert not name.startswith("_")
        assert load_preset(name).name == name


def test_nothing_is_recognised_in_nothing() -> None:
    """Nor in rows that any vendor might have, or none."""
    assert recognise([]) == ""
    assert recognise([{"a": 1}, {"b": None}]) == ""


def test_only_what_one_preset_knows_is_recognised() -> None:
    """All rows by the same one, and by no other; a preset that fails on a row doesn't know it."""

    def knowing(key: str) -> Preset:
        def recognises(row: Row) -> bool:
            return bool(row[key])

        return Preset(key, lambda row: row, recognises, "")

    presets = [knowing("a"), knowing("b")]
    assert the_one_of(presets, [{"a": 1, "b": 0}, {"a": 2}]) == "a"
    assert the_one_of(presets, [{"a": 1}, {"b": 1}]) == ""
    assert the_one_of(presets, [{"a": 1, "b": 1}]) == ""
    assert the_one_of(presets, [{"c": 1}]) == ""
