"""Which line each record of a chunk was."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from partitioner.jobs import Sample
from partitioner.origins import Origins


@given(st.lists(st.tuples(st.sampled_from("ab"), st.lists(st.booleans(), max_size=12)), max_size=6))
def test_every_record_has_the_place_of_its_line(blocks: list[tuple[str, list[bool]]]) -> None:
    """Whichever lines are records, over files and blocks."""
    origins, expected, next_lines = Origins(), [], {"a": 1, "b": 1}
    for file, are_records in blocks:
        first = next_lines[file]
        indexes = [index for index, is_record in enumerate(are_records) if is_record]
        origins.add(file, first, indexes)
        expected += [Sample(file, first + index) for index in indexes]
        next_lines[file] += len(are_records)
    assert origins.places(range(len(expected))) == expected


def test_lines_in_a_row_take_no_room(tmp_path: Path) -> None:
    """A chunk without a flaw is one run, and comes back as it was saved."""
    origins = Origins()
    for start in range(1, 200_000, 1000):
        origins.add("a", start, range(1000))
    origins.save(tmp_path / "origins")
    assert (tmp_path / "origins").stat().st_size < 100
    assert Origins.load(tmp_path / "origins").places([0, 199_999]) == [Sample("a", 1), Sample("a", 200_000)]
