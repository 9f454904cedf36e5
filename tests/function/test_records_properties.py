"""What holds for every record, and for what is none: arbitrary lines, odd spellings, bytes in any order.

Records are built as values, then written by a writer that spells as oddly as JSON allows: keys in any order,
white space anywhere, any character as an escape, numbers in many forms, keys that stand twice.
"""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from function.identity import FORBIDDEN_IDS
from function.quick import read_usual
from function.records import Added, accepts, check, flaw_of, is_json_object, mend, with_insert_id
from function.rules import Flaw
from function.splice import SPACE

NOW_SECONDS = 1_780_000_000.0

words = st.sampled_from(sorted(FORBIDDEN_IDS)).flatmap(lambda word: st.sampled_from([word, word.upper()]))
texts = st.text(st.characters(codec="utf-8"), max_size=8)
numbers = st.integers() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | numbers | texts | words
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
seconds = st.integers(31_536_000, int(NOW_SECONDS) + 3_600)
times = seconds | seconds.map(lambda time: time * 1_000 + 5) | seconds.map(lambda time: time + 0.5)
ids = st.from_regex(r"[A-Za-z0-9-]{1,36}", fullmatch=True) | st.integers(-5, 10**40) | texts | words | values
some_properties = st.fixed_dictionaries(
    {"time": times},
    optional={
        "$insert_id": ids,
        "distinct_id": texts | words | st.integers(-2, 2) | values,
        "$user_id": texts | st.none(),
        "$device_id": texts | st.none(),
        "ip": st.sampled_from([0, "10.0.0.1", "", None]) | values,
        "properties": values,
        "event": values,
        "a": values,
    },
)
records = st.fixed_dictionaries(
    {"event": texts | st.just("view"), "properties": some_properties | values},
    optional={"time": values, "b": values, "$insert_id": values},
)
simple_records = st.fixed_dictionaries(
    {
        "event": st.just("view"),
        "properties": st.fixed_dictionaries(
            {"time": seconds, "distinct_id": st.sampled_from(["u1", "u2", 1])},
            optional={"$insert_id": st.uuids().map(str), "ip": st.just(0), "a": texts | numbers},
        ),
    }
)


class Writer:
    """JSON as nobody would write it. `draw` decides each liberty."""

    def __init__(self, draw: Any, *, twice: bool = False) -> None:
        self.draw, self.twice = draw, twice

    def write(self, value: Any) -> str:
        if isinstance(value, dict):
            pairs = self.draw(st.permutations(list(value.items())))
            members = [f"{self._text(key)}{self._space()}:{self.write(inner)}" for key, inner in pairs]
            if self.twice and pairs and self.draw(st.booleans()):
                key = self.draw(st.sampled_from([key for key, _ in pairs]))
                members.insert(0, f"{self._text(key)}:{self.write(self.draw(scalars))}")
            written = "{" + self._space() + ",".join(members) + "}"
        elif isinstance(value, list):
            written = "[" + ",".join(map(self.write, value)) + self._space() + "]"
        elif isinstance(value, str):
            written = self._text(value)
        else:
            written = self._number(json.dumps(value))
        return self._space() + written + self._space()

    def _space(self) -> str:
        return str(self.draw(st.sampled_from(["", "", "", " ", "\t \r"])))

    def _text(self, text: str) -> str:
        plain = json.dumps(text, ensure_ascii=self.draw(st.booleans()))
        if plain.isascii() and "\\" not in plain and self.draw(st.booleans()):
            place = self.draw(st.integers(0, len(text)))
            escaped = "".join(f"\\u{ord(character):04x}" for character in text[place : place + 1])
            plain = f'"{text[:place]}{escaped}{text[place + 1 :]}"'
        return plain

    def _number(self, number: str) -> str:
        return number.replace("e", self.draw(st.sampled_from("eE"))) if number[-1].isdigit() else number


@st.composite
def written(draw: Any, of: Any = records, *, twice: bool = True) -> bytes:
    return Writer(draw, twice=twice).write(draw(of)).encode()


@st.composite
def damaged(draw: Any) -> bytes:
    """A record with a few bytes changed, dropped or put in."""
    line = bytearray(draw(written()))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(line)))
        line[start : start + draw(st.integers(0, 2))] = draw(
            st.sampled_from(
                [b"", b'"', b"{", b"}", b"[", b",", b"\\", b"\xff", b"\xc3", b"\0", b"0", b"e", b"\\ud800"]
            )
        )
    return bytes(line).replace(b"\n", b" ")


@st.composite
def near_a_limit(draw: Any) -> bytes:
    """A record about as large as a limit allows in one way, written as tightly or as loosely as can be."""
    size = draw(st.integers(245, 258))
    depth = draw(st.integers(1, 5))
    nested: Any = draw(st.sampled_from([{}, [], {"a": [{}]}, 1, "{{{{{{{{" * 40, "[[[[" * 70]))
    for _ in range(depth):
        nested = {"a": nested} if draw(st.booleans()) else [nested]
    shape = draw(st.sampled_from(["properties", "keys", "elements", "depth", "deep"]))
    properties: dict[str, Any] = {"time": 1_700_000_000}
    if shape == "properties":
        properties |= {chr(0x100 + n): 1 for n in range(size)}
    elif shape == "keys":
        properties["a"] = {chr(0x100 + n): nested for n in range(size)}
    elif shape == "elements":
        properties["a"] = [1] * size
    elif shape == "depth":
        properties["a"] = nested
    separators = draw(st.sampled_from([(",", ":"), (", ", ": ")]))
    line = json.dumps({"event": "a", "properties": properties}, separators=separators, ensure_ascii=False)
    if shape == "deep":
        line = line[:-2] + ',"a":' + "[" * size + "]" * size + "}}"
    return line.encode()


plain = st.builds(lambda value: json.dumps(value, separators=(",", ":")).encode(), records | simple_records)
lines = st.lists(
    near_a_limit()
    | plain
    | written()
    | damaged()
    | st.binary(max_size=20).map(lambda raw: raw.replace(b"\n", b"")),
    max_size=6,
)


@given(lines)
@example([b'{"event":"a","properties":{"time":1700000000,"a":"\xff"}}'])
@example([b'{"event":"a",', b'"properties":{"time":1700000000}}'])
def test_what_is_accepted_has_no_flaw(lines: list[bytes]) -> None:
    """The quick yes is never wrong, for any line of any batch."""
    for batch in [lines, *([line] for line in lines)]:
        if accepts(b"".join(line + b"\n" for line in batch), NOW_SECONDS):
            assert [flaw_of(line, NOW_SECONDS) for line in batch] == [None] * len(batch)


@given(lines)
def test_both_halves_agree(lines: list[bytes]) -> None:
    """What `check` says of many lines, mostly quickly, is what the careful half says of each."""
    checked = check(lines, NOW_SECONDS)
    expected = [
        (index, mend(line.strip(SPACE), NOW_SECONDS)) for index, line in enumerate(lines) if line.strip(SPACE)
    ]
    assert checked.flaws == [(index, found) for index, found in expected if isinstance(found, Flaw)]
    mended = [(index, found) for index, found in expected if not isinstance(found, Flaw)]
    assert list(checked.indexes) == [index for index, _ in mended]
    assert checked.lines == [found.line for _, found in mended]
    assert checked.heads == [found.head for _, found in mended]
    assert checked.added == sum((found.added for _, found in mended), Added())


@given(st.lists(plain, min_size=1, max_size=6))
def test_what_is_sent_has_no_flaw_and_lacks_nothing(lines: list[bytes]) -> None:
    """Mended lines have no flaw; checked again nothing is added, no byte changes; heads tell the truth."""
    checked = check(lines, NOW_SECONDS)
    assert [flaw_of(line, NOW_SECONDS) for line in checked.lines] == [None] * len(checked.lines)
    again = check(checked.lines, NOW_SECONDS)
    assert (again.lines, again.heads, again.flaws) == (checked.lines, checked.heads, [])
    assert again.added == Added()
    for line, head in zip(checked.lines, checked.heads, strict=True):
        properties = json.loads(line)["properties"]
        assert properties["$insert_id"] == head.insert_id
        assert {"ip", "time"} <= properties.keys()
        assert {"distinct_id", "$user_id", "$device_id"} & properties.keys()
        assert head.time in {int(properties["time"]), int(properties["time"] // 1_000)}


@given(written())
def test_mending_changes_nothing_else(line: bytes) -> None:
    """Taken out again, what was spliced in leaves the line as it was."""
    line = line.strip(SPACE)
    mended = mend(line, NOW_SECONDS)
    assume(not isinstance(mended, Flaw))
    assert not isinstance(mended, Flaw)
    if mended.added == Added():
        assert mended.line == line
        return
    before, after = json.loads(line), json.loads(mended.line)
    old, new = before.pop("properties"), after.pop("properties")
    assert before == after
    changed = {
        key for key in new if key not in old or old[key] != new[key] or type(old[key]) is not type(new[key])
    }
    assert changed <= {"$insert_id", "ip", "distinct_id"}
    assert len(changed) == mended.added.insert_ids + mended.added.ips + mended.added.distinct_ids
    assert old.keys() <= new.keys()


@given(st.data(), records)
def test_spelling_makes_no_id(data: st.DataObject, record: dict[str, Any]) -> None:
    """Order of keys, white space, escapes: the same content gets the same id, from either half."""
    spellings = [data.draw(written(st.just(record), twice=False)) for _ in range(2)]
    spellings.append(json.dumps(record, separators=(",", ":")).encode())
    heads = [check([line], NOW_SECONDS).heads for line in spellings]
    assert heads[0] == heads[1] == heads[2]


@given(st.lists(simple_records, min_size=1, max_size=8))
def test_usual_records_take_the_quick_half(records: list[dict[str, Any]]) -> None:
    """Else all the tests above would prove nothing about it."""
    lines = [json.dumps(record).encode() for record in records]
    assert len(read_usual(lines, NOW_SECONDS).lines) == len(lines)
    assert check(lines, NOW_SECONDS).indexes == range(len(lines))


@given(written(simple_records), st.uuids().map(str))
def test_an_id_is_replaced_and_nothing_else(line: bytes, insert_id: str) -> None:
    """Also where its key is escaped, or stands twice."""
    mended = mend(line.strip(SPACE), NOW_SECONDS)
    assume(not isinstance(mended, Flaw))
    assert not isinstance(mended, Flaw)
    replaced = with_insert_id(mended.line, insert_id)
    assert check([replaced], NOW_SECONDS).heads[0].insert_id == insert_id
    before, after = json.loads(mended.line), json.loads(replaced)
    assert after["properties"].pop("$insert_id") == insert_id
    assert before["properties"].pop("$insert_id") == mended.head.insert_id
    assert before == after
    assert with_insert_id(with_insert_id(mended.line, "other"), insert_id) == replaced


@given(damaged() | written() | st.binary())
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_anything_can_be_asked_about(line: bytes) -> None:
    """No bytes raise anything; what Python's reader takes for a JSON object is at most not a record."""
    flaw = flaw_of(line, NOW_SECONDS)
    if is_json_object(line):
        assert flaw is None or flaw.field != ""
    if flaw is None:
        json.loads(line.decode())


@pytest.mark.parametrize("depth", [3, 200, 249, 251, 900, 5_000, 300_000])
@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}"), (b"[", b"")])
def test_depth_never_raises(depth: int, opening: bytes, closing: bytes) -> None:
    """However deep, open or closed, by whichever half."""
    inner = opening * depth + b"1" + closing * depth
    line = b'{"event":"a","properties":{"time":1700000000,"a":' + inner + b"}}"
    checked = check([line] * 2, NOW_SECONDS)
    assert len(checked.lines) + len(checked.flaws) == 2
    assert (flaw_of(line, NOW_SECONDS) is None) == bool(checked.lines)
    if accepts(line, NOW_SECONDS):
        assert checked.lines
    is_json_object(line)
