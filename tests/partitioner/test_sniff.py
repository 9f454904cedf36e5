"""What a file looks like by its first bytes."""

from collections.abc import Iterator

import pytest

from partitioner.formats import Avro, Csv, Format, JsonArray, Ndjson, Parquet
from partitioner.sniff import look_at
from tests.fakes.exports import ndjson, records

GOOD = ndjson(records(3))


@pytest.mark.parametrize(
    "data",
    [
        GOOD,
        b"\xef\xbb\xbf" + GOOD,
        b"\r\n\r\n" + GOOD,
        GOOD.rstrip(b"\n"),
        b"a line of noise\n" * 999 + GOOD,
        b"[1, 2]\n" + GOOD,
        GOOD.replace(b"\n", b"\r\n"),
    ],
)
def test_one_json_object_among_the_first_lines_makes_an_export(data: bytes) -> None:
    """As the function judges an object."""
    assert look_at([data]).unlike == ""


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"PK\x03\x04rest", "zip"),
        (b"\x28\xb5\x2f\xfdrest", "Zstandard"),
        (b"BZh9rest", "bzip2"),
        (b"\xfd7zXZ\x00rest", "xz"),
        (b"\x1f\x8b\x08rest", "gzip within more than five layers"),
        (b"\xff\xfe{\x00", "UTF-16"),
        (b'{\n "event": "a"\n}\n', "spread over lines"),
        (b'{"event":"a","properties":{"time":17', "cut off"),
        (b"[1, 2]\n[3, 4]\n", "arrays without objects"),
        (b"<html>\n", "HTML"),
        (b"\x00\x01\x02\n", "binary"),
        (b"a line of noise\n" * 1000 + GOOD, "text"),
    ],
)
def test_anything_else_is_told_by_name(data: bytes, what: str) -> None:
    """So that the user need not guess what is wrong with it."""
    assert what in look_at([data]).unlike


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (GOOD, Ndjson),
        (b"[1, 2]\n" + GOOD, Ndjson),
        (b"[[[[[[[\n" + GOOD, Ndjson),
        (b'[[{"event": "a"}],\n[{"event": "b"}]]\n', JsonArray),
        (b"[\n  {},\n  {}\n]\n", JsonArray),
        (b'[{"event": "a"}, {"event": "b"}]\n', JsonArray),
        (b"time,event\n1,a\n", Csv),
        (b"time\tevent\n1\ta\n", Csv),
        (b"PAR1rest", Parquet),
        (b"Obj\x01rest", Avro),
    ],
)
def test_the_format_is_told_by_content(data: bytes, kind: type[Format]) -> None:
    """No name is looked at."""
    look = look_at([data])
    assert (look.unlike, type(look.format)) == ("", kind)


@pytest.mark.parametrize("data", [b"", b"\n \r\n\n", b"\xef\xbb\xbf"])
def test_nothing_but_blank_lines_is_empty(data: bytes) -> None:
    """Neither records nor a mistake."""
    assert look_at([data]).is_empty


def test_rejected_records_are_told_by_the_first_line() -> None:
    """They are wrapped, and will be taken out."""
    letter = b'{"record":{"event":"a"},"line":7,"field":"","message":"why"}\n'
    assert look_at([b"\n" + letter]).holds_letters
    assert not look_at([GOOD + letter]).holds_letters


def test_no_more_is_read_than_it_takes() -> None:
    """The second read of an export would fail here."""

    def reads() -> Iterator[bytes]:
        yield GOOD
        raise AssertionError

    assert look_at(reads()).unlike == ""
