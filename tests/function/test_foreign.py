"""What isn't NDJSON is refused before anything is read of it as records, with what it seems to be."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile

import pytest

from function.batches import Limits, read_batches
from function.errors import NotImportable
from function.foreign import PROBED_LINES
from function.state import Position
from tests.fakes.bytes_source import BytesSource
from tests.fakes.chunk_files import foreign_member, ndjson, ready_member, record

RECORDS = ndjson(record(number) for number in range(5))


def zip_file(text: bytes) -> bytes:
    """Stored, so that its lines are readable."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("export.json", text)
    return file.getvalue()


def tar_file(text: bytes) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        member = tarfile.TarInfo("export.json")
        member.size = len(text)
        archive.addfile(member, io.BytesIO(text))
    return file.getvalue()


FOREIGN = {
    "ZIP": zip_file(RECORDS),
    "tar": tar_file(RECORDS),
    "bzip2": bz2.compress(RECORDS),
    "xz": lzma.compress(RECORDS),
    "zstd": b"\x28\xb5\x2f\xfd" + RECORDS,
    "lz4": b"\x04\x22\x4d\x18" + RECORDS,
    "Parquet": b"PAR1" + RECORDS,
    "Avro": b"Obj\x01" + RECORDS,
    "ORC": b"ORC" + RECORDS,
    "UTF-16": RECORDS.decode().encode("utf-16"),
    "or text in UTF-16": RECORDS.decode().encode("utf-16-le"),
    "UTF-32": RECORDS.decode().encode("utf-32"),
    "JSON array": b"\xef\xbb\xbf [" + RECORDS.replace(b"\n", b",\n").removesuffix(b",\n") + b"]",
    "not one object a line": b'{\n  "event": "seen",\n  "properties": {\n    "time": 5\n  }\n}\n',
    "CSV": b"event,time\nseen,5\n",
    "XML or HTML": b"<!doctype html>\n<p>Not found</p>\n",
}


@pytest.mark.parametrize("is_gzip", [False, True])
@pytest.mark.parametrize("what", FOREIGN)
def test_is_told_from_its_first_bytes_or_lines(what: str, *, is_gzip: bool) -> None:
    """Compressed or not, and even where some of its lines could be read as records."""
    data = gzip.compress(FOREIGN[what]) if is_gzip else FOREIGN[what]
    with pytest.raises(NotImportable, match=what) as caught:
        next(read_batches(BytesSource(data), Position()))
    assert (caught.value.reason, caught.value.offset) == ("not-records", 0)


def test_gzip_within_gzip() -> None:
    """One layer is ours to take off; two were somebody's mistake."""
    with pytest.raises(NotImportable, match="gzip within gzip"):
        next(read_batches(BytesSource(gzip.compress(gzip.compress(RECORDS))), Position()))


@pytest.mark.parametrize("is_known", [False, True])
def test_one_object_in_the_first_lines_is_enough(*, is_known: bool) -> None:
    """The 1,000th line that isn't blank decides; whatever isn't an object is then a rejection."""
    lines = [b"oops", b""] * (PROBED_LINES - is_known) + [b'{"no":"record"}']
    batches = read_batches(BytesSource(ndjson(lines) * 2), Position())
    if is_known:
        assert sum(len(batch.rejections) for batch in batches) == 2 * PROBED_LINES
        return
    with pytest.raises(NotImportable, match="not newline-delimited JSON"):
        next(batches)


def test_only_the_beginning_is_judged() -> None:
    """Reading that goes on from a checkpoint has been through this."""
    data = ndjson([record(0), *[b"oops"] * 3_000])
    batches = list(read_batches(BytesSource(data), Position(), limits=Limits(batch_records=1)))
    rest = list(read_batches(BytesSource(data), batches[0].end, limits=Limits(batch_records=1)))
    assert rest == batches[1:]


def test_lines_before_a_send_ready_member_are_not_all() -> None:
    """What follows says that the chunk is one of ours."""
    data = foreign_member(b"oops\n") + ready_member([record(0)])
    assert [
        (batch.records, len(batch.rejections)) for batch in read_batches(BytesSource(data), Position())
    ] == [
        (0, 1),
        (1, 0),
    ]


@pytest.mark.parametrize(
    ("first", "reason"), [(b"{", "line-too-long"), (b"[", "not-records"), (b"", "not-records")]
)
def test_one_line_without_end(first: bytes, reason: str) -> None:
    """Where it might be an object it is too long for a line, else it is something else."""
    data = gzip.compress(first + b"x" * 17_000_000, 1)
    with pytest.raises(NotImportable) as caught:
        next(read_batches(BytesSource(data), Position()))
    assert caught.value.reason == reason


def test_cut_off_before_the_first_line_is_damage() -> None:
    """Nothing is known of what it held."""
    with pytest.raises(NotImportable) as caught:
        next(read_batches(BytesSource(gzip.compress(RECORDS)[:30]), Position()))
    assert caught.value.reason == "damaged-gzip"
