"""What text in columns is told by."""

import csv as python_csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partitioner.formats import Csv
from partitioner.formats.csv_dialect import named, recognise

NAMES = ("user_id", "event", "time")


@given(
    st.lists(
        st.tuples(st.text(max_size=8), st.sampled_from(["home", "a, b", 'say "hi"']), st.integers(0)),
        min_size=1,
    ),
    st.sampled_from(",;\t|"),
    st.sampled_from([python_csv.QUOTE_MINIMAL, python_csv.QUOTE_ALL]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_what_pythons_csv_module_writes_is_recognised(
    rows: list[tuple[str, str, int]], delimiter: str, quoting: Any, ends: str
) -> None:
    """With its columns' names, whatever stands in the rows."""
    file = io.StringIO(newline="")
    writer = python_csv.writer(file, delimiter=delimiter, quoting=quoting, lineterminator=ends)
    writer.writerows([NAMES, *rows])
    assert recognise(file.getvalue().encode()) == Csv(NAMES, delimiter)


@pytest.mark.parametrize(
    ("data", "csv"),
    [
        (b"a,b\n1,2\n", Csv(("a", "b"))),
        (b"a,b\n", Csv(("a", "b"))),
        (b"price;time\n1,5;2024\n2,5;2024\n", Csv(("price", "time"), ";")),
        (b'a\tb\n{"k":1}\tx\n', Csv(("a", "b"), "\t", is_quoted=False)),
        (b'a\tb\n"x" y\tz\n', Csv(("a", "b"), "\t", is_quoted=False)),
        (b'a\tb\n"x\ty"\tz\n', Csv(("a", "b"), "\t")),
        (b"u1,home,2024-03-13 10:21:14\n", Csv(("", "", ""), has_header=False)),
        (b"1\t2\n", Csv(("", ""), "\t", has_header=False)),
        (b"a,,a, b \nx,1,2,3\n", Csv(("a", "column_2", "a_2", "b"))),
        (b'a,b\n1,"2\n3"\n4,"5', Csv(("a", "b"))),
        (b'user,event,time\nu,home,1\nu,home\nu,"home,2\nu,home,3\n', Csv(("user", "event", "time"))),
    ],
)
def test_dialects(data: bytes, csv: Csv) -> None:
    """Names that are missing or stand twice are made up; without names each is empty."""
    assert recognise(data) == csv


@pytest.mark.parametrize(
    "data",
    [b"", b"\n", b"a\n1\n", b"a line of noise\n" * 10, b"Dear Sir, hello\n", b"one, two\nthree\nfour\n"],
)
def test_other_text_is_no_csv(data: bytes) -> None:
    """Prose has commas too."""
    assert recognise(data) is None


def test_names_are_given_to_a_file_without() -> None:
    """As many as it has columns."""
    csv = Csv(("", ""), has_header=False)
    assert named(csv, ["a", "b"]) == Csv(("a", "b"), has_header=False)
    with pytest.raises(ValueError, match="it has 2 columns, and 3 names are given"):
        named(csv, ["a", "b", "c"])
