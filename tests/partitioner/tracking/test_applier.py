"""A plan changes what it says and nothing else; hashes and ids give nothing away."""

import copy
import hashlib
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from function.identity import is_valid_id, new_insert_id
from partitioner.shape.rows import Unusable, decode_row, encode_row, number
from partitioner.tracking.applier import Applier
from partitioner.tracking.plan import EventRules, Plan, Rules
from partitioner.tracking.tracked import RuleCount, Tracked

KEY, OTHER_KEY = b"a key of 16 bytes or more", b"another key of as many"
EMAIL = "jane.doe@example.com"


def applier(key: bytes | None = KEY, **rules: Any) -> Applier:
    return Applier(Plan(Rules(**rules), "hash"), key)


def record(event: str = "A", **properties: Any) -> dict[str, Any]:
    return {"event": event, "properties": {"time": 1_700_000_000, "distinct_id": "d", **properties}}


def properties_after(made: Applier, given_record: dict[str, Any]) -> dict[str, Any]:
    found = made.apply(given_record)
    assert found is not None
    properties: dict[str, Any] = found["properties"]
    return properties


def with_id(**properties: Any) -> dict[str, Any]:
    own: dict[str, Any] = {"$insert_id": "legal-id"}
    return record(**own, **properties)


def test_an_events_own_entry_wins_over_that_of_every_event() -> None:
    """Both are counted under their own names."""
    rules: dict[str, Any] = {
        "properties": {"a": "drop", "b": "truncate=2"},
        "events": {"A": EventRules(properties={"a": "keep"})},
    }
    made = applier(**rules)
    assert properties_after(made, with_id(a="1", b="xyz"))["a"] == "1"
    other = {**with_id(a="1", b="xyz"), "event": "B"}
    assert "a" not in properties_after(made, other)
    assert set(made.counts()) == {
        RuleCount('properties.a = "drop"', 1),
        RuleCount('properties.b = "truncate=2"', 2),
    }


def test_unknown_events_are_kept_dropped_or_refused() -> None:
    """Known ones are not touched by it."""
    events = {"A": EventRules()}
    for unknown, count in (("keep", 0), ("drop", 1), ("refuse", 1)):
        made = applier(events=events, unknown_events=unknown)
        assert made.apply(with_id()) == with_id()
        other = {**with_id(), "event": "B"}
        if unknown == "refuse":
            with pytest.raises(Unusable, match="not in the tracking plan"):
                made.apply(other)
        else:
            assert made.apply(other) == (other if unknown == "keep" else None)
        assert sum(each.count for each in made.counts()) == count


def test_unknown_properties_are_kept_dropped_or_refused() -> None:
    """What Mixpanel needs of every record is never unknown."""
    needed = with_id(**{"$user_id": "u", "$device_id": "e"})
    strange = with_id(strange="secret", a=1)
    for unknown in ("keep", "drop", "refuse"):
        made = applier(properties={"a": "keep"}, unknown_properties=unknown)
        assert made.apply(needed) == needed
        if unknown == "refuse":
            with pytest.raises(Unusable) as caught:
                made.apply(strange)
            assert caught.value.field == "properties.strange"
            assert "secret" not in caught.value.message
        else:
            assert made.apply(strange) == (strange if unknown == "keep" else with_id(a=1))


def test_a_hash_is_that_of_the_text_that_mixpanel_would_show() -> None:
    """So 7 and "7", which are one id, have one hash, and so has a value wherever it stands."""
    made = applier(properties=dict.fromkeys(("a", "b", "distinct_id"), "hash"))
    found = properties_after(made, with_id(a=7, b="7", distinct_id=7))
    assert found["a"] == found["b"] == found["distinct_id"]
    key = hashlib.blake2b(b"7", key=KEY, digest_size=16, person=b"value")
    assert found["a"] == key.hexdigest()


@pytest.mark.parametrize("value", [True, 1.5, [1, "x"], {"k": number("1.10")}, 10**30, "ü\ud800"])
def test_any_value_can_be_hashed(value: Any) -> None:
    """By its JSON, where it is no text."""
    found = properties_after(applier(properties={"a": "hash"}), with_id(a=value))
    assert isinstance(found["a"], str)
    assert len(found["a"]) == 32


def test_nothing_and_placeholders_stay() -> None:
    """Hashed, they would be one busy user; of other properties they are values like any other."""
    made = applier(properties={"a": "hash", "distinct_id": "hash"})
    for value in (None, "", "null", "anonymous", 0, -1):
        assert properties_after(made, with_id(distinct_id=value))["distinct_id"] == value
    assert properties_after(made, with_id(a=""))["a"] == ""
    assert properties_after(made, with_id(a="null"))["a"] != "null"


def test_joins_hold() -> None:
    """`$device:` stays in front, and what it stands before is hashed like the device's id itself."""
    made = applier(properties={"distinct_id": "hash", "$device_id": "hash"})
    found = properties_after(made, with_id(**{"distinct_id": "$device:x1", "$device_id": "x1"}))
    assert found["distinct_id"] == f"$device:{found['$device_id']}"


def test_only_text_is_truncated_and_only_where_it_is_longer() -> None:
    """By characters, not by bytes."""
    made = applier(properties={"a": "truncate=3"})
    for value, after in (("äöüß", "äöü"), ("äöü", "äöü"), (12345, 12345), ("", "")):
        assert properties_after(made, with_id(a=value))["a"] == after
    assert made.counts() == (RuleCount('properties.a = "truncate=3"', 1),)


def test_the_record_that_was_given_is_left_alone() -> None:
    """It may be needed for a letter."""
    given_record = record(a=EMAIL, b=1)
    before = copy.deepcopy(given_record)
    applier(properties={"a": "hash", "b": "drop"}).apply(given_record)
    assert given_record == before


@pytest.mark.parametrize("odd", [{}, {"event": 1}, {"event": "A"}, {"event": "A", "properties": []}])
def test_what_is_no_record_is_left_to_the_rules(odd: dict[str, Any]) -> None:
    """They refuse it, with their own words."""
    assert applier(unknown_events="drop", properties={"a": "drop"}).apply(odd) is odd


def test_a_record_without_time_gets_no_id() -> None:
    """It is about to be refused."""
    odd = {"event": "A", "properties": {"$insert_id": "an illegal id!"}}
    assert applier(properties={"a": "drop"}).apply(odd) is odd


def test_a_legal_id_is_kept_and_an_integer_left_to_become_its_text() -> None:
    """As without a plan."""
    made = applier(properties={"a": "hash"})
    ids: list[Any] = ["legal-id", 12345]
    for own in ids:
        given_record = {"event": "A", "properties": {"time": 1, "$insert_id": own, "a": EMAIL}}
        assert properties_after(made, given_record)["$insert_id"] == own
    assert made.tracked().insert_ids == 0


@pytest.mark.parametrize("own", [None, "", "null", "an illegal id!", 0])
def test_an_id_that_is_made_is_a_keyed_hash_of_the_one_made_without_a_plan(own: Any) -> None:
    """Of the content as it was before the plan."""
    given_record = record(**{"$insert_id": own, "email": EMAIL})
    made = applier(properties={"email": "drop"})
    found = properties_after(made, given_record)["$insert_id"]
    content_id = new_insert_id(given_record)
    assert content_id
    keyed = hashlib.blake2b(content_id.encode(), key=KEY, digest_size=16, person=b"insert_id")
    assert found == keyed.hexdigest()
    assert is_valid_id(found)
    assert made.tracked().insert_ids == 1


def test_another_plan_with_the_same_key_gives_the_same_ids() -> None:
    """Whatever it touches: so a second split is deduplicated against the first."""
    given_record = record(email=EMAIL, text="x" * 30)
    plans: list[dict[str, Any]] = [
        {"properties": {"email": "hash"}},
        {"properties": {"email": "drop", "text": "truncate=3"}},
        {"properties": {"distinct_id": "hash"}},
        {"events": {"A": EventRules()}},
    ]
    found = {properties_after(applier(**plan), given_record)["$insert_id"] for plan in plans}
    assert len(found) == 1


def test_records_that_differ_only_in_what_is_dropped_stay_two() -> None:
    """Mixpanel would show one of them, were their ids made of what is left."""
    made = applier(properties={"email": "drop"})
    ids = {properties_after(made, record(email=email))["$insert_id"] for email in (EMAIL, "x@y.zz")}
    assert len(ids) == 2


def test_without_a_key_ids_are_left_to_the_check() -> None:
    """A plan of whole records changes nothing in those it keeps."""
    given_record = record()
    assert applier(None, events={"A": EventRules()}).apply(given_record) is given_record


def test_what_was_met_and_what_is_strange_is_told() -> None:
    """An entry that keeps is met too."""
    made = applier(
        events={"A": EventRules(properties={"a": "keep", "b": "drop"}), "B": EventRules()},
        properties={"c": "truncate=5", "d": "keep"},
    )
    made.apply(with_id(a=1, c="short", strange=1))
    made.apply({**with_id(), "event": "Z"})
    tracked = made.tracked()
    assert [tracked.has_met(place) for place in range(6)] == [True, True, False, False, True, False]
    assert tracked.strange_events == ("Z",)
    assert tracked.strange_properties == ("distinct_id", "strange")


def test_what_workers_tell_is_summed_up() -> None:
    """Counts by rule, entries met by any, ids, strangers once."""
    one = Tracked((RuleCount("a", 1), RuleCount("b", 2)), b"\x01", 3, ("X",), ("p",))
    two = Tracked((RuleCount("b", 5),), b"\x04", 1, ("X", "Y"), ())
    assert one + two == Tracked((RuleCount("a", 1), RuleCount("b", 7)), b"\x05", 4, ("X", "Y"), ("p",))
    assert Tracked() + one == one
    assert msgspec.json.decode(msgspec.json.encode(one), type=Tracked) == one


NAMES = st.sampled_from(["a", "b", "c", "d", "email", "ünï", "distinct_id"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
ACTIONS = st.sampled_from(["keep", "drop", "hash", "truncate=4"])
RECORDS = st.builds(
    lambda event, properties: {"event": event, "properties": {"time": 1_700_000_000, **properties}},
    st.sampled_from(["A", "B", "C"]),
    st.dictionaries(NAMES | st.just("$insert_id"), VALUES, max_size=8),
)
RULES = st.builds(
    Rules,
    st.sampled_from(["keep", "drop"]),
    st.sampled_from(["keep", "drop"]),
    st.dictionaries(NAMES, ACTIONS, max_size=4),
    st.dictionaries(
        st.sampled_from(["A", "B"]), st.builds(EventRules, st.just("keep"), st.dictionaries(NAMES, ACTIONS))
    ),
)


@given(RULES, RECORDS)
def test_nothing_but_what_the_plan_says_changes(rules: Rules, given_record: dict[str, Any]) -> None:
    """In its order, whatever the plan and the record."""
    after = Applier(Plan(rules, "hash"), KEY).apply(given_record)
    if given_record["event"] not in rules.events and rules.unknown_events == "drop":
        assert after is None
        return
    assert after is not None
    event = rules.events.get(given_record["event"], EventRules())
    says = {**rules.properties, **event.properties}
    always = {"time", "$insert_id", "distinct_id"}
    expected: dict[str, Any] = {}
    for name, value in given_record["properties"].items():
        action = says.get(name, "keep" if name in always else rules.unknown_properties)
        if action == "truncate=4" and isinstance(value, str):
            expected[name] = value[:4]
        elif action in {"keep", "truncate=4"} and name != "$insert_id":
            expected[name] = value
        elif action in {"hash", "keep"}:
            expected[name] = after["properties"][name]
    found = {**after["properties"]}
    if "$insert_id" not in given_record["properties"]:
        assert list(found)[-1] == "$insert_id"
        del found["$insert_id"]
    assert list(found.items()) == list(expected.items())
    assert (list(after), after["event"]) == (list(given_record), given_record["event"])


@given(RULES, RECORDS)
def test_applied_again_it_says_the_same(rules: Rules, given_record: dict[str, Any]) -> None:
    """Hashes and ids are functions of record and key alone."""
    first, second = (Applier(Plan(rules, "hash"), KEY).apply(copy.deepcopy(given_record)) for _ in range(2))
    assert first == second


@given(st.text(min_size=4), st.sampled_from(["hash", "drop", "truncate=1"]))
def test_no_id_and_no_hash_can_be_made_without_the_key(value: str, action: str) -> None:
    """With another key each is another; no plain hash of the value or the record is in the output."""
    given_record = record(email=value)
    one, two = (
        properties_after(applier(key, properties={"email": action}), given_record) for key in (KEY, OTHER_KEY)
    )
    assert one["$insert_id"] != two["$insert_id"]
    assert one["$insert_id"] != new_insert_id(given_record)
    if action == "hash":
        assert one["email"] != two["email"]
        assert one["email"] not in one["$insert_id"]
        assert hashlib.blake2b(value.encode(), digest_size=16).hexdigest() != one["email"]


def test_numbers_stay_as_they_are_spelled() -> None:
    """Beside what changes."""
    line = b'{"event":"A","properties":{"time":1700000000,"price":1.10,"big":123456789012345678901,"a":"x"}}'
    after = applier(properties={"a": "drop"}).apply(decode_row(line))
    assert encode_row(after).startswith(line[:-9])
