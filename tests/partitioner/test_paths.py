"""From what the user names to files, in a fixed order."""

from pathlib import Path

import pytest

from partitioner.exits import Refused
from partitioner.paths import Named, Skipped, expand, name_of, safe_name


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


def named(*exports: str, own_output: Path = Path("/nowhere")) -> list[str]:
    return [each.file for each in expand(exports, own_output) if isinstance(each, Named)]


def test_a_folder_is_all_files_below_it_sorted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By path, part by part, called as the user called the folder."""
    touch(tmp_path, "export/b", "export/a/2", "export/a/1", "export/a-b")
    monkeypatch.chdir(tmp_path)
    assert named("./export/") == ["export/a/1", "export/a/2", "export/a-b", "export/b"]


def test_globs_are_sorted_and_arguments_are_not(tmp_path: Path) -> None:
    """The user's order is an order; a glob's is its paths'."""
    touch(tmp_path, "1.gz", "2.gz", "3.txt", "z")
    assert named(f"{tmp_path}/z", f"{tmp_path}/*.gz") == [
        f"{tmp_path}/{name}" for name in ("z", "1.gz", "2.gz")
    ]


def test_hidden_files_and_underscores_are_skipped_and_named(tmp_path: Path) -> None:
    """As other tools leave them; given by themselves they are read."""
    touch(tmp_path, "_SUCCESS", ".crc", "_rejected/a.gz", "a")
    skipped = [each.file for each in expand([str(tmp_path)], Path("/nowhere")) if isinstance(each, Skipped)]
    assert sorted(skipped) == [f"{tmp_path}/{name}" for name in (".crc", "_SUCCESS", "_rejected")]
    assert named(f"{tmp_path}/_rejected", f"{tmp_path}/_SUCCESS") == [
        f"{tmp_path}/_rejected/a.gz",
        f"{tmp_path}/_SUCCESS",
    ]


def test_each_file_is_read_once(tmp_path: Path) -> None:
    """However it is named; the second time is said to be skipped."""
    touch(tmp_path, "a", "b")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    found = list(expand([f"{tmp_path}/a", str(tmp_path)], Path("/nowhere")))
    assert [each.file for each in found if isinstance(each, Named)] == [f"{tmp_path}/a", f"{tmp_path}/b"]
    assert Skipped(f"{tmp_path}/link", "named twice, read once") in found


def test_our_own_output_is_no_input(tmp_path: Path) -> None:
    """`split . --output chunks` run twice reads no chunk."""
    touch(tmp_path, "a", "chunks/a-00001.ndjson.gz")
    assert named(str(tmp_path), own_output=tmp_path / "chunks") == [f"{tmp_path}/a"]


@pytest.mark.parametrize(
    ("export", "why"), [("nothing", "no such file or folder"), ("*.nothing", "nothing matches")]
)
def test_what_is_not_there_is_refused(tmp_path: Path, export: str, why: str) -> None:
    """By name."""
    with pytest.raises(Refused, match=why):
        list(expand([f"{tmp_path}/{export}"], Path("/nowhere")))


@pytest.mark.parametrize(
    ("exports", "name"),
    [
        (["data/ecom.ndjson.gz"], "ecom"),
        (["data/2024.01.jsonl"], "2024.01"),
        (["data/events/"], "events"),
        (["data/a.json", "data/b.json"], "data"),
        (["data/x/a.json", "data/y/b.json"], "data"),
        (["data/*.json"], "data"),
        (["data/été d'or.json"], "-t-d-or".lstrip("-")),
        (["data/_x.json"], "x"),
        (["data/ñ.json"], "export"),
    ],
)
def test_chunks_are_called_after_the_export(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exports: list[str], name: str
) -> None:
    """The one file or folder, or what several have in common, as far as it may stand in an object's name."""
    monkeypatch.chdir(touch(tmp_path, "data/events/a"))
    assert name_of(exports) == name


def test_a_name_may_not_make_an_object_that_is_left_out() -> None:
    """The function leaves out names that begin with an underscore."""
    assert safe_name("_a b/c") == "a-b-c"
