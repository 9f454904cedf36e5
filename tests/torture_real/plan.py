"""What one run holds and what befalls it, drawn from a seed: the same seed, the same plan."""

from dataclasses import dataclass
from random import Random
from typing import Literal

Part = Literal["function", "topic", "bucket"]
PARTS: tuple[Part, ...] = ("function", "topic", "bucket")
LINKS = ("function-bucket", "function-simulator", "topic-function", "bucket-topic", "client-bucket")
SHAPES = ("ready", "plain", "gzip", "mixed", "ready", "mixed", "blank", "empty")
# Strikes come while chunks arrive and are worked on; then nothing more happens.
WINDOW_SECONDS = 3.5
ANSWERS: tuple[object, ...] = (
    "429",
    "500",
    "503",
    "html-502",
    "reset",
    "reset-after",
    "half-body",
    "close-after",
    {"fault": "413", "limit": 30_000},
)


@dataclass(frozen=True, slots=True)
class ChunkPlan:
    """`cut`: the share of its bytes that is left, 1 where it is whole. `again`: uploaded twice."""

    shape: str
    records: int
    cut: float = 1.0
    again: bool = False


@dataclass(frozen=True, slots=True)
class Strike:
    """Kills or pauses a part for so long; resets a link's connections, or breaks new ones too for so long."""

    at_seconds: float
    what: Literal["kill", "pause", "reset", "break"]
    target: str
    seconds: float = 0.0

    def __str__(self) -> str:
        lasting = f" for {self.seconds:.2f} s" if self.seconds else ""
        return f"{self.at_seconds:.2f} s: {self.what} {self.target}{lasting}"


@dataclass(frozen=True, slots=True)
class Splitting:
    """Where chunks come from the partitioner: how its disk fills, and when its commands are killed."""

    workers: int
    is_disk_full: bool
    upload_killed_after_seconds: float | None


@dataclass(frozen=True, slots=True)
class Plan:
    seed: str
    chunks: tuple[ChunkPlan, ...]
    strikes: tuple[Strike, ...]
    answers: tuple[object, ...]
    splitting: Splitting | None
    doubled: bool
    """Every delivery comes twice, and in any order."""

    @property
    def may_lose_announcements(self) -> bool:
        return any(strike.target in {"bucket", "topic", "bucket-topic"} for strike in self.strikes)

    def lines(self) -> list[str]:
        chunks = [f"chunk {number}: {chunk}" for number, chunk in enumerate(self.chunks)]
        return [
            f"seed {self.seed}",
            *chunks,
            f"{self.splitting}, doubled {self.doubled}",
            *map(str, self.strikes),
        ]


def draw_plan(seed: str) -> Plan:
    random = Random(seed)
    splitting = None
    if random.random() < 0.25:
        killed_after = random.uniform(0.4, 1.5) if random.random() < 0.5 else None
        splitting = Splitting(random.choice((1, 2)), random.random() < 0.6, killed_after)
    return Plan(
        seed,
        tuple(_chunk(random) for _ in range(random.randrange(3, 7))),
        tuple(sorted(_strikes(random), key=lambda strike: strike.at_seconds)),
        tuple(_answer(random) for _ in range(60)),
        splitting,
        random.random() < 0.5,
    )


def _chunk(random: Random) -> ChunkPlan:
    shape = random.choice(SHAPES)
    records = random.choice((1, 20, 300, 800, 1_500))
    is_cut = shape in {"ready", "gzip", "mixed"} and random.random() < 0.25
    return ChunkPlan(shape, records, random.uniform(0.05, 0.99) if is_cut else 1.0, random.random() < 0.15)


def _strikes(random: Random) -> list[Strike]:
    """Those on the same part don't overlap."""
    found = []
    free = dict.fromkeys(PARTS, 0.0)
    for _ in range(random.randrange(2, 6)):
        at_seconds = random.uniform(0.1, WINDOW_SECONDS)
        if random.random() < 0.55:
            part = random.choice(PARTS)
            what: Literal["kill", "pause"] = random.choice(("kill", "kill", "pause"))
            # Now and then longer than a lease.
            seconds = random.choice((0.0, 0.3, 1.0)) if what == "kill" else random.choice((0.2, 1.5, 4.5))
            if at_seconds >= free[part]:
                found.append(Strike(at_seconds, what, part, seconds))
                free[part] = at_seconds + seconds
        else:
            link = random.choice(LINKS)
            seconds = random.choice((0.0, 0.5, 2.0))
            found.append(Strike(at_seconds, "break" if seconds else "reset", link, seconds))
    return found


def _answer(random: Random) -> object:
    if random.random() < 0.05:
        return random.choice(ANSWERS)
    return {"fault": "stall", "seconds": round(random.uniform(0.05, 0.4), 2)}
