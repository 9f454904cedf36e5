"""Which records an import takes."""

import gzip
from pathlib import Path

import pytest

from local.splitting import Wish, _first, sources_of
from partitioner.exits import Refused
from partitioner.shape.options import shape_of

RECORD = b'{"event":"a","properties":{"time":1700000000,"n":%d}}'


def export(folder: Path) -> Path:
    """Two files, the first one gzip, with a byte order mark and blank lines."""
    folder.mkdir()
    lines = [RECORD % number for number in range(10)]
    (folder / "a.ndjson.gz").write_bytes(gzip.compress(b"\xef\xbb\xbf" + b"\r\n\n".join(lines[:6])))
    (folder / "b.ndjson").write_bytes(b"\n".join(lines[6:]))
    return folder


@pytest.mark.parametrize("limit", [1, 6, 7, 10, 99])
def test_the_first_records_in_the_exports_order(tmp_path: Path, limit: int) -> None:
    """Across files, each line as it was."""
    sources = sources_of(Wish((str(export(tmp_path / "in")),)))
    folder = _first(limit, sources, tmp_path / "out")
    lines = b"".join(path.read_bytes() for path in sorted(folder.iterdir())).splitlines()
    assert [line.strip() for line in lines] == [RECORD % number for number in range(min(limit, 10))]


def test_rows_of_another_format_are_lines_of_json_with_each_value_as_it_is_spelled(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_bytes(b"name,n\na,1.50\nb,007\nc,3\n")
    shape = shape_of(("event=name", "time=n"), None, None, None, ())
    folder = _first(2, sources_of(Wish((str(tmp_path / "in.csv"),), shape=shape)), tmp_path / "out")
    (path,) = folder.iterdir()
    assert path.read_bytes() == b'{"name":"a","n":1.50}\n{"name":"b","n":"007"}\n'


def test_a_killed_one_is_made_anew(tmp_path: Path) -> None:
    """A half-written folder is no folder; a whole one is left as it is."""
    sources = sources_of(Wish((str(export(tmp_path / "in")),)))
    (tmp_path / "out.unfinished").mkdir()
    (tmp_path / "out.unfinished" / "junk").touch()
    folder = _first(3, sources, tmp_path / "out")
    (path,) = folder.iterdir()
    changed = path.stat().st_mtime_ns
    assert _first(3, sources, tmp_path / "out") == folder
    assert path.stat().st_mtime_ns == changed


def test_another_export_is_another_folder(tmp_path: Path) -> None:
    """Other content, other options: another fingerprint. The same again: the same."""
    folder = export(tmp_path / "in")
    wish = Wish((str(folder),))
    first = wish.fingerprint(sources_of(wish))
    assert first.startswith("in-")
    assert wish.fingerprint(sources_of(wish)) == first
    limited = Wish((str(folder),), limit=5)
    assert limited.fingerprint(sources_of(limited)) != first
    (folder / "b.ndjson").write_bytes(RECORD % 1)
    assert wish.fingerprint(sources_of(wish)) != first


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no such file"):
        sources_of(Wish((str(tmp_path / "nothing"),)))
