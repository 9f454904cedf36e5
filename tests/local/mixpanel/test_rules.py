"""What is asked of one record."""

import json
from typing import Any

import pytest

from local.mixpanel.flaws import Failure
from local.mixpanel.ids import FORBIDDEN_IDS
from local.mixpanel.rules import Seen, judge_record
from local.mixpanel.switches import Switches, turn
from tests.fakes.import_client import NOW, record

PEER = "192.0.2.7"
DAY = 86_400


def judge(content: Any, **switches: Any) -> Seen | Failure:
    line = content if isinstance(content, bytes) else json.dumps(content).encode()
    return judge_record(line, 3, turn(Switches(), switches), NOW, PEER)


def failure(content: Any, **switches: Any) -> tuple[str, str]:
    verdict = judge(content, **switches)
    assert isinstance(verdict, Failure), verdict
    return verdict.field, verdict.message


def seen(content: Any, **switches: Any) -> Seen:
    verdict = judge(content, **switches)
    assert isinstance(verdict, Seen), verdict
    return verdict


@pytest.mark.parametrize("blank", ["", "  ", None])
def test_an_event_has_a_name(blank: str | None) -> None:
    """Missing and blank names are refused in Mixpanel's own words."""
    assert failure(record(event=blank)) == ("event", "'event' must not be missing or blank")


def test_a_failure_names_index_and_insert_id() -> None:
    """What a sender needs to find the record."""
    verdict = judge(record(event="", insert_id="abc"))
    assert isinstance(verdict, Failure)
    assert (verdict.index, verdict.insert_id) == (3, "abc")


@pytest.mark.parametrize(
    ("time", "reason"),
    [
        (None, "must not be missing"),
        ("yesterday", "must be specified as seconds since epoch"),
        ("1789990000", "must be specified as seconds since epoch"),
        (True, "must be specified as seconds since epoch"),
        ([], "must be specified as seconds since epoch"),
        (1e300, "must be specified as seconds since epoch"),
        (31_535_999, "must not be before 1971-01-01"),
        (-5, "must not be before 1971-01-01"),
        (31_535_999_999, "must not be before 1971-01-01"),
    ],
)
def test_times_that_are_none(time: Any, reason: str) -> None:
    """Time is an integer of seconds or milliseconds, from 1971 on."""
    assert failure(record(time=time)) == ("properties.time", f"'properties.time' is invalid: {reason}")


@pytest.mark.parametrize(
    ("time", "seconds"),
    [
        (31_536_000, 31_536_000),
        (31_536_000_000, 31_536_000),
        (1_789_990_000_123, 1_789_990_000),
        (1_789_990_000.0, 1_789_990_000),
        (1_789_990_000.75, 1_789_990_000),
        (NOW + 3_600, NOW + 3_600),
        (NOW + 3_601, NOW),
        (1_789_990_000_123_456, NOW),
    ],
)
def test_times_that_are_some(time: float, seconds: int) -> None:
    """Seconds or milliseconds; what is over an hour ahead becomes now, unless a switch refuses it."""
    assert seen(record(time=time)).time_seconds == seconds


def test_switches_of_time() -> None:
    """Each contradiction about time can be shown both ways."""
    far = record(time=NOW + 3_601)
    assert failure(far, future_time="refused")[1].endswith("must not be in the future")
    assert seen(record(time=NOW + 3_600), future_time="refused").time_seconds == NOW + 3_600
    old = record(time=NOW - 731 * DAY)
    assert not seen(old).gone
    assert failure(old, age_days=730)[0] == "properties.time"
    assert seen(old, retention_days=730).gone
    assert seen(record(time="1789990000"), time_text="accepted").time_seconds == 1_789_990_000
    assert failure(record(time=1_789_990_000.5), time_fraction="refused")[0] == "properties.time"


@pytest.mark.parametrize("value", sorted(FORBIDDEN_IDS))
def test_forbidden_ids(value: str) -> None:
    """The documented list holds for both ids, in that very case; mixpanel-import says in any case."""
    assert failure(record(distinct_id=value))[0] == "properties.distinct_id"
    assert failure(record(insert_id=value))[0] == "properties.$insert_id"
    if value.upper() != value:
        assert seen(record(distinct_id=value.upper())).distinct_id == value.upper()
        assert (
            failure(record(distinct_id=value.upper()), forbidden_ids="any-case")[0]
            == "properties.distinct_id"
        )


def test_ids_that_are_no_text() -> None:
    """A number is taken as its text; a forbidden text is forbidden in that form too."""
    assert seen(record(distinct_id=123)).distinct_id == "123"
    assert seen(record(insert_id=456)).insert_id == "456"
    values: list[Any] = [0, -1, True, False, [], {}]
    for value in values:
        assert failure(record(distinct_id=value))[0] == "properties.distinct_id"
    assert failure(record(distinct_id=123), id_types="text")[0] == "properties.distinct_id"


def test_no_distinct_id() -> None:
    """Three sources, three answers: nobody, a user made of the caller's address, refused."""
    nobody = record(distinct_id=None)
    assert seen(nobody).distinct_id == ""
    derived = seen(nobody, distinct_id_absent="derived").distinct_id
    other = judge_record(
        json.dumps(nobody).encode(), 0, turn(Switches(), {"distinct_id_absent": "derived"}), NOW, "::1"
    )
    assert isinstance(other, Seen)
    assert len(derived) == 32
    assert other.distinct_id not in {derived, ""}
    reason = "'properties.distinct_id' is invalid: must not be missing"
    assert failure(nobody, distinct_id_absent="refused") == ("properties.distinct_id", reason)
    assert seen(record(distinct_id=""), distinct_id_absent="refused").distinct_id == ""


@pytest.mark.parametrize("value", ["x" * 37, "a b", "a_b", "é", "a\n", "1.5E+17", 1.5, ["a"]])
def test_bad_insert_ids(value: Any) -> None:
    """At most 36 bytes of letters, digits and '-'; the wording is unknown and can be set."""
    assert failure(record(insert_id=value))[0] == "properties.$insert_id"
    message = failure(record(insert_id=value), insert_id_message="must be fine")[1]
    assert message == "'properties.$insert_id' is invalid: must be fine"


def test_no_insert_id() -> None:
    """Generated, or refused: both are documented."""
    for absent in (record(insert_id=None), record(insert_id="")):
        assert seen(absent).insert_id == ""
        assert failure(absent, insert_id_absent="refused")[1].endswith("must not be missing")


def test_simplified_merge_takes_the_users_id() -> None:
    """$user_id, else $device_id, stands in the distinct_id's place, so that a resend must have the same."""
    assert seen(record(user_id="u", device_id="d")).distinct_id == "u"
    assert seen(record(device_id="d")).distinct_id == "$device:d"
    assert seen(record(0, user_id="u"), identity="original").distinct_id == "user-0"
    assert seen(record(distinct_id=None, device_id="d")).distinct_id == "$device:d"


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"[]",
        b"7",
        b'"text"',
        b"null",
        b"nothing",
        b"{'event': 'x'}",
        b"[" * 5_000,
        b'{"a":NaN}',
        b'{"a":"\x01"}',
        b"{} {}",
    ],
)
def test_what_is_no_json_object(line: bytes) -> None:
    """Each is one failed record, without a field to blame."""
    assert failure(line)[0] == ""


def test_json_that_is_odd_but_right() -> None:
    """Integers of any size, lone surrogates, escaped and doubled keys: the last of them counts."""
    line = (
        b'{"\\u0065vent":"x","properties":{"time":1,"time":%d,"distinct_id":"\\ud800","$insert_id":"i",'
        b'"n":123456789012345678901234567890,"f":1e400}}' % (NOW - 60)
    )
    assert seen(line).distinct_id == "\ud800"
    digits = b"9" * 5_000
    assert seen(json.dumps(record(n=0)).encode().replace(b'"n": 0', b'"n": ' + digits)).event == "visit"


def test_text_that_is_no_utf8_names_its_property() -> None:
    """In the documented words, which have no quotes."""
    line = json.dumps(record(utm_source="X")).encode().replace(b"X", b"\xff")
    words = "properties.utm_source is invalid: string should be valid utf8"
    assert failure(line) == ("properties.utm_source", words)
    assert failure(json.dumps(record(event="X")).encode().replace(b"X", b"\xff"))[0] == "event"
    assert failure(json.dumps(record(X=1)).encode().replace(b"X", b"\xff"))[0] == "properties.\ufffd"
    assert failure(b'{"event":"","properties":{"\\ud800\xff":1}}')[0] == "properties.\ufffd\ufffd"
    assert failure(b'{"event":"\xff"')[0] == ""


def test_properties_are_an_object() -> None:
    """Anything else is refused, and so is their absence."""
    assert failure({"event": "x"})[0] == "properties"
    assert failure({"event": "x", "properties": []})[0] == "properties"
    assert failure({"event": 5, "properties": {}})[0] == "event"


def test_limits_of_number() -> None:
    """255 properties or keys, 254 elements, three objects inside each other; a switch for each."""
    full = {f"p{number}": number for number in range(252)}
    assert seen(record(**full))
    assert failure(record(**full), properties=254)[0] == "properties"
    assert failure(record(**full, more=1))[0] == "properties"
    assert seen(record(a={str(key): 1 for key in range(255)}))
    assert failure(record(a={str(key): 1 for key in range(256)}))[0] == "properties.a"
    assert failure(record(a={str(key): 1 for key in range(255)}), keys=254)[0] == "properties.a"
    assert seen(record(a=[0] * 254))
    assert failure(record(a=[0] * 255))[0] == "properties.a"
    assert failure(record(a=[{"b": [0] * 256}]))[0] == "properties.a"
    assert seen(record(a={"b": {"c": 1}}))
    assert seen(record(a={"b": {"c": {}}}))
    assert failure(record(a={"b": {"c": {"d": {}}}}))[0] == "properties.a"
    assert failure(record(a=["x" * 9_000]), large_values="refused")[0] == "properties.a"
    assert seen(record(a=["x" * 9_000]))


def test_limit_of_bytes() -> None:
    """A record has fewer bytes than the limit, counted as sent."""
    line = json.dumps(record()).encode()
    assert seen(line, record_bytes=len(line) + 1)
    assert failure(line, record_bytes=len(line))[1].startswith("event must be smaller than")
    assert isinstance(judge(record(a="x" * 1_048_576)), Failure)


def test_records_refused_by_a_property() -> None:
    """What a test needs to see some records refused for good, until it is put right."""
    assert failure(record(plan="free"), refuse_where={"plan": "free"})[0] == "properties.plan"
    assert seen(record(plan="paid"), refuse_where={"plan": "free"})
