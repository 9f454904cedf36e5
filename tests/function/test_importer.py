"""One invocation from claim to report: real sender and HTTP, a bucket with the cloud's semantics."""

import base64
import gzip
import json
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace

import google_crc32c
import pytest

from function.answers import Answer
from function.clock import Clock
from function.cloud_event import ChunkRef
from function.config import Config, read_config
from function.doors import Doors, open_doors
from function.errors import Busy, CredentialsRefused, DeadlineReached, ProjectRefused, StorageUnavailable
from function.governor import Governor
from function.importer import import_chunk
from function.members import build_member
from function.mixpanel import Mixpanel, Parcel
from function.sender import Sender
from function.state import Entry, Status, decode_entry, ledger_name
from tests.fakes.fake_mixpanel import FakeMixpanel, Reply
from tests.fakes.memory_bucket import Fault, MemoryBucket

NAME = "export-00001.ndjson.gz"
NOW_SECONDS = int(time.time())


def record(number: int) -> bytes:
    properties = {"time": NOW_SECONDS, "distinct_id": f"d{number}", "$insert_id": f"id-{number}", "ip": 0}
    return json.dumps({"event": "e", "properties": properties}, separators=(",", ":")).encode()


def member(lines: list[bytes]) -> bytes:
    content = b"".join(line + b"\n" for line in lines)
    deflate = zlib.compressobj(6, wbits=-15)
    deflated = deflate.compress(content) + deflate.flush()
    return build_member(deflated, zlib.crc32(content), len(content), len(lines))


def send_ready(count: int, batch_records: int = 100) -> bytes:
    lines = [record(number) for number in range(count)]
    return b"".join(member(lines[at : at + batch_records]) for at in range(0, count, batch_records))


class World:
    """Buckets, a fake Mixpanel, and processes that come and go."""

    def __init__(self, server: FakeMixpanel) -> None:
        self.server = server
        self.chunks = MemoryBucket("chunks")
        self.state = MemoryBucket("state")
        self.config = read_config({"MIXPANEL_TOKEN": "token", "STATE_BUCKET": "state"})
        self.clock = Clock()
        self.senders: list[Sender] = []

    def process(self, config: Config | None = None) -> Doors:
        config = config or self.config
        mixpanel = Mixpanel(self.server.url, config.auth, pool_size=config.batches_in_flight)
        sender = Sender(mixpanel, Governor(0, 0), self.clock, threads=config.batches_in_flight)
        self.senders.append(sender)
        return open_doors(
            config, self.clock, sender, chunks_bucket=lambda _: self.chunks, state_bucket=self.state
        )

    def upload(self, content: bytes, name: str = NAME) -> ChunkRef:
        generation = self.chunks.put(name, content)
        crc32c = base64.b64encode(google_crc32c.value(content).to_bytes(4, "big")).decode()
        return ChunkRef("chunks", name, generation, len(content), crc32c)

    def entry(self, name: str = NAME) -> Entry:
        return decode_entry(self.state.get(ledger_name(self.config.destination, name)))

    def letters(self, name: str = NAME) -> list[dict[str, object]]:
        return [
            json.loads(line)
            for part in self.entry(name).dead_letters
            for line in gzip.decompress(self.state.get(part)).splitlines()
        ]

    def stored_ids(self) -> list[str]:
        return sorted(json.loads(line)["properties"]["$insert_id"] for line in self.server.stored)


@pytest.fixture
def world() -> Iterator[World]:
    with FakeMixpanel() as server:
        world = World(server)
        yield world
        for sender in world.senders:
            sender.close()


def ids(count: int) -> list[str]:
    return sorted(f"id-{number}" for number in range(count))


@pytest.mark.parametrize("form", ["send-ready", "plain", "gzip", "mixed"])
def test_every_form_of_chunk_stores_the_same(world: World, form: str) -> None:
    """All records once, counts that add up, an entry that says done, a custom time on the object."""
    lines = b"".join(record(number) + b"\n" for number in range(1000))
    half = b"".join(record(number) + b"\n" for number in range(500, 1000))
    contents = {
        "send-ready": send_ready(1000),
        "plain": lines,
        "gzip": gzip.compress(lines),
        "mixed": send_ready(500) + gzip.compress(half),
    }
    chunk = world.upload(contents[form])
    report = import_chunk(chunk, world.process())
    assert (report.status, report.totals.records, report.totals.accepted) == (Status.DONE, 1000, 1000)
    assert world.stored_ids() == ids(1000)
    entry = world.entry()
    assert (entry.status, entry.records, entry.rejected, entry.attempts) == (Status.DONE, 1000, 0, 1)
    assert entry.checkpoint.offset == chunk.size
    stat = world.chunks.stat(NAME, timeout_seconds=1)
    assert stat is not None
    assert stat.custom_time is not None


def test_delivered_again_nothing_is_sent(world: World) -> None:
    """A done chunk is acknowledged with one read of the ledger."""
    chunk = world.upload(send_ready(300))
    doors = world.process()
    import_chunk(chunk, doors)
    posts, calls = len(world.server.posted), len(world.state.calls)
    report = import_chunk(chunk, doors)
    assert (report.status, report.totals.accepted) == (Status.DONE, 300)
    assert len(world.server.posted) == posts
    assert [verb for verb, _ in world.state.calls[calls:]] == ["read"]


def test_what_mixpanel_refuses_is_a_dead_letter(world: World) -> None:
    """The rest of its batch is accepted; the letter holds the record, its line and Mixpanel's words."""
    failed = [{"index": 1, "$insert_id": "id-101", "field": "properties.time", "message": "no"}]
    body = json.dumps({"code": 400, "num_records_imported": 99, "failed_records": failed}).encode()
    world.server.script.extend([200, Reply(400, body, {"Content-Type": "application/json"})])
    chunk = world.upload(send_ready(300))
    doors = world.process(replace(world.config, batches_in_flight=1))
    report = import_chunk(chunk, doors)
    assert (report.totals.accepted, report.totals.rejected) == (299, 1)
    (letter,) = world.letters()
    assert (letter["line"], letter["field"], letter["message"]) == (102, "properties.time", "no")
    assert letter["record"] == json.loads(record(101))
    assert world.server.spent


def test_generic_lines_that_our_rules_refuse_are_dead_letters(world: World) -> None:
    """Records, flaws and what is no JSON in one plain file: every line is accepted or a letter."""
    lines = [record(0), b"not json", b'{"event":"x"}', record(1), b"\xff\xfe{"]
    report = import_chunk(world.upload(b"\n".join(lines)), world.process())
    assert (report.totals.records, report.totals.accepted, report.totals.rejected) == (5, 2, 3)
    assert [letter["line"] for letter in world.letters()] == [2, 3, 5]


@pytest.mark.slow
def test_transient_answers_are_tried_again(world: World) -> None:
    """A reset after storing and a 503: nothing lost; what was stored twice has the same id."""
    world.server.script.extend(["reset-after", 503])
    report = import_chunk(world.upload(send_ready(200)), world.process())
    assert report.totals.accepted == 200
    assert sorted(set(world.stored_ids())) == ids(200)
    assert world.server.spent


def test_a_wrong_token_costs_few_requests(world: World) -> None:
    """One request; deferred without a lease; the process pauses, and says why."""
    world.server.script.extend([401] * 10)
    chunk, doors = world.upload(send_ready(3000)), world.process()
    with pytest.raises(CredentialsRefused):
        import_chunk(chunk, doors)
    with pytest.raises(CredentialsRefused):
        import_chunk(chunk, doors)
    assert len(world.server.posted) == 1
    entry = world.entry()
    assert (entry.status, entry.lease_until, entry.records) == (Status.DEFERRED, None, 0)
    world.server.script.clear()
    assert import_chunk(chunk, world.process()).totals.accepted == 3000


def test_a_refusing_project_writes_no_letters(world: World) -> None:
    """400 for everything, from the start: 21 requests, nothing rejected; healed, all is imported."""
    world.server.script.extend([400] * 30)
    chunk = world.upload(send_ready(3000, batch_records=1500))
    with pytest.raises(ProjectRefused):
        import_chunk(chunk, world.process())
    assert len(world.server.posted) == 21
    entry = world.entry()
    assert (entry.status, entry.rejected, entry.dead_letters) == (Status.DEFERRED, 0, ())
    world.server.script.clear()
    assert import_chunk(chunk, world.process()).totals.accepted == 3000


def test_an_object_without_records_is_refused(world: World) -> None:
    """Acknowledged, with a message that holds the command to run."""
    report = import_chunk(world.upload(b"a,b\n1,2\n"), world.process())
    assert report.status is Status.REFUSED
    assert "python -m partitioner split" in world.entry().message
    assert not world.server.posted


def test_everything_before_the_damage_is_imported(world: World) -> None:
    """Cut-off gzip: refused, with the counts of all that came before, the cut member's records among it."""
    whole = send_ready(500)
    report = import_chunk(world.upload(whole[:-10]), world.process())
    assert (report.status, report.totals.accepted) == (Status.REFUSED, 499)
    assert world.stored_ids() == ids(499)


def test_a_chunk_deleted_before_it_was_done_is_lost(world: World) -> None:
    """No newer generation: lost, and acknowledged."""
    chunk = world.upload(send_ready(100))
    world.chunks.delete(NAME, timeout_seconds=1)
    assert import_chunk(chunk, world.process()).status is Status.LOST
    assert world.entry().status is Status.LOST


def test_a_newer_generation_is_left_to_its_own_delivery(world: World) -> None:
    """The older one's delivery is acknowledged, and the newer one's imports all."""
    older = world.upload(send_ready(100))
    newer = world.upload(send_ready(200))
    doors = world.process()
    assert import_chunk(older, doors).status is Status.DEFERRED
    assert import_chunk(newer, doors).totals.accepted == 200
    assert import_chunk(older, doors).reason == "older-generation"


def test_a_held_chunk_is_not_touched(world: World) -> None:
    """A live lease of another process: Busy, nothing sent."""
    chunk = world.upload(send_ready(100))
    other = world.process()
    lease = other.ledger.claim(chunk, alone=False, ends_at_seconds=time.time() + 100)
    assert lease
    with pytest.raises(Busy):
        import_chunk(chunk, world.process())
    assert not world.server.posted


@pytest.mark.slow
def test_the_deadline_keeps_what_is_settled(world: World) -> None:
    """Out of time: what is settled is in the ledger, the lease given back, the next one goes on there."""
    chunk = world.upload(send_ready(1000))
    world.server.script.extend([200, 200, 200, "stall", "stall", "stall"])
    hasty = replace(world.config, timeout_seconds=3, batches_in_flight=1)
    with pytest.raises(DeadlineReached):
        import_chunk(chunk, world.process(hasty))
    entry = world.entry()
    assert (entry.status, entry.accepted, entry.lease_until) == (Status.DEFERRED, 300, None)
    world.server.script.clear()
    report = import_chunk(chunk, world.process())
    assert (report.status, report.totals.records, report.totals.accepted) == (Status.DONE, 1000, 1000)
    assert world.entry().attempts == 2


class OutOfTimeSender(Sender):
    """Once something has been handed to it, there is time for its answer, and for nothing more."""

    jumped_seconds = 0.0

    def submit(self, lane: str, parcel: Parcel, deadline_seconds: float) -> Future[Answer]:
        self.jumped_seconds = 485.0
        return super().submit(lane, parcel, deadline_seconds)


@pytest.mark.parametrize("last_answer", [400, 401])
def test_what_ends_a_chunk_at_the_deadline_does_not_keep_the_lease(world: World, last_answer: int) -> None:
    """Damage, or wrong credentials, told by the last answers: released all the same, found again later."""
    damaged = bytearray(send_ready(100))
    damaged[-20] ^= 1
    chunk = world.upload(bytes(damaged))
    world.server.script.extend([last_answer])
    doors = world.process()
    sender = OutOfTimeSender(
        Mixpanel(world.server.url, world.config.auth, 1), Governor(0, 0), world.clock, threads=1
    )
    world.senders.append(sender)
    clock = Clock(monotonic_seconds=lambda: time.monotonic() + sender.jumped_seconds)
    with pytest.raises(DeadlineReached):
        import_chunk(chunk, replace(doors, sender=sender, clock=clock))
    entry = world.entry()
    assert (entry.status, entry.lease_until) == (Status.DEFERRED, None)


def test_a_lost_reply_to_the_last_write_is_no_loss(world: World) -> None:
    """The ledger said done, unheard: nacked, then found done; nothing is sent again."""
    chunk, doors = world.upload(send_ready(100)), world.process()
    world.state.script("write", lambda: None, Fault.LOST_REPLY)
    with pytest.raises(StorageUnavailable):
        import_chunk(chunk, doors)
    assert world.entry().status is Status.DONE
    posts = len(world.server.posted)
    assert import_chunk(chunk, doors).status is Status.DONE
    assert len(world.server.posted) == posts
    assert world.state.is_spent()
