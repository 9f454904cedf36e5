"""A ledger entry that somebody has edited: the import goes on from it, or says that it can't be read."""

import contextlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function.batches import read_batches
from function.cloud_event import ChunkRef
from function.errors import Transient, UnreadableState
from function.source import digest_of
from function.state import Control, Entry, Position, Status, decode_entry, encode_entry, ledger_name
from local.mixpanel.simulator import Simulator, simulate
from partitioner.account import Sought, account_of_chunk, add_up
from partitioner.redelivery import standing_of
from partitioner.retry import _plan
from partitioner.stored import StoredObject
from partitioner.table import as_json, table
from tests.end_to_end.lines import plain_record
from tests.end_to_end.one_process import TOKEN, World
from tests.fakes.bytes_source import BytesSource
from tests.fakes.chunk_files import foreign_member, ndjson, ready_member
from tests.fakes.depth import deep
from tests.fakes.json_edits import as_bytes, edited
from tests.fakes.memory_bucket import checksum_of

pytestmark = pytest.mark.slow

NAME, FIRST_GENERATION = "chunk", 1_001
LINES = [plain_record(number) for number in range(30)]
CHUNKS = {
    "ready": b"".join(ready_member(LINES[at : at + 5]) for at in range(0, 30, 5)),
    "mixed": b"".join(
        ready_member(LINES[at : at + 5]) + foreign_member(ndjson([*LINES[at + 5 : at + 10], b"oops"]))
        for at in range(0, 30, 10)
    ),
}


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with simulate(TOKEN) as running:
        yield running


def half_done(data: bytes) -> Any:
    """The entry of a chunk of which two batches are settled, as JSON."""
    first, second = islice(read_batches(BytesSource(data), Position()), 2)
    entry = Entry(
        status=Status.DEFERRED,
        attempts=1,
        owner="0123456789abcdef",
        sequence=2,
        checkpoint=second.end,
        control=Control(first.start, 0, digest_of(first.lines()[0])),
        records=second.end.line,
        accepted=first.records + second.records,
        rejected=len(second.rejections),
        dead_letters=("dead-letters/part",) if second.rejections else (),
        crc32c=checksum_of(data),
        size=len(data),
        generation=FIRST_GENERATION,
        updated=datetime(2026, 8, 1, tzinfo=UTC),
    )
    return json.loads(encode_entry(entry))


HALVES = {form: half_done(data) for form, data in CHUNKS.items()}


def import_again(world: World, chunk: ChunkRef) -> None:
    """Whatever may pass is fine: an entry may say that another owner is at work, for instance."""
    with contextlib.suppress(Transient):
        world._import_once([chunk], None)


@deep
@given(st.sampled_from(list(CHUNKS)).flatmap(lambda form: st.tuples(st.just(form), edited(HALVES[form]))))
def test_an_edited_entry_is_gone_on_with_or_named(simulator: Simulator, drawn: tuple[str, Any]) -> None:
    """Nothing unforeseen is raised: what can't be read stays as it is, and ends the delivery."""
    form, document = drawn
    world, after = World(simulator), as_bytes(document)
    chunk = world.upload(NAME, CHUNKS[form])
    assert chunk.generation == FIRST_GENERATION
    name = ledger_name(world.config.destination, NAME)
    world.state.put(name, after)
    import_again(world, chunk)
    try:
        decode_entry(after)
    except UnreadableState:
        assert world.state.get(name) == after
        return
    if world.entry(chunk).status is Status.DONE:
        assert set(world.stored()) <= set(LINES)
    import_again(world, chunk)


ENTRY = {
    **json.loads(encode_entry(Entry(status=Status.DONE, crc32c="AAAAAA==", size=5, generation=7))),
    "lease_until": "2026-08-01T10:00:00Z",
    "updated": "2026-08-01T10:00:00Z",
}


@deep
@given(edited(ENTRY) | edited({**ENTRY, "status": "refused", "message": "why"}))
def test_the_partitioners_commands_can_tell_any_entry(document: Any) -> None:
    """`follow` and `retry` find words for whatever can be read at all."""
    try:
        entry = decode_entry(as_bytes(document))
    except UnreadableState:
        return
    account = add_up([account_of_chunk(Sought("chunk", 3, "AAAAAA=="), entry)], 3)
    assert list(table(account, retry="retry", dead_letters="gs://state"))
    json.dumps(as_json(account, destination="us-1"))
    now = datetime(2026, 8, 2, tzinfo=UTC)
    found = standing_of(StoredObject("chunk", 7, 5, "AAAAAA==", now), entry, now)
    assert list(_plan([found], [found], (), is_named=True))
