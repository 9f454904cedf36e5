"""Files within zip archives: whatever they went through, and all that can be read of a damaged one."""

import io
import random
import zipfile
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partitioner.inputs.zips import ERRORS, Zip

METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)
LINES = b"".join(b"%d %x\n" % (number, number**5) for number in range(15_000))


def zipped(*texts: bytes, methods: Sequence[int] = (zipfile.ZIP_DEFLATED,)) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("folder/", b"")
        for number, text in enumerate(texts):
            method = methods[number % len(methods)]
            archive.writestr(f"folder/{number}", text, compress_type=method)
    return file.getvalue()


def opened(data: bytes) -> Zip:
    return Zip(lambda: io.BytesIO(data))


def read(archive: Zip) -> list[tuple[bytes, str]]:
    found = []
    for member in archive.members():
        stream = archive.open(member.place)
        found.append((b"".join(stream), stream.damage))
    return found


@given(
    texts=st.lists(st.binary(max_size=2_000), max_size=5),
    method=st.sampled_from(METHODS),
    before=st.binary(max_size=50),
)
def test_any_files(texts: list[bytes], method: int, before: bytes) -> None:
    """Come back, folders left out, also where something stands before the archive, as in those that run."""
    archive = opened(before + zipped(*texts, methods=[method]))
    assert read(archive) == [(text, "") for text in texts]
    assert [member.name for member in archive.members()] == [f"folder/{n}" for n in range(len(texts))]


def test_an_archive_for_huge_files() -> None:
    """Zip64, and sizes that only the table of contents has, as tools write that don't seek."""

    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, *_: int) -> int:
            raise OSError

        def tell(self) -> int:
            raise OSError

    file = Pipe()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in "ab":
            with archive.open(name, "w", force_zip64=True) as member:
                member.write(LINES)
    assert read(opened(file.getvalue())) == [(LINES, ""), (LINES, "")]


@pytest.mark.parametrize(("method", "readable_bytes"), [*zip(METHODS, (100_000, 100_000, 0), strict=True)])
def test_damage_costs_nothing_before_it(method: int, readable_bytes: int) -> None:
    """And nothing of the other files. The file is one block of bzip2, all of which is damaged then."""
    data = zipped(LINES, LINES, methods=[method])
    place = data.index(b"PK\x03\x04", data.index(b"PK\x03\x04", 10) + 10)
    middle = place + (data.index(b"PK\x01\x02") - place) // 2
    changed = data[:middle] + b"\xff" * 40 + data[middle + 40 :]
    whole, (text, damage) = read(opened(changed))
    assert whole == (LINES, "")
    assert damage.startswith("in the zip archive, ")
    assert text[:readable_bytes] == LINES[:readable_bytes]


def test_any_change_is_seen() -> None:
    """By the checksum, if by nothing else."""
    chance = random.Random(3)
    for method in METHODS:
        data = zipped(LINES, methods=[method])
        for _ in range(10):
            at = chance.randrange(60, data.index(b"PK\x01\x02"))
            changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
            ((text, damage),) = read(opened(changed))
            assert damage or text == LINES


def test_a_table_of_contents_that_is_missing() -> None:
    """The archive can't be read at all."""
    with pytest.raises(ERRORS):
        opened(zipped(LINES)[:-30])


def test_what_cannot_be_read_is_said() -> None:
    """Before it is tried."""
    data = bytearray(zipped(b"a", b"b", b"c"))
    entries = [at for at in range(len(data)) if data[at : at + 4] == b"PK\x01\x02"]
    data[entries[1] + 8] |= 1  # the flags
    data[entries[2] + 10] = 9  # the method
    troubles = [member.trouble for member in opened(bytes(data)).members()]
    assert ["encrypted" in trouble for trouble in troubles] == [True, False, False]
    assert ["method 9" in trouble for trouble in troubles] == [False, True, False]


def test_the_table_of_contents_is_read_once() -> None:
    """Of many files, each costs its own bytes alone."""
    data, read_bytes = zipped(*[b"%d" % number for number in range(1_000)]), 0

    class Counted(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            nonlocal read_bytes
            got = super().read(size)
            read_bytes += len(got)
            return got

    assert len(read(Zip(lambda: Counted(data)))) == 1_000
    assert read_bytes < 3 * len(data)
