"""Rows become lines of JSON, and a row that can't costs only itself."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from function.records import Flaw
from partitioner.formats.rows import Unreadable
from partitioner.shape.rows import Aside, Result, Row, Unusable, decode_row, encode_row
from partitioner.shape.shaping import as_it_is, content_of, shape

BROKEN = Flaw("", "broken")


def transform(row: Row) -> Result:
    """Does what the row says."""
    match row["do"]:
        case "several":
            return [{"event": "a"}, Aside("group"), {"event": "b"}]
        case "unusable":
            raise Unusable("properties.time", "has no time")
        case "fail":
            return {}[row["secret"]]
        case "aside":
            return Aside("identify")
        case "surrogate":
            return {"event": "\ud800"}
    return row


def test_each_row_is_a_record_some_records_set_aside_or_a_flaw() -> None:
    rows: list[Row | Unreadable | None] = [
        {"do": "keep"},
        None,
        {"do": "several"},
        {"do": "unusable"},
        {"do": "aside"},
        Unreadable(b"{", BROKEN),
        {"do": "surrogate"},
    ]
    shaped = shape(rows, transform)
    assert (shaped.lines, shaped.indexes) == (
        [b'{"do":"keep"}', b'{"event":"a"}', b'{"event":"b"}'],
        [0, 2, 2],
    )
    assert shaped.asides == [(2, "group"), (4, "identify")]
    assert [index for index, _ in shaped.flaws] == [3, 5, 6]
    assert shaped.flaws[0][1] == Flaw("properties.time", "has no time")
    assert shaped.flaws[1][1] == BROKEN


def test_a_transform_that_fails_is_named_without_the_rows_values() -> None:
    shaped = shape([{"do": "fail", "secret": "ann@example.com"}, {"do": "keep"}], transform)
    assert shaped.indexes == [1]
    ((_, flaw),) = shaped.flaws
    assert "KeyError" in flaw.message
    assert "ann@example.com" not in flaw.message


numbers = st.one_of(
    st.integers().map(str),
    st.decimals(allow_nan=False, allow_infinity=False).map(lambda number: f"{number:.12f}"),
    st.from_regex(r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?", fullmatch=True),
)


@given(st.lists(numbers.filter(lambda text: text != "-0"), max_size=5), st.dictionaries(st.text(), st.text()))
def test_no_value_is_rewritten(spelled: list[str], texts: dict[str, str]) -> None:
    """Numbers of any size and precision stay as they are spelled, text and the order of keys too."""
    try:
        begin = msgspec.json.encode(texts)
    except UnicodeEncodeError:
        return
    line = b'{"numbers":[' + ",".join(spelled).encode() + b'],"texts":' + begin + b"}"
    assert shape([decode_row(line)], as_it_is).lines == [line]


def test_what_is_kept_of_a_row_is_that_row() -> None:
    row: dict[str, Any] = decode_row(b'{"price":1.10,"id":12345678901234567890}')
    assert content_of(row) == b'{"price":1.10,"id":12345678901234567890}' == encode_row(row)
    assert content_of(Unreadable(b"{", BROKEN)) == b"{"
