"""What a preset costs a record, over reading and writing it: of each vendor, the rows that the tests have.

Rows of one event each, as their vendors have them with all usual fields. Best of several rounds, in CPU time.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.goals import Goal
from partitioner.shape.preset import load_preset, names
from partitioner.shape.rows import Aside, decode_row, encode_row

COMMAND = "python -m benchmarks presets"
MOST_MICROS = 8.0
FIXTURES = Path(__file__).parent.parent / "tests" / "data" / "presets"
ROUNDS, SMALL_ROUNDS = 15, 2
AT_ONCE = 2_000


def goals(*, small: bool = False) -> Iterator[Goal]:
    rounds = SMALL_ROUNDS if small else ROUNDS
    for name in names():
        yield _goal(name, rounds)


def _goal(name: str, rounds: int) -> Goal:
    transform = load_preset(name).transform
    lines = [
        line
        for line in (FIXTURES / name / "input.ndjson").read_bytes().splitlines()
        if _records(transform(decode_row(line)))
    ]
    lines = (lines * (AT_ONCE // len(lines) + 1))[:AT_ONCE]
    rows = [decode_row(line) for line in lines]
    results = [transform(row) for row in rows]
    records = sum(map(_records, results))
    cost = _best_micros(lambda: [transform(row) for row in rows], rounds) / records
    reading = _best_micros(lambda: list(map(decode_row, lines)), rounds) / records
    writing = _best_micros(lambda: list(map(encode_row, results)), rounds) / records
    return Goal(
        name=f"presets, {name}: a record",
        figure=f"{cost:.1f} µs",
        goal=f"at most {MOST_MICROS:.0f} µs",
        met=cost <= MOST_MICROS,
        references={
            "reading its row": f"{reading:.1f} µs",
            "writing it": f"{writing:.1f}",
            "bytes of a row": f"{sum(map(len, lines)) // len(lines):,}",
        },
        command=COMMAND,
        argued=""
        if cost <= MOST_MICROS
        else "each value of a large row is looked at once, for little more than reading it",
    )


def _records(result: Any) -> int:
    results = result if isinstance(result, list) else [result]
    return sum(1 for each in results if not isinstance(each, Aside))


def _best_micros(work: Callable[[], Any], rounds: int) -> float:
    best = float("inf")
    for _ in range(rounds):
        began = time.process_time()
        work()
        best = min(best, time.process_time() - began)
    return best * 1e6
