"""Small objects that mean a lot of work: each is read through, or refused, in bounded memory and time."""

from pathlib import Path

import pytest

from tests.fakes.chunk_files import foreign_member, record
from tests.fakes.reader_memory import read_chunk

# Of CPU; the slowest here takes an eighth of it.
MOST_SECONDS = 60
GOOD = foreign_member(record(0) + b"\n")
GZIP_HEADER = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
EMPTY_BLOCK = b"\0\0\0\xff\xff"
OPENING = b'{"event":"x","properties":{"time":1700000000'


@pytest.mark.slow
@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (GOOD + foreign_member(b"x") * 500_000, "whole"),
        (GOOD + foreign_member(b"") * 250_000, "whole"),
        (GOOD + GZIP_HEADER + EMPTY_BLOCK * 5_000_000, "damaged-gzip"),
        (GOOD + GZIP_HEADER[:3] + b"\x08" + GZIP_HEADER[4:] + b"n" * 5_000_000, "damaged-gzip"),
        (GOOD + bytes(100_000_000), "whole"),
        ((OPENING + b',"a":[' + b"[]," * 300_000 + b"1]}}\n") * 20, "whole"),
        ((OPENING + b',"a":[' + b"{}," * 300_000 + b"1]}}\n") * 20, "whole"),
        ((OPENING + b"".join(b',"%x":1' % number for number in range(90_000)) + b"}}\n") * 20, "whole"),
        ((OPENING + b',"a":"' + b"\\ud83d\\ude00" * 80_000 + b'"}}\n') * 20, "whole"),
        (record(0) + b"\n" + b"[" * 15_000_000 + b"\n" + b'{"a":' * 3_000_000 + b"\n", "whole"),
    ],
    ids=[
        *("a line of tiny members", "empty members", "empty blocks", "a name without end", "padding"),
        *("lists", "objects", "keys", "escapes", "depth"),
    ],
)
def test_memory_and_time_are_bounded(tmp_path: Path, data: bytes, reason: str) -> None:
    """A reader takes less than 60 MB, whatever it reads, and never goes on for ever."""
    path = tmp_path / "chunk"
    path.write_bytes(data)
    found, megabytes = read_chunk(path, most_seconds=MOST_SECONDS)
    assert found == reason
    assert megabytes < 60
