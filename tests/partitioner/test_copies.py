"""Copies are found exactly, in parts that fit into memory, whatever chunk they are in."""

import itertools
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from function.records import check
from partitioner.batch_file import BatchFile
from partitioner.copies import find_equal, group, later_copies, locate, read_records
from partitioner.jobs import FindEqual, Group, Locate
from partitioner.keys import DAY_SECONDS, bounds, keys_of, write_keys
from partitioner.work import Work
from tests.fakes.exports import TIME_SECONDS, record

NOW_SECONDS = TIME_SECONDS + 30 * DAY_SECONDS


def work_in(folder: Path) -> Work:
    work = Work(folder, folder / "_work")
    work.make()
    return work


def write(work: Work, number: int, lines: list[bytes], keys: list[int] | None = None) -> None:
    file = BatchFile(work.chunk(number, str(number)), 3, 1_000_000)
    file.add(lines)
    file.close()
    found = keys_of(check(lines, NOW_SECONDS).heads)
    write_keys(found if keys is None else keys, work.keys(number), work.ordered_keys(number))


def search(work: Work, numbers: list[int], parts: int, groups: int) -> tuple[int, list[tuple[int, int]]]:
    """All steps over the chunks, each in so many parts: the count, and which records are later copies."""
    equal = find_equal(FindEqual(0, parts, parts, tuple(numbers)), work)
    located = [
        locate(Locate(number, str(number), equal.parts, parts), NOW_SECONDS, work) for number in numbers
    ]
    having = tuple(each.number for each in located if each.records)
    count = sum(group(Group(part, groups, having), work).copies for part in range(groups))
    return count, [(number, index) for number in numbers for index in later_copies(number, groups, work)]


def expected_copies(chunks: Iterable[list[tuple[str, str, str, int]]]) -> list[tuple[int, int]]:
    seen: set[tuple[str, str, str, int]] = set()
    later = []
    for number, told_by in enumerate(chunks, 1):
        for index, each in enumerate(told_by):
            if each in seen:
                later.append((number, index))
            seen.add(each)
    return later


RECORDS = st.tuples(st.sampled_from("ab"), st.sampled_from("xy"), st.sampled_from("12"), st.integers(0, 2))


@given(
    st.lists(st.lists(RECORDS, min_size=1, max_size=8), min_size=1, max_size=5),
    st.integers(1, 4),
    st.integers(1, 4),
)
@settings(deadline=None)  # a dozen files each time
def test_a_record_is_a_copy_of_any_before_it_that_mixpanel_cannot_tell_from_it(
    chunks: list[list[tuple[str, str, str, int]]], parts: int, groups: int
) -> None:
    """Event, distinct_id, id and UTC day are equal; any of them different, it is none."""
    with tempfile.TemporaryDirectory() as folder:
        work = work_in(Path(folder))
        for number, told_by in enumerate(chunks, 1):
            lines = [
                record(
                    0,
                    **{
                        "$insert_id": insert_id,
                        "distinct_id": user,
                        "time": TIME_SECONDS + DAY_SECONDS * day,
                    },
                ).replace(b"seen", event.encode())
                for event, user, insert_id, day in told_by
            ]
            write(work, number, lines)
        expected = expected_copies(chunks)
        assert search(work, list(range(1, len(chunks) + 1)), parts, groups) == (len(expected), expected)


def test_equal_keys_alone_make_no_copies(tmp_path: Path) -> None:
    """Where different records hash alike, within a chunk and across, they are told apart all the same."""
    work = work_in(tmp_path)
    write(work, 1, [record(1), record(2), record(3)], keys=[7, 7, 8])
    write(work, 2, [record(4), record(1)], keys=[8, 7])
    assert search(work, [1, 2], parts=2, groups=1) == (1, [(2, 1)])


def test_parts_cover_every_key_once() -> None:
    """From the least to the greatest, without a gap."""
    for parts in (1, 3, 1000):
        borders = [bounds(part, parts) for part in range(parts)]
        assert borders[0][0] == -(2**63)
        assert borders[-1][1] == 2**63
        assert all(end == start for (_, end), (start, _) in itertools.pairwise(borders))


def test_keys_spread_evenly_over_parts() -> None:
    """So that a part's share of memory is what it is meant to be."""
    heads = check([record(number) for number in range(20_000)], NOW_SECONDS).heads
    counts = Counter(next(part for part in range(10) if key < bounds(part, 10)[1]) for key in keys_of(heads))
    assert all(1_600 < count < 2_400 for count in counts.values())


def test_only_the_records_asked_for_are_read_again(tmp_path: Path) -> None:
    """By their numbers in the chunk."""
    work = work_in(tmp_path)
    lines = [record(number) for number in range(20)]
    write(work, 1, lines)
    assert list(read_records(tmp_path / "1", [0, 7, 8, 19])) == [lines[index] for index in (0, 7, 8, 19)]
