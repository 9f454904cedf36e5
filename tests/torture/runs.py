"""Many runs, over several processes; what comes out depends on the seeds alone, not on who ran them."""

import logging
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise
from multiprocessing import get_context

from function.logs import LOGGER_NAME
from tests.torture.draw import draw
from tests.torture.plan import Plan
from tests.torture.world import World

SEEDS_AT_ONCE = 25


@dataclass
class Total:
    """Up to the first violation, where there is one: of the lowest seed that has one."""

    runs: int = 0
    calls: int = 0
    cpu_seconds: float = 0.0
    virtual_seconds: float = 0.0
    drawn: Counter[str] = field(default_factory=Counter)
    struck: Counter[str] = field(default_factory=Counter)
    failed_seed: int = -1
    violation: str = ""

    def add(self, other: "Total") -> None:
        self.runs += other.runs
        self.calls += other.calls
        self.cpu_seconds += other.cpu_seconds
        self.virtual_seconds += other.virtual_seconds
        self.drawn += other.drawn
        self.struck += other.struck
        if other.violation:
            self.failed_seed, self.violation = other.failed_seed, other.violation


def run_all(seeds: Sequence[int], jobs: int, *, has_progress: bool = True) -> Total:
    total = Total()
    blocks = [seeds[at : at + SEEDS_AT_ONCE] for at in range(0, len(seeds), SEEDS_AT_ONCE)]
    for part in _parts(blocks, jobs):
        total.add(part)
        if has_progress and sys.stderr.isatty():
            print(f"\r{total.runs} of {len(seeds)} runs", end="", file=sys.stderr, flush=True)
        if total.violation:
            break
    if has_progress and sys.stderr.isatty():
        print(file=sys.stderr)
    return total


def _parts(blocks: list[Sequence[int]], jobs: int) -> Iterator[Total]:
    if jobs < 2:
        yield from map(run_block, blocks)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        try:
            yield from pool.map(run_block, blocks)
        finally:
            pool.shutdown(cancel_futures=True)


def run_block(seeds: Sequence[int]) -> Total:
    """Ends with the first violation."""
    logging.getLogger(LOGGER_NAME).disabled = True
    total = Total()
    began_seconds = time.process_time()
    for seed in seeds:
        plan = draw(seed)
        ran = World(plan).run()
        total.runs += 1
        total.calls += ran.calls
        total.virtual_seconds += ran.seconds
        total.struck += ran.struck
        total.drawn += drawn_in(plan)
        if ran.violation:
            total.failed_seed, total.violation = seed, ran.violation
            break
    total.cpu_seconds = time.process_time() - began_seconds
    return total


def drawn_in(plan: Plan) -> Counter[str]:
    """What a plan has in it that befalls nobody at a given call."""
    drawn: Counter[str] = Counter()
    for chunk in plan.chunks:
        used = {upload.content for upload in chunk.uploads if upload.content >= 0}
        for index in used:
            content = chunk.contents[index]
            drawn[f"chunk {content.shape}"] += 1
            drawn["chunk flawed"] += content.flawed > 0
            drawn["chunk refused in part"] += content.refused > 0
            drawn["chunk mended"] += content.mended > 0
            drawn["chunk with shared ids"] += content.same_ids
            if content.damage:
                drawn[f"damage {content.damage}"] += 1
            drawn["chunk poison"] += content.poison >= 0
        sequence = [upload.content for upload in chunk.uploads if upload.content >= 0]
        pairs = list(pairwise(sequence))
        drawn["upload of equal content"] += any(one == next_one for one, next_one in pairs)
        drawn["upload of other content"] += any(one != next_one for one, next_one in pairs)
        arrivals = [
            (upload.at_seconds + seconds, number)
            for number, upload in enumerate(chunk.uploads)
            for seconds in upload.arrivals
        ]
        drawn["delivery doubled"] += any(len(upload.arrivals) > 1 for upload in chunk.uploads)
        drawn["delivery late by days"] += any(s > 80_000 for upload in chunk.uploads for s in upload.arrivals)
        numbers = [number for _, number in sorted(arrivals)]
        drawn["older generation after a newer"] += numbers != sorted(numbers)
    drawn["clocks apart"] += plan.clocks_apart_seconds > 0
    drawn["deadlines at once"] += plan.knobs.get("TIMEOUT_SECONDS") == "30"
    drawn["quota of our own"] += "MAX_RECORDS_PER_SECOND" in plan.knobs
    for name, value in plan.switches.items():
        drawn[f"switch {name} {value if isinstance(value, str) else ''}".strip()] += 1
    return drawn
