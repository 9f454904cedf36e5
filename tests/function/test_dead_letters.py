"""Parts of dead letters: written whole, each under a name of its own, cleared away where unlisted."""

import gzip

import pytest

from function.dead_letters import delete_unlisted, write_part
from function.errors import StorageUnavailable
from function.state import (
    DeadLetter,
    dead_letters_folder,
    dead_letters_name,
    decode_dead_letter,
    encode_dead_letter,
)
from tests.fakes.memory_bucket import Fault, MemoryBucket

FOLDER = dead_letters_folder("us-1", "a", 5)
LETTERS = [DeadLetter(b'{"event":"%d"}' % n, n, "event", "why") for n in range(1, 4)]


def part(offset: int, owner: str = "c0ffee", sequence: int = 2) -> str:
    return dead_letters_name("us-1", "a", 5, offset, owner, sequence)


def test_a_part_is_gzip_of_its_lines() -> None:
    """`zcat` reads it, and the partitioner takes the records out again."""
    bucket = MemoryBucket()
    write_part(bucket, part(0), LETTERS, timeout_seconds=1)
    lines = gzip.decompress(bucket.get(part(0))).splitlines(keepends=True)
    assert lines == [encode_dead_letter(letter) for letter in LETTERS]
    assert [decode_dead_letter(line) for line in lines] == [letter.content for letter in LETTERS]


def test_a_part_has_no_time_in_it() -> None:
    """The same letters are the same bytes, so that a repeated write changes nothing."""
    bucket = MemoryBucket()
    write_part(bucket, part(0), LETTERS, timeout_seconds=1)
    first = bucket.get(part(0))
    write_part(bucket, part(0), LETTERS, timeout_seconds=1)
    assert bucket.get(part(0)) == first
    assert first[4:8] == bytes(4)


def test_unlisted_parts_go() -> None:
    """What an owner wrote and didn't live to list; listed ones stay."""
    bucket = MemoryBucket()
    for name in (part(0), part(0, "dead"), part(9, "c0ffee", 3)):
        bucket.put(name, b"x")
    deleted = delete_unlisted(bucket, FOLDER, [part(0), part(9, "c0ffee", 3)], call_seconds=lambda: 1)
    assert deleted == [part(0, "dead")]
    assert bucket.names() == sorted([part(0), part(9, "c0ffee", 3)])


def test_what_is_not_a_part_of_this_generation_stays() -> None:
    """A chunk named `a/5` keeps its parts inside this folder, and people may put things there."""
    bucket = MemoryBucket()
    others = [
        dead_letters_name("us-1", "a/5", 7, 0, "c0ffee", 2),
        dead_letters_name("us-1", "a", 6, 0, "c0ffee", 2),
        FOLDER + "notes.txt",
        FOLDER,
    ]
    for name in others:
        bucket.put(name, b"x")
    assert delete_unlisted(bucket, FOLDER, [], call_seconds=lambda: 1) == []
    assert bucket.names() == sorted(others)


@pytest.mark.parametrize("verb", ["list_names", "delete"])
def test_a_bucket_without_answer_is_unavailable(verb: str) -> None:
    """What is left then does no harm: only listed parts count."""
    bucket = MemoryBucket()
    bucket.put(part(0), b"x")
    bucket.script(verb, Fault.UNAVAILABLE)
    with pytest.raises(StorageUnavailable):
        delete_unlisted(bucket, FOLDER, [], call_seconds=lambda: 1)
    assert bucket.is_spent()
