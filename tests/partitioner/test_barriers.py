"""What waits for what in an upload: windows for windows, all for the canary."""

import gzip
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import click
import pytest

from function.state import DeadLetter, Entry, Status, dead_letters_name, encode_dead_letter
from partitioner.barriers import Barriers, Terms
from partitioner.exits import COUNTS_DIFFER, Refused
from partitioner.manifest import FILE_NAME, Manifest, ManifestChunk, ManifestReason, encode_manifest
from partitioner.places import Place
from partitioner.storage import Bucket, make_client
from partitioner.upload_record import read_upload_record
from partitioner.uploading import upload
from tests.fakes.cloud import DESTINATION, Cloud, entry_of
from tests.fakes.windowed import HandFunction, write_windowed

WINDOW_BY_WINDOW = Terms(by_window=True, canary=False, asks=False)
CANARY = Terms(by_window=False, canary=True, asks=False)
BOTH = Terms(by_window=True, canary=True, asks=False)

ImportOne = Callable[[ManifestChunk], Entry | None]


def send(
    cloud: Cloud, folder: Path, manifest: Manifest, terms: Terms, import_one: ImportOne, destination: str = ""
) -> HandFunction:
    """The function, after an upload that came through."""
    target = Place(cloud.chunks, "day/")
    function = HandFunction(cloud, target, manifest, import_one)
    with Bucket(cloud.chunks, make_client()) as chunks, Bucket(cloud.state, make_client()) as state:
        barriers = Barriers(state, target, destination, terms, function.clock)
        upload(folder, target, chunks, gate=barriers)
    return function


def in_steps(looks: list[list[str]]) -> list[str]:
    """The windows that were seen together in the bucket, one text for each change."""
    seen = ["+".join(sorted({name.split("/")[0] for name in look})) for look in looks]
    return [text for at, text in enumerate(seen) if at == 0 or text != seen[at - 1]]


def test_a_window_begins_when_the_one_before_is_done(cloud: Cloud, tmp_path: Path) -> None:
    """However long that takes: a chunk that is deferred is waited for."""
    manifest = write_windowed(tmp_path / "out")
    asked: dict[str, int] = {}

    def slowly(chunk: ManifestChunk) -> Entry | None:
        asked[chunk.name] = asked.get(chunk.name, 0) + 1
        statuses = [None, Status.IMPORTING, Status.DEFERRED, Status.DEFERRED, Status.DONE]
        status = statuses[asked[chunk.name] - 1]
        return entry_of(chunk, status) if status else None

    function = send(cloud, tmp_path / "out", manifest, WINDOW_BY_WINDOW, slowly)
    assert in_steps(function.looks) == ["01-7d", "01-7d+02-30d"]
    assert {f"day/{chunk.name}" for chunk in manifest.chunks} <= set(cloud.names())
    assert any(name.startswith("day/_manifests/") for name in cloud.names())


def test_rejected_records_hold_nothing_up(cloud: Cloud, tmp_path: Path) -> None:
    """A chunk of which some were rejected is done."""
    manifest = write_windowed(tmp_path / "out")
    send(
        *(cloud, tmp_path / "out", manifest, WINDOW_BY_WINDOW),
        lambda chunk: entry_of(chunk, accepted=chunk.records - 1, rejected=1),
    )
    assert f"day/{manifest.chunks[-1].name}" in cloud.names()


@pytest.mark.parametrize("status", [Status.REFUSED, Status.QUARANTINED, Status.LOST])
def test_a_window_that_failed_stops_it(cloud: Cloud, tmp_path: Path, status: Status) -> None:
    """The next was not begun; what failed is named, and what to do. Mended, the same command goes on."""
    manifest = write_windowed(tmp_path / "out")
    bad = manifest.windows[1].chunks[-1]

    def one_fails(chunk: ManifestChunk) -> Entry:
        return entry_of(chunk, status, message="why") if chunk.name == bad else entry_of(chunk)

    with pytest.raises(Refused, match=rf"window 30d isn't done.*1 {status}.*why") as raised:
        send(cloud, tmp_path / "out", manifest, WINDOW_BY_WINDOW, one_fails)
    assert "the same command goes on" in str(raised.value)
    assert not [name for name in cloud.names() if name.startswith(("day/03-rest", "day/_manifests"))]
    record = read_upload_record(tmp_path / "out")
    assert record is not None
    assert (record.there, record.finished) == (len(manifest.chunks) - len(manifest.windows[2].chunks), None)
    cloud.write_entry(f"day/{bad}", entry_of(next(each for each in manifest.chunks if each.name == bad)))
    send(cloud, tmp_path / "out", manifest, WINDOW_BY_WINDOW, entry_of)
    assert f"day/{manifest.chunks[-1].name}" in cloud.names()


def test_a_lost_chunk_that_is_uploaded_again_is_waited_for(cloud: Cloud, tmp_path: Path) -> None:
    """The ledger's entry is of the object that was lost, until the function has claimed the new one."""
    manifest = write_windowed(tmp_path / "out")
    lost = manifest.chunks[0]
    cloud.write_entry(f"day/{lost.name}", entry_of(lost, Status.LOST))
    seen: list[str] = []

    def import_one(chunk: ManifestChunk) -> Entry:
        seen.append(chunk.name)
        return entry_of(chunk)

    send(cloud, tmp_path / "out", manifest, WINDOW_BY_WINDOW, import_one, DESTINATION)
    assert lost.name in seen


def test_what_was_imported_and_has_expired_is_not_uploaded_again(cloud: Cloud, tmp_path: Path) -> None:
    """An import of weeks outlives its first chunks, and so does its upload."""
    manifest = write_windowed(tmp_path / "out")
    for name in manifest.windows[0].chunks:
        chunk = next(each for each in manifest.chunks if each.name == name)
        cloud.write_entry(f"day/{name}", entry_of(chunk))
    function = send(cloud, tmp_path / "out", manifest, WINDOW_BY_WINDOW, entry_of, DESTINATION)
    assert in_steps(function.looks) == ["02-30d"]
    assert not [name for name in cloud.names() if name.startswith("day/01-7d")]


def test_the_destination_is_where_the_chunks_come_in(cloud: Cloud, tmp_path: Path) -> None:
    """Another project that had the same chunks before says nothing of this import."""
    manifest = write_windowed(tmp_path / "out")
    for chunk in manifest.chunks:
        cloud.write_entry(f"day/{chunk.name}", entry_of(chunk), destination="us-7")
    function = send(cloud, tmp_path / "out", manifest, WINDOW_BY_WINDOW, entry_of)
    assert in_steps(function.looks) == ["01-7d", "01-7d+02-30d"]


def test_what_was_done_before_is_done_when_the_function_says_so_again(cloud: Cloud, tmp_path: Path) -> None:
    """A chunk that is uploaded again is delivered again, and only then known to be done there."""
    manifest = write_windowed(tmp_path / "out")
    for chunk in manifest.chunks:
        cloud.write_entry(f"day/{chunk.name}", entry_of(chunk))
    function = send(cloud, tmp_path / "out", manifest, WINDOW_BY_WINDOW, entry_of)
    assert in_steps(function.looks) == ["01-7d", "01-7d+02-30d"]


def test_the_first_destination_of_the_ledger_is_it(cloud: Cloud, tmp_path: Path) -> None:
    """Before the first import there is none, and nobody has to name it."""
    manifest = write_windowed(tmp_path / "out")
    waits = iter([None, None])

    def late(chunk: ManifestChunk) -> Entry | None:
        return next(waits, entry_of(chunk))

    assert send(cloud, tmp_path / "out", manifest, WINDOW_BY_WINDOW, late).looks


def test_the_canary_goes_up_alone(cloud: Cloud, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What became of it is shown, with where to look at it; then the rest follows."""
    manifest = write_windowed(tmp_path / "out")
    function = send(cloud, tmp_path / "out", manifest, CANARY, entry_of)
    assert function.looks
    assert all(look in ([], [manifest.canary]) for look in function.looks)
    said = capsys.readouterr().out
    assert f"canary       {manifest.canary}\n" in said
    assert "accepted     10 of 10 records\n" in said
    assert "https://mixpanel.com/project/1234567/app/events\n" in said
    assert f"day/{manifest.chunks[-1].name}" in cloud.names()


def test_canary_and_windows_together(cloud: Cloud, tmp_path: Path) -> None:
    """The canary, the rest of its window, and then window by window."""
    manifest = write_windowed(tmp_path / "out")
    function = send(cloud, tmp_path / "out", manifest, BOTH, entry_of)
    together = [len(look) for look in function.looks]
    assert together[0] == 1
    assert in_steps(function.looks) == ["01-7d", "01-7d+02-30d"]


def rejecting(cloud: Cloud, field: str, message: str) -> ImportOne:
    def import_one(chunk: ManifestChunk) -> Entry:
        name = dead_letters_name(DESTINATION, f"day/{chunk.name}", 1, 0, "owner", 1)
        letters = [encode_dead_letter(DeadLetter(b'{"a":1}', line, field, message)) for line in (1, 2)]
        cloud.put(name, gzip.compress(b"".join(letters)), bucket=cloud.state)
        return entry_of(chunk, accepted=chunk.records - 2, rejected=2, dead_letters=(name,))

    return import_one


def test_a_rejection_that_split_did_not_foresee_stops_it(
    cloud: Cloud, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 3, with the reason, where the records are kept, and the way on; nothing else is there."""
    manifest = write_windowed(tmp_path / "out")
    with pytest.raises(click.exceptions.Exit) as raised:
        send(cloud, tmp_path / "out", manifest, CANARY, rejecting(cloud, "properties.x", "is no good"))
    assert raised.value.exit_code == COUNTS_DIFFER
    said = capsys.readouterr().out
    assert "2 rejected for properties.x: is no good\n" in said
    assert f"gs://{cloud.state}/dead-letters/" in said
    assert "2 were rejected for what `split` had not found in the export" in said
    assert "leave out --canary" in said
    assert cloud.names() == [f"day/{manifest.canary}"]


def test_a_rejection_that_split_foresaw_does_not(cloud: Cloud, tmp_path: Path) -> None:
    """The user has seen that kind already, in split's report."""
    manifest = write_windowed(tmp_path / "out")
    known = replace(manifest, reasons=(ManifestReason("properties.x", "is no good", 7),))
    (tmp_path / "out" / FILE_NAME).write_bytes(encode_manifest(known))
    send(cloud, tmp_path / "out", known, CANARY, rejecting(cloud, "properties.x", "is no good"))
    assert f"day/{manifest.chunks[-1].name}" in cloud.names()


def test_a_canary_that_is_refused_stops_it(cloud: Cloud, tmp_path: Path) -> None:
    """As a chunk: exit 1."""
    manifest = write_windowed(tmp_path / "out")
    with pytest.raises(click.exceptions.Exit) as raised:
        send(
            *(cloud, tmp_path / "out", manifest, CANARY),
            lambda chunk: entry_of(chunk, Status.REFUSED, message="why", accepted=0),
        )
    assert raised.value.exit_code == 1
    assert cloud.names() == [f"day/{manifest.canary}"]


def test_a_folder_without_a_canary(cloud: Cloud, tmp_path: Path) -> None:
    """The option that makes one is named, and nothing is uploaded."""
    manifest = write_windowed(tmp_path / "out")
    without = Manifest(
        **{each: getattr(manifest, each) for each in manifest.__slots__ if each != "canary"}, canary=""
    )
    (tmp_path / "out" / FILE_NAME).write_bytes(encode_manifest(without))
    with pytest.raises(Refused, match="split with --canary, or with --windows"):
        send(cloud, tmp_path / "out", without, CANARY, entry_of)
    assert cloud.names() == []
