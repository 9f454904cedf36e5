"""JSON arrays laid out as lines, whatever the reads, and whatever is wrong with them."""

import itertools
import json
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partitioner.formats.json_array import CUT_OFF, JsonArrayLines
from partitioner.lines import MAX_LINE_BYTES, split_lines

TEXTS = st.text(st.sampled_from('a"\\{}[],: \n\ré\0'), max_size=6)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda each: st.lists(each, max_size=3) | st.dictionaries(TEXTS, each, max_size=3),
    max_leaves=8,
)
OBJECTS = st.lists(st.dictionaries(TEXTS, VALUES, max_size=4), max_size=8)
NOISE = st.text(st.sampled_from('"[]{},:\\\nx0\0'), min_size=1, max_size=3).map(str.encode)
FLAT = st.lists(
    st.builds(lambda event, n: {"event": event, "n": n}, st.sampled_from(["a", "},{", "b"]), st.integers()),
    min_size=4,
)


def laid_out(reads: list[bytes]) -> tuple[list[bytes], str]:
    lines = JsonArrayLines(reads)
    data = b"".join(lines)
    assert data.endswith(b"\n") or lines.damage or not data
    return split_lines(data), lines.damage


def cut(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(data), *(each % (len(data) + 1) for each in cuts)})
    return [data[start:end] for start, end in itertools.pairwise(places)]


@given(
    OBJECTS,
    st.sampled_from([None, 0, 1, "\t"]),
    st.sampled_from([(",", ":"), (", ", ": "), (" ,\r\n", " :\n")]),
    st.lists(st.integers(0)),
)
def test_elements_come_back_one_a_line_byte_for_byte(
    rows: list[dict[str, Any]], indent: Any, separators: tuple[str, str], cuts: list[int]
) -> None:
    """But for newlines and carriage returns between tokens, which become spaces."""
    text = json.dumps(rows, indent=indent, separators=separators, ensure_ascii=False)
    lines, damage = laid_out(cut(text.encode(), cuts))
    assert not damage
    one_line = text.replace("\n", " ").replace("\r", " ").encode()
    at = 0
    for line in lines:
        at = one_line.index(line, at) + len(line)
    assert [json.loads(line) for line in lines] == rows


@given(FLAT, NOISE, st.integers(0), st.lists(st.integers(0)))
def test_damage_costs_what_it_touches_and_the_same_however_it_is_read(
    rows: list[dict[str, Any]], noise: bytes, where: int, cuts: list[int]
) -> None:
    """Rows in front of the damaged one are read, and so are those behind the next."""
    wanted = [json.dumps(row).encode() for row in rows]
    data = b"[" + b", ".join(wanted) + b"]"
    at = 1 + where % (len(data) - 2)
    damaged = data[:at] + noise + data[at + len(noise) :]
    lines, damage = laid_out([damaged])
    assert (lines, damage) == laid_out(cut(damaged, cuts))
    touched = [
        number
        for number in range(len(rows))
        if len(b", ".join(wanted[: number + 1])) + 2 >= at
        and len(b", ".join(wanted[:number])) <= at + len(noise)
    ]
    assert lines[: touched[0]] == wanted[: touched[0]]
    if touched[0] >= 2:
        behind = wanted[touched[-1] + 2 :]
        lines = lines[:-1] if lines[-1] == b"]" else lines  # one too many, since the noise was one
        assert lines[len(lines) - len(behind) :] == behind


@given(OBJECTS, st.integers(0))
def test_what_is_left_of_an_array_is_read_and_the_cut_named(rows: list[dict[str, Any]], where: int) -> None:
    """A row that is cut off is the last line, without newline."""
    data = json.dumps(rows).encode()
    at = where % len(data)
    lines, damage = laid_out([data[:at]])
    assert damage == (CUT_OFF if at else "")
    whole = [json.dumps(row).encode() for row in rows]
    assert all(whole[number] == line for number, line in enumerate(lines[:-1]))
    assert not lines or whole[len(lines) - 1].startswith(lines[-1])


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"[]", []),
        (b"\r\n [ ]\n", []),
        (b'[{"a":1},{"b":2},]', [b'{"a":1}', b'{"b":2}']),
        (b'[{"a":1}{"b":2}]', [b'{"a":1}', b'{"b":2}']),
        (b'[{"a":1},{"b":2}]\n[{"a":3}]\n', [b'{"a":1}', b'{"b":2}', b'{"a":3}']),
        (b'{"a":1}\n[{"b":2}]', [b'{"a":1}', b'{"b":2}']),
        (b'[1,null,"]",[[1],[2]],1.5]', [b"1", b"null", b'"]"', b"[[1],[2]]", b"1.5"]),
        (b'[{"a":1},[{"a":2},{"a":3}],{"a":4}]', [b'{"a":%d}' % number for number in (1, 2, 3, 4)]),
        (b'[{"a":1},{"b":no},{"c":3}]', [b'{"a":1}', b'{"b":no}', b'{"c":3}']),
        (b'[{"a":1},{"b":no}]', [b'{"a":1}', b'{"b":no}']),
        (b'[{"a":"x\ny"},{"b":2}]', [b'{"a":"x\x0by"}', b'{"b":2}']),
        (b'[{"a":1}] and more', [b'{"a":1}', b"and more"]),
        (b'[{"a":1}] and [{"b":2}]', [b'{"a":1}', b"and ", b'{"b":2}']),
        (b"not JSON", [b"not JSON"]),
    ],
)
def test_unusual_and_broken_arrays(data: bytes, lines: list[bytes]) -> None:
    """What is no object stays a line, and is rejected where records are checked."""
    assert laid_out([data]) == (lines, "")


def test_objects_within_a_broken_element_are_no_elements() -> None:
    """The next one is told by the name that elements begin with."""
    broken = b'{"id":1,"x":no,"items":[{"n":1},{"n":2}]}'
    data = b'[{"id":0},{"id":0},%b,{"id":2}]' % broken
    assert laid_out([data])[0] == [b'{"id":0}', b'{"id":0}', broken, b'{"id":2}']


def test_an_element_of_over_16_mb_is_passed_over_and_the_next_is_read() -> None:
    """Whatever brackets and quotes it holds; its line is over-long too."""
    long = b'{"a":[%b"\\"]"]}' % (b'"x\\\\]",' * (MAX_LINE_BYTES // 6))
    data = b'[{"b":1},%b,{"b":2}]' % long
    lines, damage = laid_out([data[at : at + 300_000] for at in range(0, len(data), 300_000)])
    assert not damage
    assert [len(lines[0]), len(lines[1]), lines[2]] == [7, MAX_LINE_BYTES + 1, b'{"b":2}']


@pytest.mark.parametrize("key", [b"event", b"%d"])
def test_memory_is_bounded_however_long_the_array(key: bytes) -> None:
    """Also where every element begins with another name, and so has to be found alone."""

    def reads() -> Iterator[bytes]:
        yield b"["
        for number in range(16):
            name = key % number if b"%" in key else key
            yield b",".join([b'{"%b":[{"a":1},{"a":2}]}' % name] * 4_000) + b","
        yield b"{}]"

    tracemalloc.start()
    count = sum(data.count(b"\n") for data in JsonArrayLines(reads()))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 64_001
    assert peak < 8_000_000
