"""Records judged together are judged as one by one."""

import json
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.mixpanel.batches import Judge, Judged, judge_batch
from local.mixpanel.flaws import Failure
from local.mixpanel.rules import judge_record
from local.mixpanel.switches import Switches, turn
from tests.fakes.import_client import NOW, record

PEER = "192.0.2.7"

ids = (
    st.sampled_from(["a", "user-1", "none", "None", "", "0", "x" * 36, "x" * 37, "a b", "é", "lmy47d"])
    | st.text()
)
times = st.sampled_from(
    [0, 31_535_999, 31_536_000, 31_536_000_000, NOW, NOW + 3_600, NOW + 3_601, NOW * 1000, NOW - 800 * 86_400]
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
anything = st.fixed_dictionaries(
    {},
    optional={
        "event": st.text(max_size=4) | st.just("$identify") | values,
        "properties": values | st.dictionaries(st.text(), values),
    },
)
odd_ids = st.sampled_from(["none", "None", "0", "", "x" * 37, "a b", "lmy47d", None])
# Usual but for one thing: what the fast path must not take for usual.
nearly_usual = st.builds(
    lambda number, event, odd: record(number, event=event, **{"text": "x" * 60} | dict([odd])),
    st.integers(0, 5),
    st.sampled_from(["visit", "visit", "visit", " ", "$identify"]),
    st.tuples(st.sampled_from(["distinct_id", "insert_id", "user_id", "device_id"]), odd_ids)
    | st.tuples(st.sampled_from(["time", "ip", "plan", "a"]), values),
)
usual_times = st.builds(
    lambda number, time: record(number, time=time, pad="x" * 60), st.integers(0, 5), times
)
records = anything | nearly_usual | nearly_usual | usual_times
damage = st.sampled_from([b"", b"", b"", b"", b"\xff", b"\xff", b"{", b"}", b"[", b'"', b"\x00", b"}{"])
chosen = st.fixed_dictionaries(
    {},
    optional={
        "age_days": st.sampled_from([0, 730]),
        "retention_days": st.sampled_from([0, 730]),
        "forbidden_ids": st.sampled_from(["exact", "any-case"]),
        "identity": st.sampled_from(["simplified", "original"]),
        "identity_records": st.sampled_from(["kept", "ignored"]),
        "distinct_id_absent": st.sampled_from(["accepted", "derived", "refused"]),
        "insert_id_absent": st.sampled_from(["generated", "refused"]),
        "future_time": st.sampled_from(["overwritten", "refused"]),
        "milliseconds_from": st.sampled_from([10_000_000_000, 100_000_000_000]),
        "properties": st.sampled_from([5, 254, 255]),
        "refuse_where": st.sampled_from([{}, {"plan": None}]),
    },
)


@st.composite
def lines(draw: st.DrawFn) -> list[bytes]:
    found = []
    for content in draw(st.lists(records, max_size=4)):
        line = bytearray(json.dumps(content, ensure_ascii=draw(st.booleans())).encode(errors="surrogatepass"))
        at = draw(st.integers(0, len(line)))
        line[at:at] = draw(damage)
        if stripped := bytes(line).replace(b"\n", b" ").strip(b" \t\r"):
            found.append(stripped)
    return found


def one_by_one(found: list[bytes], switches: Switches) -> Judged:
    judged = Judged(len(found))
    for index, line in enumerate(found):
        verdict = judge_record(line, index, switches, NOW, PEER)
        if isinstance(verdict, Failure):
            judged.failures.append(verdict)
        else:
            judged.add(index, verdict, 86_400)
    return judged


def without_chance(judged: Judged, found: list[bytes]) -> dict[str, Any]:
    """A record without $insert_id has a key of its own each time."""
    content = asdict(judged)
    content["keys"] = [
        key
        for key, index in zip(judged.keys, judged.indexes, strict=True)
        if json.loads(found[index])["properties"].get("$insert_id")
    ]
    return content


@given(lines(), chosen)
@settings(max_examples=400, deadline=None)
def test_the_fast_path_is_the_rules(found: list[bytes], wanted: dict[str, Any]) -> None:
    """Whatever comes, together or alone: the same verdicts, hashes and counts."""
    switches = turn(Switches(), wanted)
    together = judge_batch(found, switches, NOW, PEER)
    assert without_chance(together, found) == without_chance(one_by_one(found, switches), found)


ODD: dict[str, dict[str, Any]] = {
    "distinct_id absent": {"distinct_id": None},
    "distinct_id forbidden": {"distinct_id": "none"},
    "distinct_id forbidden in another case": {"distinct_id": "None"},
    "distinct_id a number": {"distinct_id": 0},
    "insert_id too long": {"insert_id": "x" * 37},
    "insert_id forbidden": {"insert_id": "null"},
    "insert_id of other characters": {"insert_id": "a_b"},
    "event blank": {"event": " "},
    "identity": {"event": "$identify"},
    "time in milliseconds": {"time": (NOW - 100_000) * 1_000},
    "time too early": {"time": 31_535_999},
    "time too late": {"time": NOW + 3_601},
    "time long ago": {"time": NOW - 800 * 86_400},
    "time between units": {"time": 20_000_000_000},
    "a long list": {"a": [0] * 255},
    "an object too deep": {"a": {"b": {"c": {"d": 1}}}},
    "many properties": {f"p{number}": 1 for number in range(253)},
    "few properties too many": {"a": 1, "b": 2, "c": 3},
    "a user": {"user_id": "u"},
    "a user of no name": {"user_id": "", "device_id": "d"},
    "a user that is null": {"ip": None},
    "a record too long": {"a": "x" * 1_048_576},
}
SWITCHES: list[dict[str, Any]] = [
    {},
    {"forbidden_ids": "any-case"},
    {"identity": "original"},
    {"identity_records": "ignored"},
    {"distinct_id_absent": "derived"},
    {"distinct_id_absent": "refused"},
    {"future_time": "refused"},
    {"age_days": 730},
    {"retention_days": 730},
    {"milliseconds_from": 10_000_000_000_000},
    {"properties": 5},
    {"refuse_where": {"a": 1}},
    {"record_bytes": 120},
]


@pytest.mark.parametrize("wanted", SWITCHES, ids=str)
@pytest.mark.parametrize("odd", ODD.values(), ids=list(ODD))
def test_each_odd_thing_is_judged_by_the_rules(odd: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Nothing that some rule may refuse, or change, slips through the fast path."""
    line = json.dumps(record(**odd)).encode()
    usual = json.dumps(record(1, note="seen")).encode()
    found = [line, usual, usual.replace(b"seen", b"se\xffen")]
    switches = turn(Switches(), wanted)
    assert asdict(judge_batch(found, switches, NOW, PEER)) == asdict(one_by_one(found, switches))


def test_usual_records_take_the_fast_path() -> None:
    """Else the simulator would be slower than what it measures."""
    usual = [
        json.dumps(record(number, ip=0, url="https://x.example/?a=b:c")).encode() for number in range(50)
    ]
    decoded = Judge(Switches(), NOW, PEER, 86_400)._decode_usual(usual)
    assert all(each is not None for each in decoded)


def test_one_odd_record_does_not_slow_the_others() -> None:
    """The typed decode goes on line by line."""
    found = [json.dumps(record(number)).encode() for number in range(3)] + [b'{"event": 1, "properties": {}}']
    decoded = Judge(Switches(), NOW, PEER, 86_400)._decode_usual(found)
    assert [each is not None for each in decoded] == [True, True, True, False]


def test_two_records_on_a_line_are_none() -> None:
    """Two objects on one line and one on two would make the counts agree; each line is a flaw."""
    whole = json.dumps(record()).encode()
    half = whole.index(b'"properties"')
    judged = judge_batch([whole + whole, whole[:half], whole[half:]], Switches(), NOW, PEER)
    assert [failure.index for failure in judged.failures] == [0, 1, 2]


@pytest.mark.parametrize("unit", [1, 86_400])
def test_what_makes_copies(unit: int) -> None:
    """Compaction asks for the same UTC day, a query for the same second; other properties never count."""
    same_day = [record(0, time=NOW - 60), record(0, time=NOW - 50), record(0, time=NOW - 60, plan="x", ip=0)]
    judged = judge_batch([json.dumps(each).encode() for each in same_day], Switches(), NOW, PEER, unit)
    first, other_second, other_property = judged.keys
    assert first == other_property
    assert (first == other_second) == (unit == 86_400)


@pytest.mark.parametrize(
    "other",
    [
        {"event": "other"},
        {"distinct_id": "other"},
        {"insert_id": "other"},
        {"time": NOW - 2 * 86_400},
        {"user_id": "u"},
    ],
)
def test_what_makes_no_copy(other: dict[str, Any]) -> None:
    """Another event, user, id or day is another record."""
    judged = judge_batch(
        [json.dumps(each).encode() for each in (record(), record(**other))], Switches(), NOW, PEER
    )
    assert len(set(judged.keys)) == 2


def test_a_generated_id_is_nobodys_copy() -> None:
    """The dedup page: without $insert_id a record is not deduplicated."""
    line = json.dumps(record(insert_id=None)).encode()
    assert len(set(judge_batch([line] * 3, Switches(), NOW, PEER).keys)) == 3
