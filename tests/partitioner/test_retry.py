"""Having chunks delivered again: those that need it, and never one that somebody is at work on."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result

from function.errors import UnreadableState
from function.state import Status, ledger_name
from partitioner import retry
from partitioner.places import open_bucket
from partitioner.redelivery import Standing, deliver_again, find_all, standing_of
from partitioner.stored import StoredObject
from tests.fakes.cloud import DESTINATION, Cloud, entry_of, make_chunk

NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)
NAME = "day/ecom-00001.ndjson.gz"
DATA = b'{"event":"e"}\n'


def run(cloud: Cloud, *arguments: str, stdin: str = "") -> Result:
    options = ["--state", f"gs://{cloud.state}", "--destination", DESTINATION]
    return CliRunner().invoke(retry.command, [f"gs://{cloud.chunks}", *arguments, *options], input=stdin)


def put(cloud: Cloud, status: Status | None = None, name: str = NAME, **fields: Any) -> int:
    """An object with an entry of `status`, if any. Returns its generation."""
    generation: int = cloud.put(name, DATA, custom_time=NOW).generation
    if status:
        chunk = make_chunk(name, DATA)
        cloud.write_entry(name, entry_of(chunk, status, **({"generation": generation} | fields)))
    return generation


def is_delivered_again(cloud: Cloud, generation: int, name: str = NAME) -> bool:
    return int(cloud.blob(name).generation) != generation


MISSING = ("--missing", "--older-than", "0s")


@pytest.mark.parametrize(
    ("status", "fields", "options"),
    [
        (None, {}, MISSING),
        (Status.DEFERRED, {}, MISSING),
        (Status.IMPORTING, {"lease_until": NOW - HOUR}, MISSING),
        (Status.LOST, {"generation": 1}, MISSING),
        (Status.DONE, {"generation": 1, "crc32c": "AAAAAA=="}, MISSING),
        (Status.QUARANTINED, {}, ("--quarantined",)),
        (Status.REFUSED, {}, ("--refused",)),
        (Status.REFUSED, {}, ("--refused", "--quarantined")),
        (None, {}, (NAME,)),
        (Status.DEFERRED, {}, (NAME,)),
        (Status.QUARANTINED, {}, (NAME,)),
        (Status.REFUSED, {}, (NAME, "--refused")),
    ],
)
def test_is_delivered_again(
    cloud: Cloud, status: Status | None, fields: dict[str, Any], options: tuple[str, ...]
) -> None:
    """A new generation of the same content: announced like an upload, without the custom time."""
    generation = put(cloud, status, **fields)
    result = run(cloud, *options, "--yes")
    assert result.exit_code == 0, result.output
    assert is_delivered_again(cloud, generation)
    assert cloud.get(NAME) == DATA
    assert cloud.blob(NAME).custom_time is None
    assert cloud.blob(NAME).content_type == "application/gzip"
    assert f"{NAME}: " in result.output


@pytest.mark.parametrize(
    ("status", "fields", "options"),
    [
        (None, {}, ("--missing",)),
        (None, {}, ("--refused",)),
        (Status.DEFERRED, {}, ("--missing",)),
        (Status.DEFERRED, {}, ("--refused", "--quarantined")),
        (Status.DEFERRED, {"updated": NOW - 2 * HOUR}, ("--missing",)),
        (Status.IMPORTING, {"lease_until": NOW + HOUR}, MISSING),
        (Status.IMPORTING, {"lease_until": NOW + HOUR}, (NAME,)),
        (Status.IMPORTING, {"lease_until": NOW + HOUR, "crc32c": "AAAAAA==", "generation": 1}, MISSING),
        (Status.QUARANTINED, {"lease_until": NOW + HOUR}, ("--quarantined",)),
        (Status.DONE, {}, (*MISSING, "--refused", "--quarantined")),
        (Status.DONE, {"generation": 1}, MISSING),
        (Status.DONE, {}, (NAME,)),
        (Status.QUARANTINED, {}, (*MISSING, "--refused")),
        (Status.REFUSED, {}, (NAME, "--quarantined")),
    ],
)
def test_is_left_alone(
    cloud: Cloud, status: Status | None, fields: dict[str, Any], options: tuple[str, ...]
) -> None:
    """Too young, at work, done, or not what was asked for: not touched, and that is no error."""
    generation = put(cloud, status, **fields)
    result = run(cloud, *options, "--yes")
    assert result.exit_code == 0, result.output
    assert "Nothing to deliver again" in result.output
    assert ("--older-than" in result.output) == (options == ("--missing",))
    assert not is_delivered_again(cloud, generation)


def test_what_is_no_chunk_is_not_missing(cloud: Cloud) -> None:
    """Empty objects, folder markers, and names with a part that begins with _."""
    for name, data in (
        ("day/", b""),
        ("day/empty.ndjson", b""),
        ("_manifests/ecom.json", b"{}"),
        ("day/_old/a.ndjson", DATA),
    ):
        cloud.put(name, data)
    before = {name: cloud.blob(name).generation for name in cloud.names()}
    result = run(cloud, *MISSING, "--yes")
    assert result.exit_code == 0
    assert {name: cloud.blob(name).generation for name in cloud.names()} == before
    for name in before:
        assert run(cloud, name, "--yes").exit_code == 0
    assert {name: cloud.blob(name).generation for name in cloud.names()} == before


@pytest.mark.parametrize(
    ("status", "fields", "age"),
    [
        (None, {}, HOUR),
        (Status.DEFERRED, {"updated": NOW - 3 * HOUR}, HOUR),
        (Status.DEFERRED, {"updated": NOW}, timedelta(0)),
        (Status.IMPORTING, {"updated": NOW - 3 * HOUR, "lease_until": NOW - HOUR / 2}, HOUR / 2),
        (Status.DONE, {"updated": NOW, "crc32c": "AAAAAA==", "generation": 1}, HOUR),
    ],
)
def test_missing_since(status: Status | None, fields: dict[str, Any], age: timedelta) -> None:
    """Since the object came, its entry was last written, or its lease ran out: whichever is latest."""
    chunk = make_chunk(NAME, DATA)
    stored = StoredObject(NAME, 7, len(DATA), chunk.crc32c, NOW - HOUR)
    entry = entry_of(chunk, status, **({"generation": 7} | fields)) if status else None
    found = standing_of(stored, entry, NOW)
    assert found.standing is Standing.MISSING
    assert NOW - found.since == age


def test_an_entry_that_cannot_be_read(cloud: Cloud) -> None:
    """Nobody knows whether an owner is at work: left alone, and named."""
    generation = put(cloud)
    name = ledger_name(DESTINATION, NAME)
    cloud.put(name, b"nonsense", bucket=cloud.state)
    result = run(cloud, *MISSING, "--yes")
    assert result.exit_code == 0
    assert f"gs://{cloud.state}/{name}" in result.output
    assert not is_delivered_again(cloud, generation)
    assert (
        standing_of(StoredObject(NAME, 1, 1, "", NOW), UnreadableState("-"), NOW).standing
        is Standing.UNREADABLE
    )


def test_asks_first(cloud: Cloud) -> None:
    """It shows what it would do; no, or no answer at all, changes nothing."""
    generation = put(cloud)
    for answer in ("n\n", ""):
        result = run(cloud, *MISSING, stdin=answer)
        assert result.exit_code == 1
        assert f"{NAME}: missing for" in result.output
        assert not is_delivered_again(cloud, generation)
    assert run(cloud, *MISSING, stdin="y\n").exit_code == 0
    assert is_delivered_again(cloud, generation)


def test_of_a_folder_alone(cloud: Cloud) -> None:
    """A place with a folder is about what is in it, and names may be given without it."""
    inside, outside = put(cloud), put(cloud, name="other.ndjson")
    options = ["--state", f"gs://{cloud.state}", "--destination", DESTINATION, "--yes"]
    place = f"gs://{cloud.chunks}/day"
    assert CliRunner().invoke(retry.command, [place, *MISSING, *options]).exit_code == 0
    assert is_delivered_again(cloud, inside)
    assert not is_delivered_again(cloud, outside, "other.ndjson")
    for name in (NAME, NAME.removeprefix("day/")):
        before = cloud.blob(NAME).generation
        assert CliRunner().invoke(retry.command, [place, name, *options]).exit_code == 0
        assert is_delivered_again(cloud, before)


def test_no_such_chunk(cloud: Cloud) -> None:
    """A name that isn't there: nothing is touched, the others neither."""
    generation = put(cloud)
    result = run(cloud, NAME, "day/none.ndjson", "--yes")
    assert result.exit_code == 1
    assert f"gs://{cloud.chunks}/day/none.ndjson" in result.output
    assert not is_delivered_again(cloud, generation)


def test_nothing_said(cloud: Cloud) -> None:
    """Which chunks is not to be guessed."""
    result = run(cloud, "--yes")
    assert result.exit_code == 2
    assert "--missing" in result.output


@pytest.mark.parametrize("age", ["1", "h", "-1h", "1 h", "1w", "1.5h"])
def test_no_span_of_time(cloud: Cloud, age: str) -> None:
    """Units are said."""
    result = run(cloud, "--missing", "--older-than", age)
    assert result.exit_code == 2
    assert "90s, 10m, 1h or 2d" in result.output


@pytest.mark.parametrize(("age", "seconds"), [("90s", 90), ("10m", 600), ("1h", 3_600), ("2d", 172_800)])
def test_spans_of_time(age: str, seconds: int) -> None:
    """As people write them."""
    assert retry.AgeType().convert(age, None, None) == timedelta(seconds=seconds)


def carry_out(cloud: Cloud, meanwhile: Callable[[], object]) -> list[str]:
    """Plans for one missing chunk, lets something happen, and does it. Returns what stood in the way."""
    with open_bucket(cloud.chunks) as chunks, open_bucket(cloud.state) as state:
        plan = find_all(chunks.objects(), state, DESTINATION)
        assert [found.standing for found in plan] == [Standing.MISSING]
        meanwhile()
        return [text for _, text in deliver_again(chunks, state, DESTINATION, plan)]


def test_an_owner_that_came_meanwhile(cloud: Cloud) -> None:
    """Between plan and deed a delivery arrived: its lease counts."""
    generation = put(cloud)
    lease = datetime.now(UTC) + HOUR
    entry = entry_of(make_chunk(NAME, DATA), Status.IMPORTING, generation=generation, lease_until=lease)
    assert carry_out(cloud, lambda: cloud.write_entry(NAME, entry)) == ["being imported now meanwhile"]
    assert not is_delivered_again(cloud, generation)


def test_other_content_that_came_meanwhile(cloud: Cloud) -> None:
    """A new upload is delivered by itself, and isn't overwritten with the old content."""
    put(cloud)
    assert carry_out(cloud, lambda: cloud.put(NAME, b"other")) == ["replaced meanwhile"]
    assert cloud.get(NAME) == b"other"


def test_deleted_meanwhile(cloud: Cloud) -> None:
    """There is nothing to copy any more."""
    put(cloud)
    assert carry_out(cloud, lambda: cloud.delete(NAME)) == ["deleted meanwhile"]


def test_many(cloud: Cloud) -> None:
    """All of them are delivered, the first few are shown."""
    generations = {f"n-{number:03d}": put(cloud, name=f"n-{number:03d}") for number in range(40)}
    result = run(cloud, *MISSING, "--yes")
    assert "and 20 more" in result.output
    assert "40 chunks will be delivered again" in result.output
    assert all(is_delivered_again(cloud, generation, name) for name, generation in generations.items())


def test_help_ends_in_an_example() -> None:
    """To be pasted."""
    result = CliRunner().invoke(retry.command, ["--help"])
    assert result.output.rstrip().splitlines()[-1].strip().startswith("python -m partitioner retry ")
