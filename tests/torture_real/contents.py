"""A plan's chunks as bytes. Each line tells its run and its number, so that no two are alike."""

import gzip
import json
from random import Random

from tests.end_to_end.contents import GZIP
from tests.end_to_end.files import File
from tests.fakes.chunk_files import foreign_member, ndjson, ready_member
from tests.torture_real.plan import ChunkPlan, Plan

# The simulator is told to refuse these.
STOLEN = {"plan": "stolen"}
FLAWS = (b'{"event":"seen"}', b"oops", b'{"event":"","properties":{}}', b"[1]", b'{"event":"x","prop')
BATCH_RECORDS = 100


def files_of(plan: Plan) -> dict[str, File]:
    """Objects by name."""
    random = Random(plan.seed + " contents")
    return {
        f"run-{plan.seed}-{number}": _file(plan.seed, number, chunk, random)
        for number, chunk in enumerate(plan.chunks)
    }


def export_of(plan: Plan) -> list[bytes]:
    """Files for the partitioner: plain, gzip, empty, cut off, and one without a single good record."""
    random = Random(plan.seed + " export")
    texts = [ndjson(_lines(plan.seed, f"e{number}", 1_200, random)) for number in range(3)]
    packed = gzip.compress(texts[2])
    cut = packed[: random.randrange(20, len(packed))]
    return [texts[0], gzip.compress(texts[1]), b"", cut]


def _file(seed: str, number: int, chunk: ChunkPlan, random: Random) -> File:
    data = _data(seed, number, chunk, random)
    if chunk.cut == 1.0:
        return File(data, "", len(data), data)
    at = max(len(GZIP), int(len(data) * chunk.cut))
    return File(data[:at], "cut", at, data)


def _data(seed: str, number: int, chunk: ChunkPlan, random: Random) -> bytes:
    match chunk.shape:
        case "empty":
            return b""
        case "blank":
            return random.choice((b"\n", b" \n\n", foreign_member(b"\n"), foreign_member(b"")))
    lines = _lines(seed, str(number), chunk.records, random, flawed=chunk.shape != "ready")
    if chunk.shape == "plain":
        return ndjson(lines)
    cuts = range(0, len(lines), BATCH_RECORDS)
    groups = [lines[at : at + BATCH_RECORDS] for at in cuts]
    if chunk.shape == "gzip":
        return b"".join(foreign_member(ndjson(group)) for group in groups)
    return b"".join(
        ready_member(group)
        if chunk.shape == "ready" or (random.random() < 0.6 and not any(map(_is_flawed, group)))
        else foreign_member(ndjson(group))
        for group in groups
    )


def _lines(seed: str, place: str, count: int, random: Random, *, flawed: bool = True) -> list[bytes]:
    """The first is good: of a chunk without any, it would be asked whether it is one at all."""
    lines = []
    for number in range(count):
        drawn = random.random()
        if number and flawed and drawn < 0.02:
            lines.append(random.choice(FLAWS))
            continue
        mark = f"{seed}-{place}-{number}"
        content: dict[str, object] = {"time": 1_700_000_000 + number, "run": f"{seed}/", "mark": mark}
        content |= {"distinct_id": f"user-{number % 7}", "$insert_id": mark, "ip": 0}
        if number and drawn > 0.98:
            content |= STOLEN
        if flawed and 0.5 < drawn < 0.53:
            for name in random.choice((("$insert_id",), ("ip",), ("distinct_id",), ("$insert_id", "ip"))):
                del content[name]
        lines.append(json.dumps({"event": "seen", "properties": content}).encode())
    return lines


def _is_flawed(line: bytes) -> bool:
    return line in FLAWS or any(name not in line for name in (b"$insert_id", b'"ip"', b"distinct_id"))
