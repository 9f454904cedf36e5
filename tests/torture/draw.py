"""Draws a plan from a seed: few faults in most runs, many in some, each kind often enough."""

from random import Random
from typing import Any

from tests.torture.plan import (
    HOST_STRIKES,
    POST_STRIKES,
    REFUSING_STRIKES,
    STORAGE_STRIKES,
    WEATHERS,
    Chunk,
    Content,
    Deployment,
    Plan,
    Strike,
    Upload,
    Weather,
)

DAY_SECONDS = 86_400.0
BUCKET_VERBS = ("write", "write", "write", "write", "part", "part", "part", "read", "range", "range",
                "custom-time", "list", "delete", "stat")  # fmt: skip
DAMAGES_OF = {
    "ready": ("truncated", "flipped", "checksum", "not-records", "garbage-behind", "lying-count"),
    "partitioned": ("checksum", "not-records", "garbage-behind"),
    "gzip": ("truncated", "checksum", "not-records", "garbage-behind"),
    "mixed": ("truncated", "checksum", "not-records", "garbage-behind"),
    "plain": ("checksum", "not-records"),
}
SHAPES = ("ready", "ready", "partitioned", "gzip", "gzip", "plain", "mixed")


def draw(seed: int) -> Plan:
    return _Drawing(seed).plan()


class _Drawing:
    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._random = random = Random(f"plan {seed}")
        # A project that refuses all is told from bad records by a chunk that is large, and whole.
        self._is_refusing = random.random() < 0.25
        self._has_poison = not self._is_refusing and random.random() < 0.12
        # A process that sleeps through its lease and goes on, while another does its work.
        self._has_sleeper = random.random() < 0.1
        self._is_fat = not self._is_refusing and random.random() < 0.2
        self._switches = self._draw_switches()
        self._has_same_ids = self._switches.get("failed_index") != "wrong" and self._chance(0.3)
        self._contents = 0

    def plan(self) -> Plan:
        random = self._random
        batch_records = random.choice([2, 3, 4, 8])
        chunks = tuple(self._chunk(number) for number in range(random.choice([1, 1, 1, 2, 2, 3, 4, 6])))
        deployments = [
            Deployment(random.choice([0.0, random.uniform(0, 60)]), random.uniform(0, 300))
            for _ in range(random.choice([0, 0, 0, 0, 1, 2]))
        ]
        knobs = self._knobs()
        if "records_per_second" in self._switches:
            knobs["TIMEOUT_SECONDS"] = "540"
        # A batch must be settled within one invocation, be it record by record.
        post_seconds = {"30": [0.05, 0.3], "90": [0.05, 0.3, 0.8]}.get(
            knobs["TIMEOUT_SECONDS"], [0.05, 0.3, 1.5, 6]
        )
        if self._has_sleeper:
            deployments.append(Deployment(0.0, random.uniform(300, 3_000)))
        return Plan(
            seed=self._seed,
            chunks=chunks,
            strikes=tuple(self._strikes(float(knobs["TIMEOUT_SECONDS"]))),
            weathers=tuple(self._weathers()),
            deployments=tuple(deployments),
            knobs=knobs,
            switches=self._switches,
            # A lease of 30 s; a shorter one has less to spare for clocks that differ.
            clocks_apart_seconds=random.choice([0.0, 0.0, float(knobs["TIMEOUT_SECONDS"]) / 108]),
            post_seconds=random.choice(post_seconds),
            batch_records=batch_records,
            large_chunk_records=10 if self._is_refusing else random.choice([10, 30]),
        )

    def _chance(self, share: float) -> bool:
        return self._random.random() < share

    def _some(self, most: int, mean: float) -> int:
        return min(most, int(self._random.expovariate(1 / mean))) if mean else 0

    # What is uploaded

    def _chunk(self, number: int) -> Chunk:
        random = self._random
        contents = [self._content(is_poison=self._has_poison and number == 0)]
        uploads = [self._upload(random.uniform(0, 5), 0)]
        moment = uploads[0].at_seconds
        for _ in range(random.choice([0, 0, 0, 1, 2, 3])):
            moment += random.choice([random.uniform(0, 10), random.uniform(0, 90), random.uniform(0, 900)])
            if self._chance(0.03):
                moment += DAY_SECONDS
            drawn = random.random()
            if drawn < 0.25:
                uploads.append(Upload(moment, -1))
                continue
            if drawn < 0.5:
                contents.append(self._content(is_poison=False))
                uploads.append(self._upload(moment, len(contents) - 1))
            else:
                uploads.append(self._upload(moment, random.randrange(len(contents))))
        return Chunk(f"chunk-{number}.ndjson.gz", tuple(contents), tuple(uploads))

    def _upload(self, at_seconds: float, content: int) -> Upload:
        random = self._random
        arrivals = [random.uniform(0, 2)]
        if self._chance(0.12):
            arrivals = [random.choice([random.uniform(2, 60), random.uniform(60, 900), DAY_SECONDS * 3])]
        while self._chance(0.2):
            arrivals.append(
                random.choice(
                    [random.uniform(0, 3), random.uniform(0, 60), random.uniform(60, 900), DAY_SECONDS]
                )
            )
        if self._has_sleeper:
            arrivals += [random.uniform(20, 60), random.uniform(60, 300)]
        return Upload(at_seconds, content, tuple(arrivals))

    def _content(self, *, is_poison: bool) -> Content:
        random = self._random
        self._contents += 1
        seed = self._seed * 100 + self._contents
        if not self._is_refusing and self._chance(0.05):
            return Content(seed, random.choice(["empty", "blank"]), 0)
        shape = random.choice(SHAPES)
        lines = random.randint(30, 60) if self._is_refusing else random.choice([1, 5, 20, 40, 80, 120])
        damage = ""
        if not is_poison and not self._is_refusing and self._chance(0.12):
            damage = random.choice(DAMAGES_OF[shape])
        return Content(
            seed=seed,
            shape=shape,
            lines=lines,
            flawed=random.choice([0.0, 0.0, 0.2, 0.2 if self._is_refusing else 0.9]),
            refused=random.choice([0.0, 0.05, 0.2, 0.2 if self._is_refusing else 0.6]),
            mended=random.choice([0.0, 0.0, 0.3]),
            same_ids=self._has_same_ids,
            fat_bytes=random.choice([3_000, 9_000]) if self._is_fat else 0,
            damage=damage,
            poison=random.randrange(lines) if is_poison else -1,
        )

    # What befalls it

    def _strikes(self, timeout_seconds: float) -> list[Strike]:
        random = self._random
        strikes = []
        for _ in range(self._some(6, random.choice([0.0, 1.0, 3.0]))):
            kind = random.choice(HOST_STRIKES)
            verb = random.choice([*BUCKET_VERBS, "post", "post", "post", "post"])
            # Also to wake in the last lease of an invocation.
            last_seconds = timeout_seconds * random.uniform(0.93, 1.0)
            seconds = random.choice([3, 12, 35, 70, 200, 700, last_seconds])
            strikes.append(Strike(kind, verb, self._nth(verb), seconds))
        if self._has_sleeper:
            verb = random.choice(["list", "delete", "custom-time", "part", "write", "write", "post"])
            strikes.append(
                Strike("freeze-before", verb, random.choice([1, 1, 2, 3]), random.choice([70, 200, 700]))
            )
        for _ in range(self._some(8, random.choice([0.0, 1.0, 4.0]))):
            kind, verb = random.choice(STORAGE_STRIKES), random.choice(BUCKET_VERBS)
            if kind == "rewritten":
                verb = "write"
            times = random.choice([1, 1, 1, 2, 4]) if kind in ("unavailable", "lost-reply") else 1
            seconds = random.choice([1, 8, 40, 120, 700])
            strikes.append(Strike(kind, verb, self._nth(verb), seconds, times))
        has_refusing = self._is_refusing
        for _ in range(self._some(12, random.choice([0.0, 2.0, 6.0]))):
            kind = random.choice(POST_STRIKES)
            if kind in REFUSING_STRIKES and has_refusing:
                continue
            if kind == "200-no-count" and "too_large_form" in self._switches:
                continue  # there is no count to take out of a 413 in HTML
            has_refusing |= kind in REFUSING_STRIKES
            times = 1 if kind in REFUSING_STRIKES else random.choice([1, 1, 2, 5])
            strikes.append(Strike(kind, "post", self._nth("post"), random.choice([1, 20, 100]), times))
        return strikes

    def _nth(self, verb: str) -> int:
        return 1 + self._some(400, {"post": 12.0, "write": 5.0, "read": 4.0, "range": 5.0}.get(verb, 1.5))

    def _weathers(self) -> list[Weather]:
        random = self._random
        weathers = []
        if self._is_refusing:
            kind = random.choice([kind for kind in WEATHERS if kind.startswith("project")])
            weathers.append(self._weather(kind, random.choice([0.0, 0.0, 0.0, 200.0])))
        if self._chance(0.3):
            kinds = [kind for kind in WEATHERS if not kind.startswith("project")]
            kinds += [kind for kind in WEATHERS if kind.startswith("credentials")]
            weathers.append(self._weather(random.choice(kinds), random.choice([0.0, 0.0, 60.0, 600.0])))
        return weathers

    def _weather(self, kind: str, seconds: float) -> Weather:
        random = self._random
        posts = random.choice([1, 1, 2, 3, 4, 25])
        return Weather(kind, 1 + self._some(60, random.choice([0.0, 8.0])), posts, random.uniform(0, seconds))

    def _knobs(self) -> dict[str, str]:
        random = self._random
        knobs = {
            "TIMEOUT_SECONDS": random.choice(["540", "540", "540", "90", "30"]),
            "MAX_ATTEMPTS": random.choice(["3", "4", "5"]),
            "BATCHES_IN_FLIGHT": random.choice(["1", "2", "3", "4"]),
            "CHUNKS_AT_ONCE": random.choice(["1", "2", "3", "6"]),
        }
        if self._chance(0.2):
            knobs["MAX_RECORDS_PER_SECOND"] = random.choice(["10", "100"])
        return knobs

    def _draw_switches(self) -> dict[str, Any]:
        random = self._random
        switches: dict[str, Any] = {}
        if self._is_fat:
            switches["body_bytes"] = random.choice([4_000, 8_000, 12_000, 20_000])
            switches["too_large_form"] = random.choice(["limit", "no-limit", "html"])
        if self._chance(0.1):
            switches["records_per_second"] = random.choice([1, 3, 10])
        if self._is_refusing and self._chance(0.3):
            switches["failed_most"] = 1
        if self._chance(0.5):
            return switches
        forms: dict[str, list[Any]] = {
            "failed_records": ["strings", "absent"],
            "failed_id_key": ["insert_id", "absent"],
            "failed_index": ["absent", "wrong"],
            "failed_order": ["descending"],
            "failed_most": [1, 2],
            "count_in_400": [False],
            "error_in_400": [False],
            "status_form": ["number"],
            "malformed": ["400"],
            "rate_limited_form": ["uncoded"],
        }
        for name in random.sample(sorted(forms), random.randint(1, 4)):
            switches[name] = random.choice(forms[name])
        if switches.get("failed_index") == "wrong":
            # Without an id beside it, nobody could tell it from a right one.
            switches.pop("failed_id_key", None)
        return switches
