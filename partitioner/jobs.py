"""What the workers are told to do, and what they say when it is done."""

import msgspec

from function.records import Added
from partitioner.manifest import ManifestChunk, ManifestSource
from partitioner.segments import Segment
from partitioner.shape.wish import Shape
from partitioner.tracking.plan import Plan
from partitioner.tracking.tracked import Tracked


class Recipe(msgspec.Struct, frozen=True):
    """All that decides what the chunks of given sources hold."""

    name: str
    as_of: float
    records_per_chunk: int
    chunk_bytes: int
    batch_records: int
    batch_bytes: int
    keep_copies: bool
    tracking: Plan | None = None
    shape: Shape = Shape()
    since: float | None = None
    until: float | None = None
    windows: str = ""
    canary: bool = False

    @property
    def is_joined(self) -> bool:
        """Whether chunks are made in two steps: fragments of segments first, then chunks of those."""
        return bool(self.windows) or self.canary


class Setup(msgspec.Struct, frozen=True):
    """What a worker is told once. `output` is empty in a dry run."""

    recipe: Recipe
    output: str
    work_folder: str


class Sample(msgspec.Struct, frozen=True, order=True):
    """The place of a rejected line."""

    file: str
    line: int


class Reason(msgspec.Struct, frozen=True):
    """Why lines were rejected, how many, and where the first of them stand."""

    field: str
    message: str
    count: int
    samples: tuple[Sample, ...]


class Damage(msgspec.Struct, frozen=True):
    """A source that can't be read beyond a line."""

    file: str
    line: int
    message: str


class WriteChunk(msgspec.Struct, frozen=True, tag=True):
    segment: Segment


class Fragment(msgspec.Struct, frozen=True):
    """A segment's records of one window, on the disk as a draft of this number.

    `batches` are pairs of 4-byte numbers in the machine's order: the records and JSON bytes of each batch.
    `repeats` counts records that have a key like an earlier one of the same fragment.
    """

    number: int
    window: int
    records: int
    file_bytes: int
    json_bytes: int
    first_time: int
    last_time: int
    repeats: int
    batches: bytes


class Finished(msgspec.Struct, frozen=True, tag=True):
    """A segment whose chunk, or fragments, are on the disk. None where none of its lines is a record.

    `repeats` counts records that have a key like an earlier one of the same chunk.
    """

    segment: Segment
    chunk: ManifestChunk | None
    rejected: int
    reasons: tuple[Reason, ...]
    damages: tuple[Damage, ...]
    added: Added
    repeats: int
    asides: dict[str, int] = {}
    """How many rows were set aside, by kind."""
    tracked: Tracked = Tracked()
    not_finite: int = 0
    """How many NaN and infinite values were left out of rows."""
    outside: int = 0
    """How many records were left out since they are not of the interval of time."""
    fragments: tuple[Fragment, ...] = ()

    @property
    def records(self) -> int:
        return sum(each.records for each in (self.chunk, *self.fragments) if each)


class FindEqual(msgspec.Struct, frozen=True, tag=True):
    """Find the keys of parts [first, last) of `parts` that stand in more than one place of these chunks."""

    first: int
    last: int
    parts: int
    numbers: tuple[int, ...]


class Equal(msgspec.Struct, frozen=True, tag=True):
    """`later` counts records with a key that an earlier chunk has."""

    later: int
    parts: tuple[int, ...]
    """Those that have any."""


class Locate(msgspec.Struct, frozen=True, tag=True):
    """Find a chunk's records whose keys are among the equal ones of these parts of `parts`."""

    number: int
    chunk_name: str
    equal_parts: tuple[int, ...]
    parts: int


class Located(msgspec.Struct, frozen=True, tag=True):
    number: int
    records: int


class Group(msgspec.Struct, frozen=True, tag=True):
    """Tell the later copies among the located records of one part."""

    part: int
    parts: int
    numbers: tuple[int, ...]


class Grouped(msgspec.Struct, frozen=True, tag=True):
    part: int
    copies: int


class Settle(msgspec.Struct, frozen=True, tag=True):
    """Give a draft's later copies ids of their own, and the chunk its name."""

    number: int
    chunk: ManifestChunk
    parts: int


class Settled(msgspec.Struct, frozen=True, tag=True):
    number: int
    chunk: ManifestChunk


class Share(msgspec.Struct, frozen=True):
    """Records [first, end) of a fragment. `canary` are those of them that are in the canary instead."""

    fragment: int
    first: int
    end: int
    canary: tuple[int, ...] = ()


class Join(msgspec.Struct, frozen=True, tag=True):
    """Make a chunk of shares of fragments; of the canary's, their `canary` alone. `parts` is as in Settle."""

    number: int
    folder: str
    shares: tuple[Share, ...]
    sources: tuple[ManifestSource, ...]
    parts: int
    is_canary: bool = False


class Joined(msgspec.Struct, frozen=True, tag=True):
    number: int
    chunk: ManifestChunk


class ProfileSegment(msgspec.Struct, frozen=True, tag=True):
    """Say what a segment holds; nothing is written. It is a job for check.worker."""

    segment: Segment


class Profiled(msgspec.Struct, frozen=True, tag=True):
    """`profile` is a check.profile.Profile, which only `check` reads."""

    segment: Segment
    profile: bytes


class Failed(msgspec.Struct, frozen=True, tag=True):
    """The operating system refused something; or, where there is an exit code, the command ends with that."""

    message: str
    file: str = ""
    errno: int = 0
    exit_code: int = 0


Job = WriteChunk | FindEqual | Locate | Group | Settle | Join | ProfileSegment
Result = Finished | Equal | Located | Grouped | Settled | Joined | Profiled | Failed
