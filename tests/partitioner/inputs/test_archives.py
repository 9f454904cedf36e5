"""Files within archives are sources like others: found by content, read where they stand, damage named."""

import gzip
import io
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partitioner.exits import Refused
from partitioner.inputs.find import find_sources
from partitioner.inputs.opener import Opener
from partitioner.sources import Found, Stdin
from tests.fakes.exports import ndjson, records

HALVES = ndjson(records(3_000)[:1_000]), ndjson(records(3_000)[1_000:])


def tar(*files: tuple[str, bytes], mode: str = "w") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]
        folder = tarfile.TarInfo("folder")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for name, data in files:
            about = tarfile.TarInfo(name)
            about.size = len(data)
            archive.addfile(about, io.BytesIO(data))
    return out.getvalue()


def zipped(*files: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return out.getvalue()


def find(path: Path | str, stdin: bytes = b"") -> tuple[Found, Stdin]:
    source = Stdin(io.BytesIO(stdin))
    return find_sources([str(path)], source, Path("/nowhere")), source


def contents(found: Found, stdin: Stdin) -> list[tuple[bytes, str]]:
    """Of each source in its order, with its damage, by one Opener as the planner has it."""
    opener, read = Opener(stdin), []
    for source in found.sources:
        lines = opener.lines(source)
        read.append((b"".join(lines), lines.damage))
    return read


FILES = (
    ("folder/one.json.gz", gzip.compress(HALVES[0])),
    ("__MACOSX/one.json.gz", b"\0"),
    ("folder/read.me.html", b"<html>"),
    ("folder/empty", b""),
    ("folder/two.ndjson", HALVES[1]),
)


@pytest.mark.parametrize(
    "archive", [zipped(*FILES), tar(*FILES), tar(*FILES, mode="w:gz"), tar(*FILES, mode="w:bz2")]
)
@pytest.mark.parametrize("is_on_stdin", [False, True])
def test_each_file_of_an_archive_is_a_source(archive: bytes, is_on_stdin: bool, tmp_path: Path) -> None:
    """What holds no records is skipped and named, as in a folder."""
    (tmp_path / "a").write_bytes(archive)
    name = "-" if is_on_stdin else f"{tmp_path}/a"
    found, stdin = find(name, archive if is_on_stdin else b"")
    assert [source.file for source in found.sources] == [
        f"{name}!folder/one.json.gz",
        f"{name}!folder/two.ndjson",
    ]
    assert sorted(each.file for each in found.skipped) == sorted(f"{name}!{FILES[at][0]}" for at in (1, 2, 3))
    assert contents(found, stdin) == [(HALVES[0], ""), (HALVES[1], "")]


def test_the_files_of_a_tar_can_be_read_in_any_order(tmp_path: Path) -> None:
    """In their own, it is one pass; else the tar is begun again."""
    (tmp_path / "a").write_bytes(tar(*FILES, mode="w:gz"))
    found, stdin = find(tmp_path / "a")
    opener = Opener(stdin)
    first, second = found.sources
    read = [b"".join(opener.lines(source)) for source in (second, first, first, second)]
    assert read == [HALVES[1], HALVES[0], HALVES[0], HALVES[1]]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_of_a_tar_that_is_cut_off_all_before_is_read_and_the_damage_is_named(data: st.DataObject) -> None:
    """In the middle of a file, or between two."""
    whole = tar(("one", HALVES[0]), ("page.html", b"<html>" * 300), ("two", HALVES[1]))
    cut_at = data.draw(st.integers(1_600, len(whole.rstrip(b"\0"))))
    found, stdin = find("-", whole[:cut_at])
    read = contents(found, stdin)
    text = b"".join(part for part, _ in read)
    assert (HALVES[0] + HALVES[1]).startswith(text)
    assert len(text) >= cut_at - 10 * 512
    assert read[-1][1], "the damage is that of the last file"


def test_an_archive_without_records_is_refused_with_what_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped(("page.html", b"<html>")))
    with pytest.raises(Refused, match=r"nothing to split[\s\S]*a\.zip!page\.html: looks like XML or HTML"):
        find(tmp_path / "a.zip")


def test_a_zip_without_its_table_of_contents_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped(*FILES)[:-30])
    with pytest.raises(Refused, match=r"a\.zip"):
        find(tmp_path / "a.zip")


def test_gzip_may_lie_within_gzip_but_not_for_ever(tmp_path: Path) -> None:
    """There are files that inflate to themselves."""
    data = HALVES[0]
    for layers in range(1, 8):
        data = gzip.compress(data)
        (tmp_path / f"{layers}").write_bytes(data)
    found, stdin = find(tmp_path / "3")
    assert contents(found, stdin) == [(HALVES[0], "")]
    with pytest.raises(Refused, match="within more than five layers"):
        find(tmp_path / "7")
