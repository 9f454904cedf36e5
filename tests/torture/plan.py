"""What one run is made of, as data: drawn before it begins, and replayed, or shrunk, as it stands."""

from dataclasses import dataclass, field
from typing import Any

STORAGE_STRIKES = ("unavailable", "lost-reply", "late", "echo", "late-copy", "slow", "rewritten")
HOST_STRIKES = ("kill-before", "kill-during", "kill-after", "freeze-before", "freeze-during")
POST_STRIKES = (
    "429", "429-retry-after", "500", "502", "503", "504", "html-502", "html-200", "reset", "reset-after",
    "stall", "stall-stored", "stored-late", "half-body", "200-no-count", "200-no-count-unstored", "empty-200",
    "413", "413-limit", "400-no-list", "refuse-all", "200-fewer", "plain-strings", "408",
)  # fmt: skip
# A record is at fault if it alone is refused twice in a row: more of these would say so of good ones.
REFUSING_STRIKES = ("413", "413-limit", "400-no-list", "refuse-all", "plain-strings", "200-fewer")
WEATHERS = (
    "storm-429", "storm-503", "storm-html-502", "storm-reset", "storm-ragged",
    "credentials-401", "credentials-403",
    "project-listed", "project-unlisted", "project-strings", "project-zero",
)  # fmt: skip
DAMAGES = ("truncated", "flipped", "checksum", "not-records", "garbage-behind", "lying-count")
SHAPES = ("ready", "plain", "gzip", "mixed", "partitioned", "empty", "blank")


@dataclass(frozen=True, slots=True)
class Content:
    """What one upload holds. `poison` is the number of the line that kills whoever posts it, -1 for none.

    `flawed` and `refused` are shares of the lines: by our own rules, by Mixpanel.
    """

    seed: int
    shape: str
    lines: int
    flawed: float = 0.0
    refused: float = 0.0
    mended: float = 0.0
    same_ids: bool = False
    fat_bytes: int = 0
    damage: str = ""
    poison: int = -1


@dataclass(frozen=True, slots=True)
class Upload:
    """`content` is an index into the chunk's contents, -1 for a deletion.

    `arrivals` are the seconds after which its notice is delivered: one, or more where it is doubled.
    """

    at_seconds: float
    content: int
    arrivals: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Chunk:
    name: str
    contents: tuple[Content, ...]
    uploads: tuple[Upload, ...]


@dataclass(frozen=True, slots=True)
class Strike:
    """Befalls the `nth` call with that verb, counted over the whole run, and `times - 1` that follow."""

    kind: str
    verb: str
    nth: int
    seconds: float = 0.0
    times: int = 1


@dataclass(frozen=True, slots=True)
class Weather:
    """All posts from the `nth` on, until so many were so answered and so many seconds have passed."""

    kind: str
    nth: int
    posts: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Deployment:
    """Another process takes deliveries from then on; the first takes none after so many seconds more."""

    at_seconds: float
    overlap_seconds: float


@dataclass(frozen=True, slots=True)
class Plan:
    seed: int
    chunks: tuple[Chunk, ...]
    strikes: tuple[Strike, ...] = ()
    weathers: tuple[Weather, ...] = ()
    deployments: tuple[Deployment, ...] = ()
    knobs: dict[str, str] = field(default_factory=dict)
    """Of the function's environment."""
    switches: dict[str, Any] = field(default_factory=dict)
    """Of the virtual Mixpanel."""
    clocks_apart_seconds: float = 0.0
    post_seconds: float = 0.2
    batch_records: int = 4
    large_chunk_records: int = 12

    @property
    def size(self) -> int:
        uploads = sum(len(chunk.uploads) + len(chunk.contents) for chunk in self.chunks)
        faults = len(self.strikes) + len(self.weathers) + len(self.deployments)
        return uploads + faults + len(self.switches)
