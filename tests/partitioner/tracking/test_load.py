"""A plan's file is read strictly: each mistake is an error that names file, key and what was meant."""

import hashlib
from pathlib import Path

import pytest

from partitioner.exits import Refused
from partitioner.tracking.load import load_plan
from partitioner.tracking.plan import toml_key

PLAN = """
unknown_events = "drop"
unknown_properties = "refuse"

[properties]
email = "hash"
time = "keep"

[events."Page Viewed"]

[events."Page Viewed".properties]
url = "truncate=100"
ip = "drop"

[events.Noise]
action = "drop"
"""


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "tracking.toml"
    path.write_text(text)
    return path


def test_a_plan_has_what_the_file_says_and_its_hash(tmp_path: Path) -> None:
    """Names with spaces too; an event's action is keep where none is given."""
    path = write(tmp_path, PLAN)
    plan = load_plan(path)
    assert plan.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (plan.rules.unknown_events, plan.rules.unknown_properties) == ("drop", "refuse")
    assert plan.rules.events["Page Viewed"].properties == {"url": "truncate=100", "ip": "drop"}
    assert [event.action for event in plan.rules.events.values()] == ["keep", "drop"]
    assert list(plan.rules.entries()) == [
        'events."Page Viewed"',
        'events."Page Viewed".properties.url',
        'events."Page Viewed".properties.ip',
        "events.Noise",
        "properties.email",
        "properties.time",
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('unknwon_events = "drop"', ["unknwon_events is no key", '"unknown_events"']),
        ('unknown_events = "droop"', ["unknown_events = 'droop'", '"drop"']),
        ('unknown_properties = "hash"', ["unknown_properties = 'hash'", "keep, drop, refuse"]),
        ("unknown_properties = 3", ["unknown_properties = 3"]),
        ('[properties]\nemail = "hsah"', ['properties.email = "hsah"', '"hash"']),
        ('[properties]\nemail = "truncate=0"', ['properties.email = "truncate=0"', '"truncate=100"']),
        ("[properties]\nemail = true", ["properties must be", "bool"]),
        ('[properties]\ntime = "drop"', ['properties.time = "drop"', "needs time as it is"]),
        ('[properties]\n"$insert_id" = "hash"', ['properties."$insert_id"', "needs $insert_id"]),
        ('[properties]\ndistinct_id = "truncate=3"', ["one user of several"]),
        ('[events.A]\nactoin = "drop"', ["events.A.actoin is no key", '"action"']),
        ('[events."A b"]\naction = "hash"', ["events.\"A b\".action = 'hash'", "keep, drop"]),
        ("[events.A]\naction = []", ["events.A.action = []"]),
        ('[events."A b".properties]\nx = "kep"', ['events."A b".properties.x = "kep"', '"keep"']),
        ('[events.A]\naction = "drop"\n[events.A.properties]\nx = "keep"', ["events.A is dropped whole"]),
        ('[events]\nA = "drop"', ["events.A must be a table"]),
        ('events = "drop"', ["events must be tables"]),
        ("", ["says nothing"]),
        ('unknown_events = "keep"', ["says nothing"]),
        ("[events.A]\n[events.A]", ["is no TOML", "line 2"]),
        ("[properties\n", ["is no TOML"]),
    ],
)
def test_a_mistake_is_named_with_file_key_and_what_was_meant(
    tmp_path: Path, text: str, says: list[str]
) -> None:
    """Before anything is read of the export."""
    path = write(tmp_path, text)
    with pytest.raises(Refused) as caught:
        load_plan(path)
    for each in [str(path), *says]:
        assert each in caught.value.message


def test_bytes_that_are_no_text_are_no_plan(tmp_path: Path) -> None:
    """An error of its own, not a traceback."""
    path = tmp_path / "tracking.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(Refused, match="is no TOML"):
        load_plan(path)


@pytest.mark.parametrize("name", ["plain", "with space", 'a "quote"', "back\\slash", "größe", "\x7f\n\t", ""])
def test_any_name_is_a_key_of_toml(tmp_path: Path, name: str) -> None:
    """What names an entry in messages and in a proposed plan can be read again."""
    path = write(tmp_path, f'[events.{toml_key(name)}]\naction = "drop"')
    assert list(load_plan(path).rules.events) == [name]
