"""All that an import reaches the world through, made once for the process and passed in."""

from collections.abc import Callable
from dataclasses import dataclass, field

from .admission import Admission
from .blocks import Limits
from .clock import Clock
from .config import Config
from .control import KnownGood
from .ledger import Ledger
from .sender import Sender
from .settlement import SizeLimit
from .storage import Bucket

# A chunk of so many records, all refused alike, speaks of the project.
LARGE_CHUNK_RECORDS = 1_000


@dataclass(frozen=True, slots=True)
class Doors:
    """Each is safe to use from many threads. The last two have other values in tests alone."""

    config: Config
    clock: Clock
    chunks_bucket: Callable[[str], Bucket]
    state_bucket: Bucket
    ledger: Ledger
    sender: Sender
    admission: Admission
    known_good: KnownGood
    size_limit: SizeLimit
    limits: Limits = field(default_factory=Limits)
    large_chunk_records: int = LARGE_CHUNK_RECORDS


def open_doors(
    config: Config,
    clock: Clock,
    sender: Sender,
    *,
    chunks_bucket: Callable[[str], Bucket],
    state_bucket: Bucket,
) -> Doors:
    """Everything else that a process needs once, made from these."""
    ledger = Ledger(
        state_bucket,
        chunks_bucket,
        config.destination,
        clock,
        lease_seconds=config.lease_seconds,
        max_attempts=config.max_attempts,
    )
    return Doors(
        config=config,
        clock=clock,
        chunks_bucket=chunks_bucket,
        state_bucket=state_bucket,
        ledger=ledger,
        sender=sender,
        admission=Admission(config.chunks_at_once, clock, pause_seconds=config.pause_seconds),
        known_good=KnownGood(),
        size_limit=SizeLimit(),
    )
