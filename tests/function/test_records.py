"""What a record must be, and how one that isn't quite is mended: claims by example."""

import json
import re
from hashlib import sha256
from typing import Any

import pytest

from function.records import (
    MAX_RECORD_BYTES,
    Added,
    Checked,
    Flaw,
    Head,
    Mended,
    accepts,
    check,
    flaw_of,
    is_json_object,
    mend,
    with_insert_id,
)
from function.splice import SPACE

NOW_SECONDS = 1_780_000_000.0
TIME = 1_710_325_274


def record(event: Any = "view", **properties: Any) -> bytes:
    whole = {"time": TIME, "distinct_id": "u1", "$insert_id": "abc-1", "ip": "10.0.0.1", **properties}
    return json.dumps(
        {"event": event, "properties": {k: v for k, v in whole.items() if v is not ...}}
    ).encode()


def field_of(line: bytes) -> str | None:
    flaw = flaw_of(line, NOW_SECONDS)
    return flaw.field if flaw else None


def only(line: bytes) -> Checked:
    checked = check([line], NOW_SECONDS)
    assert len(checked.lines) == len(checked.heads) == len(checked.indexes) == 1, checked.flaws
    return checked


def sent(line: bytes) -> Any:
    return json.loads(only(line).lines[0])["properties"]


GOOD = {
    "usual": record(),
    "milliseconds": record(time=TIME * 1_000 + 7),
    "fraction of a second": record(time=TIME + 0.25),
    "first moment": record(time=31_536_000),
    "first moment in milliseconds": record(time=31_536_000_000),
    "an hour ahead": record(time=int(NOW_SECONDS) + 3_600),
    "an hour ahead in milliseconds": record(time=(int(NOW_SECONDS) + 3_600) * 1_000),
    "no user": record(distinct_id=""),
    "number for a user": record(distinct_id=12_345),
    "one for a user": record(distinct_id=1),
    "half surrogate for a user": record(distinct_id=["~"]).replace(b"~", b"\\udc00"),
    "null beside a user id": record(**{"distinct_id": None, "$user_id": "u"}),
    "placeholder in another case": record(distinct_id="Anonymous"),
    "integers of any size": record(a=10**400, b=-(2**64)),
    "number beyond a double": record(a=1).replace(b'"a": 1', b'"a": 1e400'),
    "exponent beyond all": record(a=1).replace(b'"a": 1', b'"a": -1e9999999999999999999'),
    "lone surrogate": record(a=1).replace(b'"a": 1', b'"a": "\\ud800"'),
    "escaped zero": record(a="\0"),
    "255 properties": record(**{f"p{n}": n for n in range(251)}),
    "254 elements": record(a=list(range(254))),
    "255 keys": record(a={f"k{n}": n for n in range(255)}),
    "depth of three": record(a={"b": {"c": {}}}),
    "lists in lists": record(a=[[[[[[1]]]]]]),
    "keys that stand twice": b'{"event":"a","event":"b","properties":{"time":"x","time":%d}}' % TIME,
    "escaped keys": b'{"\\u0065vent":"a","propert\\u0069es":{"t\\u0069me":%d}}' % TIME,
    "white space": b' \t{ "event" :\r"a" , "properties" : { "time" : %d } } \r' % TIME,
    "other keys at the top": b'{"x":{"properties":1},"event":"a","properties":{"time":%d},"y":{"z":{}}}'
    % TIME,
}


@pytest.mark.parametrize("line", GOOD.values(), ids=GOOD)
def test_passes(line: bytes) -> None:
    """What the documents allow, contradict each other about, or don't mention passes, mended or not."""
    assert flaw_of(line, NOW_SECONDS) is None
    assert flaw_of(only(line).lines[0], NOW_SECONDS) is None


BAD = {
    "nothing": (b"", ""),
    "cut off": (record()[:-1], ""),
    "a list": (b"[]", ""),
    "two records": (record() + record(), ""),
    "two lines": (record().replace(b" ", b"\n", 1), ""),
    "trailing comma": (b'{"event":"a","properties":{"time":%d,}}' % TIME, ""),
    "NaN": (record(a=float("nan")), ""),
    "leading zero": (record(a=7).replace(b"7}", b"07}"), ""),
    "raw control character": (record(a="~").replace(b"~", b"\x01"), ""),
    "raw zero": (record(a="~").replace(b"~", b"\0"), ""),
    "form feed for white space": (record() + b"\f", ""),
    "not UTF-8": (record(a="~").replace(b"~", b"\xff"), ""),
    "surrogate in UTF-8": (record(a="~").replace(b"~", b"\xed\xa0\x80"), ""),
    "100,000 deep": (record(a=1).replace(b'"a": 1', b'"a": ' + b"[" * 100_000 + b"]" * 100_000), ""),
    "100,000 open": (b'{"a":' * 100_000, ""),
    "over 1 MB": (record(a="x" * MAX_RECORD_BYTES), ""),
    "no event": (b'{"properties":{"time":%d}}' % TIME, "event"),
    "blank event": (record(event=" \u3000"), "event"),
    "event of another type": (record(event=1), "event"),
    "no properties": (b'{"event":"a"}', "properties"),
    "empty properties": (b'{"event":"a","properties":{}}', "properties.time"),
    "properties of another type": (b'{"event":"a","properties":[]}', "properties"),
    "time in the wrong place": (b'{"event":"a","time":%d,"properties":{}}' % TIME, "properties.time"),
    "no time": (record(time=...), "properties.time"),
    "null time": (record(time=None), "properties.time"),
    "time in words": (record(time="2024-03-13T10:21:14"), "properties.time"),
    "true for a time": (record(time=True), "properties.time"),
    "before 1971": (record(time=31_535_999), "properties.time"),
    "before 1970": (record(time=-5), "properties.time"),
    "over an hour ahead": (record(time=int(NOW_SECONDS) + 3_601), "properties.time"),
    "microseconds": (record(time=TIME * 1_000_000), "properties.time"),
    "endless time": (record(time=1).replace(b'"time": 1', b'"time": 1e400'), "properties.time"),
    "placeholder for a user": (record(distinct_id="undefined"), "properties.distinct_id"),
    "zero for a user": (record(distinct_id=0), "properties.distinct_id"),
    "true for a user": (record(distinct_id=True), "properties.distinct_id"),
    "false for a user": (record(distinct_id=False), "properties.distinct_id"),
    "empty object for a user": (record(distinct_id={}), "properties.distinct_id"),
    "256 properties": (record(**{f"p{n}": n for n in range(252)}), "properties"),
    "255 elements": (record(a=list(range(255))), "properties.a"),
    "256 keys": (record(a={f"k{n}": n for n in range(256)}), "properties.a"),
    "depth of four": (record(a={"b": [{"c": {"d": {}}}]}), "properties.a"),
}


@pytest.mark.parametrize(("line", "field"), BAD.values(), ids=BAD)
def test_names_the_flaw(line: bytes, field: str) -> None:
    """A broken rule is told with its field, by `flaw_of` and `check` alike, and never accepted in a hurry."""
    assert field_of(line) == field
    assert not accepts(line, NOW_SECONDS)
    if line:
        checked = check([record(), line, record()], NOW_SECONDS)
        assert [index for index, _ in checked.flaws] == [1]
        assert checked.flaws[0][1].field == field
        assert list(checked.indexes) == [0, 2]


TIGHT = b'{"event":"a","properties":{"time":%d,"distinct_id":"u"%%b}}' % TIME
EDGES = [
    *(line for line in GOOD.values()),
    *(line for line, _ in BAD.values()),
    record(distinct_id=-1),
    record(**{"distinct_id": "", "$user_id": "u"}),
    record(ip=""),
    record(ip=None),
    record(**{"ip": ..., "distinct_id": ..., "$device_id": 5}),
    b'{"event":"a","properties":{"time":%d,"distinct_id":"u"},"z":{}}' % TIME,
    *(TIGHT % (b',"a":[' + b",".join([b"1"] * count) + b"]") for count in (250, 254, 255)),
    *(TIGHT % (b',"a":' + b"[" * count + b"]" * count) for count in (240, 247, 248, 249)),
    *(
        TIGHT % b"".join(b',"%x":1' % number for number in range(count))
        for count in (249, 251, 252, 254, 255)
    ),
    *(TIGHT % (b',"a":{"a":{"a":' + inner + b"}}") for inner in (b"{}", b'{"a":{}}', b"[{}]", b'"{"')),
]


def test_many_lines_are_judged_as_each_alone() -> None:
    """Whichever half reads a line, it comes out the same: alone, among its like, among all others."""
    alone = [mend(line.strip(SPACE), NOW_SECONDS) for line in EDGES]
    good = [(index, found) for index, found in enumerate(alone) if isinstance(found, Mended)]
    checked = check(EDGES, NOW_SECONDS)
    assert list(checked.indexes) == [index for index, _ in good]
    assert checked.lines == [found.line for _, found in good]
    assert checked.heads == [found.head for _, found in good]
    assert checked.flaws == [
        (index, found) for index, found in enumerate(alone) if isinstance(found, Flaw) and EDGES[index]
    ]
    for index, found in good:
        assert check([EDGES[index]] * 2, NOW_SECONDS).heads == [found.head] * 2


def test_uses_the_words_of_mixpanel() -> None:
    """Where the documents or live answers show a message, it is that one."""
    assert flaw_of(record(event=""), 0) == Flaw("event", "'event' must not be missing or blank")
    assert flaw_of(record(time=...), 0) == Flaw(
        "properties.time", "'properties.time' is invalid: must not be missing"
    )
    assert flaw_of(record(), 0) == Flaw(
        "properties.time", "'properties.time' is invalid: must not be in the future"
    )


@pytest.mark.parametrize(
    "insert_id",
    [
        "x" * 37,
        "a b",
        "é",
        "a_b",
        "NULL",
        "Undefined",
        "00000000-0000-0000-0000-000000000000",
        "0",
        5,
        [],
        1.5,
    ],
)
def test_an_illegal_id_is_a_flaw_until_it_is_mended(insert_id: Any) -> None:
    """`flaw_of` judges a record as it stands; `check` mends the id, and nothing is left to complain about."""
    line = record(**{"$insert_id": insert_id})
    assert field_of(line) == "properties.$insert_id"
    assert not accepts(line, NOW_SECONDS)
    assert flaw_of(only(line).lines[0], NOW_SECONDS) is None


def test_leaves_a_whole_record_alone() -> None:
    """A record that lacks nothing comes out byte for byte, but for white space around it."""
    line = record()
    assert only(b"  " + line + b"\r").lines == [line]
    assert only(line).added == Added()


def test_splices_what_is_missing() -> None:
    """What is added stands behind the last property; every other byte stays, odd spelling included."""
    line = b'{"event":"\\u0061","properties":{"time":%d ,"n":1.50, "a":"\xc3\xa9/\\/"}}' % TIME
    checked = only(line)
    insert_id = checked.heads[0].insert_id
    assert checked.lines == [
        line[:-2] + b',"$insert_id":"%b","ip":0,"distinct_id":""}}' % insert_id.encode(),
    ]
    assert checked.added == Added(1, 1, 1)
    assert checked.heads == [Head("a", TIME, "", insert_id)]


def test_splices_wherever_properties_stand() -> None:
    """The last `properties` at the top is the record's: none inside it, and no last object of the line."""
    line = (
        b'{"properties":{"ip":1},"event":"}}","properties":{"time":%d,"properties":{"b":{}},'
        b'"distinct_id":"}"} , "event": "a" }' % TIME
    )
    checked = only(line)
    tail = b',"$insert_id":"%b","ip":0' % checked.heads[0].insert_id.encode()
    assert checked.lines == [line.replace(b'"}"}', b'"}"' + tail + b"}")]


@pytest.mark.parametrize("nothing", [b"null", b'""'])
def test_replaces_what_says_nothing(nothing: bytes) -> None:
    """An id or ip that is null or empty is replaced where it stands, the last one if its key stands twice."""
    line = (
        b'{"event":"a","properties":{"ip":"10.0.0.1","\\u0069p": %b ,"$insert_id":%b,"time":%d,'
        b'"distinct_id":"u"}}' % (nothing, nothing, TIME)
    )
    checked = only(line)
    new_id = b'"%b"' % checked.heads[0].insert_id.encode()
    assert checked.lines == [
        line.replace(b'\\u0069p": ' + nothing, b'\\u0069p": 0').replace(b'id":' + nothing, b'id":' + new_id)
    ]
    assert checked.added == Added(1, 1, 0)


def test_adds_a_user_only_where_none_is_named() -> None:
    """`$user_id` or `$device_id` say who it was; an empty distinct_id says that it was nobody."""
    for name in ("$user_id", "$device_id"):
        checked = only(record(**{"distinct_id": ..., name: "u"}))
        assert checked.added.distinct_ids == 0
        assert checked.heads[0].distinct_id == "u"
    assert sent(record(distinct_id=...))["distinct_id"] == ""
    assert sent(record(**{"distinct_id": None, "$user_id": None}))["distinct_id"] == ""
    assert only(record(distinct_id="")).added == Added()


def test_an_integer_becomes_the_id_it_reads_as() -> None:
    """12345 and "12345" are the same id; placeholders aren't ids, as numbers or as text."""
    assert sent(record(**{"$insert_id": 12_345}))["$insert_id"] == "12345"
    assert sent(record(**{"$insert_id": -7}))["$insert_id"] == "-7"
    assert re.fullmatch("[0-9a-f]{32}", sent(record(**{"$insert_id": 0}))["$insert_id"])
    assert re.fullmatch("[0-9a-f]{32}", sent(record(**{"$insert_id": 10**36}))["$insert_id"])


def test_the_content_makes_the_id() -> None:
    """The hash is that of the sorted, compact content: anyone can compute it."""
    line = b'{ "properties": {"b":1e1,"time":%d,"a":"\\u00e9"}, "event":"x"}' % TIME
    canonical = f'{{"event":"x","properties":{{"a":"é","b":10.0,"time":{TIME}}}}}'
    assert only(line).heads[0].insert_id == sha256(canonical.encode()).hexdigest()[:32]


@pytest.mark.parametrize("none", [..., None, "", "none", "N/A", "Undefined", 0, -1, True, [], {}])
def test_a_placeholder_is_no_id(none: Any) -> None:
    """Whatever stands for no id, the record gets the same one; another record another."""
    missing = only(record(**{"$insert_id": ...})).heads[0].insert_id
    assert only(record(**{"$insert_id": none})).heads[0].insert_id == missing
    assert only(record(**{"$insert_id": none, "a": 1})).heads[0].insert_id != missing


def test_junk_that_many_records_share_tells_them_apart() -> None:
    """An illegal id is hashed with event, user and time: it stays one where a sender repeats itself."""

    def new_id(junk: Any = "1.23E+17", event: str = "view", **properties: Any) -> str:
        return only(record(event, **{"$insert_id": junk, **properties})).heads[0].insert_id

    one = new_id()
    assert new_id(received_at=5) == one
    assert new_id(event="buy") != one
    assert new_id(distinct_id="u2") != one
    assert new_id(time=TIME + 1) != one
    assert new_id("(not set)") != one


def test_records_that_differ_get_different_ids() -> None:
    """What a quick reader would blur is told apart: large integers, surrogates, numbers from text."""
    values = [
        "12345678901234567890123",
        "12345678901234567890124",
        '"1"',
        "1",
        "1.0",
        "true",
        "null",
        "[]",
        "{}",
    ]
    values += ['"\\ud800"', '"\\ud801"', '"\\ufffd"', "1e400", '"1E+400"', "-1e400", "1e401", "9" * 5_000]
    lines = [record(**{"$insert_id": ..., "a": 1}).replace(b'"a": 1', b'"a":' + v.encode()) for v in values]
    heads = check(lines, NOW_SECONDS).heads
    assert len({head.insert_id for head in heads}) == len(values)


def test_limits_are_those_of_the_bytes_sent() -> None:
    """What is added counts: a record that it would take over a limit is refused, one byte less is not."""
    room = MAX_RECORD_BYTES - len(record(ip=..., pad="")) - len(b',"ip":0')
    assert len(only(record(ip=..., pad="x" * room)).lines[0]) == MAX_RECORD_BYTES
    over = record(ip=..., pad="x" * (room + 1))
    assert flaw_of(over, NOW_SECONDS) is None
    assert len(check([over], NOW_SECONDS).flaws) == 1

    many = {f"p{n}": n for n in range(252)}
    assert check([record(ip=..., **many)], NOW_SECONDS).flaws[0][1].field == "properties"
    assert only(record(**{"ip": ..., "$insert_id": ..., **many, "p0": ..., "p1": ...}))


def test_blank_lines_are_neither_records_nor_flaws() -> None:
    """Indexes go on counting them, as line numbers do."""
    checked = check([b"", record(), b" \t\r", b"\f", record(time=...), record()], NOW_SECONDS)
    assert list(checked.indexes) == [1, 5]
    assert [index for index, _ in checked.flaws] == [3, 4]


def test_nothing_in_nothing_out() -> None:
    """No line is fine, too."""
    assert check([], NOW_SECONDS).lines == []


def test_text_of_a_head_is_fit_for_utf8() -> None:
    """A lone surrogate, which JSON can spell and UTF-8 can't, reaches no one who stores a head or a flaw."""
    line = record("~", distinct_id="~").replace(b"~", b"\\ud800")
    head = only(line).heads[0]
    assert (head.event + head.distinct_id).encode()
    flaw = flaw_of(record(a=[0] * 300).replace(b'"a"', b'"\\udfff"'), NOW_SECONDS)
    assert flaw is not None
    assert flaw.field.encode().startswith(b"properties.")


def test_heads_are_in_seconds() -> None:
    """Whichever unit the record has, and whatever else stands beside it."""
    lines = [record(time=TIME), record(time=TIME * 1_000 + 999), record(time=TIME + 0.5)]
    assert [head.time for head in check(lines, NOW_SECONDS).heads] == [TIME] * 3
    assert [check([line], NOW_SECONDS).heads[0].time for line in lines] == [TIME] * 3


def test_with_insert_id_replaces_it_in_place() -> None:
    """The copies that are kept differ in their id alone."""
    line = record(a="é")
    assert with_insert_id(line, "new") == line.replace(b"abc-1", b"new")
    assert only(with_insert_id(line, "new")).heads[0].insert_id == "new"


def test_accepts_many_lines_at_once() -> None:
    """Newline-joined, with or without the last newline; one flaw among them is enough."""
    assert accepts(b"\n".join([record()] * 50), NOW_SECONDS)
    assert accepts(b"\n".join([record()] * 50) + b"\n", NOW_SECONDS)
    assert not accepts(b"\n".join([record()] * 50 + [record(time=...)]), NOW_SECONDS)
    assert not accepts(b"\n\n".join([record()] * 2), NOW_SECONDS)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"{}", True),
        (record(), True),
        (b' {"a":1e999} \r', True),
        (b"[]", False),
        (b"", False),
        (b'{"a":1', False),
        (b'{"a":"\xff"}', False),
        (b'{"a":"\\ud800"}', False),
        (b'{"a":\n1}', False),
        (b'{"a":' + b"[" * 100_000, False),
        (b"{}{}", False),
    ],
)
def test_is_json_object(line: bytes, expected: object) -> None:
    """An object on one line that every JSON reader takes, record or not."""
    assert is_json_object(line) is expected
