"""A process of the function: everything that is deployed, wired as it is there, on virtual doors."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from function.blocks import Limits
from function.clock import Clock
from function.cloud_event import Skipped, parse_chunk_ref
from function.config import Config, read_config
from function.doors import open_doors
from function.governor import Governor
from function.importer import import_chunk
from function.ledger import Ledger
from function.sender import Sender
from tests.fakes.memory_bucket import MemoryBucket
from tests.torture.plan import Plan
from tests.torture.scheduler import Actor, Host, Scheduler, VirtualCondition
from tests.torture.virtual_bucket import VirtualBucket
from tests.torture.virtual_mixpanel import TOKEN, Server, VirtualMixpanel
from tests.torture.wire import Wire

# Of one read; of long records it takes more to be on in time.
BLOCK_BYTES, LARGE_BLOCK_BYTES = 3_000, 60_000


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all processes of a run share."""

    plan: Plan
    scheduler: Scheduler
    wire: Wire
    chunks: MemoryBucket
    state: MemoryBucket
    server: Server
    on_write: Callable[[Host, str, bytes], None]


def config_of(plan: Plan) -> Config:
    return read_config({"MIXPANEL_TOKEN": TOKEN, "STATE_BUCKET": "state", **plan.knobs})


class Notice:
    """A push of the topic, as the function is handed it."""

    def __init__(self, resource: dict[str, str]) -> None:
        data = base64.b64encode(json.dumps(resource).encode()).decode()
        self.data = {"message": {"data": data, "attributes": {"eventType": "OBJECT_FINALIZE"}}}

    def __getitem__(self, key: str) -> Any:
        return "google.cloud.pubsub.topic.v1.messagePublished"


class Process(Host):
    def __init__(self, number: int, around: Surroundings, clock_ahead_seconds: float) -> None:
        super().__init__(f"process {number}", clock_ahead_seconds)
        plan, scheduler, wire = around.plan, around.scheduler, around.wire
        self._scheduler = scheduler
        self.config = config = config_of(plan)
        self.at_work: dict[Actor, str] = {}
        has_poison = any(content.poison >= 0 for chunk in plan.chunks for content in chunk.contents)
        mixpanel = VirtualMixpanel(
            around.server, self, wire, wire.random, plan.post_seconds, has_poison=has_poison
        )
        clock = Clock(
            wall_seconds=lambda: scheduler.wall_seconds(self),
            monotonic_seconds=scheduler.monotonic_seconds,
            condition=lambda: VirtualCondition(scheduler),
        )
        # Threads of the pool are actors here.
        governor = Governor(config.max_records_per_second, config.max_megabytes_per_minute)
        sender = Sender(mixpanel, governor, clock, threads=0)
        for _ in range(config.batches_in_flight):
            scheduler.spawn(self, sender._work)
        chunks = VirtualBucket(around.chunks, self, wire, around.on_write)
        state = VirtualBucket(around.state, self, wire, around.on_write)
        doors = open_doors(config, clock, sender, chunks_bucket=lambda _: chunks, state_bucket=state)
        ledger = Ledger(
            state,
            lambda _: chunks,
            config.destination,
            clock,
            lease_seconds=config.lease_seconds,
            max_attempts=config.max_attempts,
            new_owner=lambda: f"{wire.random.getrandbits(64):016x}",
        )
        is_fat = any(content.fat_bytes for chunk in plan.chunks for content in chunk.contents)
        block_bytes = LARGE_BLOCK_BYTES if is_fat else BLOCK_BYTES
        self._doors = replace(
            doors,
            ledger=ledger,
            limits=Limits(block_bytes=block_bytes, piece_bytes=300, batch_records=plan.batch_records),
            large_chunk_records=plan.large_chunk_records,
        )

    def take(self, notice: Notice) -> None:
        """As main.on_finalize does: returns to acknowledge, and raises else."""
        chunk = parse_chunk_ref(notice)
        if isinstance(chunk, Skipped):
            return
        actor = self._scheduler.actor
        assert actor is not None
        seconds_left = self.config.timeout_seconds
        actor.ends_at_wall_seconds = self._scheduler.wall_seconds(self) + seconds_left
        self.at_work[actor] = chunk.name
        try:
            import_chunk(chunk, self._doors)
        finally:
            del self.at_work[actor]
