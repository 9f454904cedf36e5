"""The key comes from the environment, and its absence is an error that names the fix."""

from pathlib import Path

import pytest

from partitioner.exits import Refused
from partitioner.tracking.key import KEY, KEY_FILE, mark_of, read_key, with_key
from partitioner.tracking.plan import EventRules, Plan, Rules

SECRET = "0123456789abcdef-a-secret"


def test_the_key_is_a_variable_or_a_mounted_file(tmp_path: Path) -> None:
    """Around it white space doesn't count: editors end files with a newline."""
    file = tmp_path / "key"
    file.write_text(f"{SECRET}\n")
    assert read_key({KEY: SECRET}) == SECRET.encode()
    assert read_key({KEY_FILE: str(file)}) == SECRET.encode()
    assert read_key({KEY: "", KEY_FILE: ""}) is None


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({KEY: "short"}, "TRACKING_KEY is shorter than 16 bytes"),
        ({KEY: SECRET, KEY_FILE: "x"}, "both set"),
        ({KEY_FILE: "/nowhere/key"}, "TRACKING_KEY_FILE names /nowhere/key"),
    ],
)
def test_a_key_that_is_no_good_is_refused(environ: dict[str, str], says: str) -> None:
    """Without showing it."""
    with pytest.raises(Refused, match=says) as caught:
        read_key(environ)
    assert SECRET not in caught.value.message


@pytest.mark.parametrize(
    "rules",
    [
        Rules(properties={"email": "hash"}),
        Rules(properties={"text": "truncate=3"}),
        Rules(events={"A": EventRules(properties={"email": "drop"})}),
        Rules(unknown_properties="drop"),
    ],
)
def test_a_plan_that_changes_properties_needs_a_key(rules: Rules) -> None:
    """The message holds what to type."""
    with pytest.raises(Refused, match="export TRACKING_KEY="):
        with_key(Plan(rules, "hash"), None)


def test_a_plan_of_whole_records_needs_none() -> None:
    """What it drops leaves no id behind."""
    plan = Plan(Rules("drop", "refuse", {"a": "keep"}, {"B": EventRules("drop")}), "hash")
    assert with_key(plan, None) == plan


def test_the_mark_tells_keys_apart_and_is_not_the_key() -> None:
    """It stands in `_run.json`."""
    plan = Plan(Rules(properties={"email": "hash"}), "hash")
    marked = with_key(plan, SECRET.encode())
    assert marked.key_mark == mark_of(SECRET.encode())
    assert marked != with_key(plan, SECRET.encode() + b"2")
    assert SECRET not in repr(marked)


def test_keys_of_any_length_count_to_their_last_byte() -> None:
    """BLAKE2b itself takes 64."""
    assert mark_of(b"x" * 100 + b"a") != mark_of(b"x" * 100 + b"b")
