"""What an import costs at Google, term by term, from measured CPU and bytes and the list prices.

The model: one export, split and uploaded at once, drains through the function at the rate that is allowed.
The instance is busy, and billed, as long as that takes, whatever little CPU it needs; chunks wait in the
bucket until then and seven days more. Partitioning and uploading happen on the user's own machine; Mixpanel's
own bill is not in it.
"""

import math
from dataclasses import dataclass

from function.blocks import Limits
from partitioner import prices
from partitioner.measured import Measured
from partitioner.prices import Price
from partitioner.watch import INTERVAL_SECONDS

CHUNK_RECORDS = 200_000
# What the function does by default; tests/partitioner/test_cost_model.py holds them equal.
CHUNKS_AT_ONCE = 6
CHECKPOINT_SECONDS = 5.0
RECORDS_PER_SECOND = 27_000
MEGABYTES_PER_MINUTE = 1_800
# What terraform/ makes: the instance, and how long a chunk is kept once it is done.
VCPUS, MEMORY_GIB, DAYS_KEPT = 1, 1, 7
DAYS_A_MONTH = 30
# A log line with the envelope that Cloud Logging puts around it; a notification is published, then pushed.
LOG_LINE_BYTES, MESSAGE_BYTES = 1_024, 1_500
# Four sums and three counts of terraform/metrics.tf, of up to three series each, one point a minute of 80 and
# of 8 bytes.
METRIC_BYTES_A_MINUTE = 3 * (4 * 80 + 3 * 8)


@dataclass(frozen=True, slots=True)
class Import:
    """What is to be imported, and how fast that may go. `bytes` is what a record has as JSON."""

    records: float
    bytes: float
    records_per_second: float = RECORDS_PER_SECOND
    megabytes_per_minute: float = MEGABYTES_PER_MINUTE
    instances: int = 1
    chunks: int = 0
    """0 for as many as `split` makes by default."""


@dataclass(frozen=True, slots=True)
class Term:
    """So many units at so much."""

    name: str
    units: float
    price: Price

    @property
    def usd(self) -> float:
        return self.price.of(self.units)


@dataclass(frozen=True, slots=True)
class Estimate:
    """`seconds` is how long the import runs, `cpu_share` what it needs of its instances' CPU meanwhile."""

    terms: tuple[Term, ...]
    seconds: float
    cpu_share: float

    @property
    def usd(self) -> float:
        return sum(term.usd for term in self.terms)

    @property
    def largest(self) -> Term:
        return max(self.terms, key=lambda term: term.usd)


def estimate(what: Import, measured: Measured) -> Estimate:
    chunks = what.chunks or math.ceil(what.records / CHUNK_RECORDS)
    cpu_seconds = what.records * measured.cpu_seconds_a_million / 1_000_000
    seconds = max(
        what.records / what.records_per_second,
        what.records * what.bytes / (what.megabytes_per_minute * 1_000_000 / 60),
        cpu_seconds / (what.instances * VCPUS),
    )
    # Each takes so long since so many share the rate.
    chunk_seconds = min(CHUNKS_AT_ONCE * what.instances, chunks) * seconds / chunks
    checkpoints = chunks * math.floor(chunk_seconds / CHECKPOINT_SECONDS)
    json_bytes = what.records * what.bytes
    stored_bytes = json_bytes / measured.stored_inflation
    months = (seconds / 86_400 / 2 + DAYS_KEPT) / DAYS_A_MONTH
    reads = chunks * (measured.reads_a_chunk + math.ceil(stored_bytes / chunks / Limits().block_bytes))
    writes = chunks * (1 + measured.writes_a_chunk) + checkpoints  # one is the upload
    lines = chunks * (1 + measured.log_lines_a_chunk) + checkpoints  # one is Cloud Run's own
    looks = seconds / INTERVAL_SECONDS
    terms = (
        Term("egress, compressed", json_bytes / measured.inflation / prices.GIB, prices.EGRESS),
        Term("compute: CPU", seconds * what.instances * VCPUS, prices.VCPU),
        Term("compute: memory", seconds * what.instances * MEMORY_GIB, prices.MEMORY),
        Term("compute: requests", chunks, prices.REQUEST),
        Term("storage of chunks", stored_bytes / prices.GB * months, prices.STORAGE),
        Term("operations: upload, ledger", writes, prices.CLASS_A),
        Term("operations: chunks and ledger read", reads, prices.CLASS_B),
        Term("operations: follow's listings", looks, prices.CLASS_A),
        Term("operations: ledger read by follow", chunks + checkpoints, prices.CLASS_B),
        Term("Pub/Sub, published and pushed", 2 * chunks * MESSAGE_BYTES / prices.TIB, prices.PUBSUB),
        Term("logs", lines * LOG_LINE_BYTES / prices.GIB, prices.LOGS),
        Term("metrics of logs", seconds / 60 * METRIC_BYTES_A_MINUTE / prices.MIB, prices.METRICS),
    )
    return Estimate(terms, seconds, cpu_seconds / (seconds * what.instances * VCPUS))
