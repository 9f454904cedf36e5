"""A plan that matches nothing, or a typing error in a name, is an error; what is merely not there is said."""

from typing import Any

import pytest

from partitioner.exits import Refused
from partitioner.tracking.applier import Applier
from partitioner.tracking.plan import EventRules, Plan, Rules
from partitioner.tracking.verdict import verdict

KEY = b"a key of 16 bytes or more"


def judged(rules: Rules, *records: dict[str, Any]) -> tuple[str, ...]:
    """What is said of entries that met nothing."""
    plan = Plan(rules, "hash")
    made = Applier(plan, KEY)
    for record in records:
        made.apply(record)
    return verdict(plan, made.tracked()).unmet


def record(event: str, **properties: Any) -> dict[str, Any]:
    return {"event": event, "properties": {"time": 1_700_000_000, "$insert_id": "i", **properties}}


def test_a_typing_error_in_a_protecting_entry_is_an_error() -> None:
    """`emial` would leave each e-mail as it is, in silence."""
    rules = Rules(properties={"emial": "hash", "plan": "keep"})
    with pytest.raises(Refused, match=r'properties\.emial: did you mean "Email"'):
        judged(rules, record("A", Email="x@y.zz", plan="free"))


def test_a_typing_error_in_an_event_is_an_error() -> None:
    """What was to be dropped would go out."""
    rules = Rules(events={"Page Viewd": EventRules("drop")}, properties={"a": "keep"})
    with pytest.raises(Refused, match=r'events\."Page Viewd": did you mean "Page Viewed"'):
        judged(rules, record("Page Viewed", a=1))


def test_a_typing_error_in_who_it_was_is_an_error() -> None:
    """distinct_id is kept where no entry says other, whatever becomes of unknown properties."""
    rules = Rules(properties={"distinctid": "hash", "a": "keep"}, unknown_properties="drop")
    with pytest.raises(Refused, match='did you mean "distinct_id"'):
        judged(rules, record("A", distinct_id="d", a=1))


def test_what_is_kept_either_way_is_no_error() -> None:
    """`keep` for what isn't there, beside what is kept though unknown."""
    rules = Rules(events={"Page View": EventRules()}, properties={"a": "keep"})
    assert judged(rules, record("Page Viewed", a=1)) == (
        'events."Page View" of the tracking plan met nothing',
    )


def test_what_is_like_another_entry_is_no_error() -> None:
    """Both are meant."""
    rules = Rules(properties={"email": "hash", "emails": "hash"})
    assert judged(rules, record("A", email="x@y.zz")) == (
        "properties.emails of the tracking plan met nothing",
    )


def test_a_plan_of_another_export_is_an_error() -> None:
    """It says what the plan names, and what is there."""
    rules = Rules(events={"Zebra": EventRules()}, properties={"stripes": "keep"})
    with pytest.raises(Refused, match=r"matches nothing.*events\.Zebra.*the export has Login"):
        judged(rules, record("Login", a=1))


def test_a_plan_of_unknown_ones_alone_matches_what_it_drops() -> None:
    """It has no entries that could meet anything."""
    rules = Rules(unknown_properties="drop")
    assert judged(rules, record("A", a=1)) == ()
    with pytest.raises(Refused, match="matches nothing"):
        judged(rules, record("A"))


def test_many_entries_are_not_all_named() -> None:
    """Ten, and how many more."""
    rules = Rules(properties={"a": "keep"} | {f"zz{number}qq": "keep" for number in range(30)})
    said = judged(rules, record("A", a=1))
    assert len(said) == 11
    assert said[-1] == "  … and 20 more"


def test_what_it_did_is_said_by_rule() -> None:
    """With its keyed ids."""
    plan = Plan(Rules(properties={"a": "drop"}), "0123456789abcdef")
    made = Applier(plan, KEY)
    for _ in range(1_200):
        made.apply({"event": "A", "properties": {"time": 1, "a": 1}})
    assert list(verdict(plan, made.tracked()).lines()) == [
        "tracking plan (SHA-256 0123456789ab…):",
        '      1,200  properties.a = "drop"',
        "      1,200  keyed $insert_id, where there was no legal one",
    ]
