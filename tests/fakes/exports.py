"""Exports as the partitioner's tests need them: small, varied, and always the same."""

import gzip
import json
import random
from collections.abc import Iterable
from pathlib import Path

TIME_SECONDS = 1_710_000_000
AS_OF = "2024-06-01"


def record(number: int, **properties: object) -> bytes:
    """A record without a flaw; a property given as None is left out."""
    usual: dict[str, object] = {
        "time": TIME_SECONDS + number,
        "distinct_id": f"user-{number % 50}",
        "$insert_id": f"id-{number}",
        "ip": 0,
    }
    kept = {key: value for key, value in (usual | properties).items() if value is not None}
    return json.dumps({"event": "seen", "properties": kept}).encode()


def records(count: int, start: int = 0) -> list[bytes]:
    return [record(number) for number in range(start, start + count)]


def ndjson(lines: Iterable[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)


def varied_lines(count: int, seed: int = 1) -> list[bytes]:
    """With and without ids, some flawed, some blank, and one in fifty a copy of one before."""
    chance = random.Random(seed)
    lines: list[bytes] = []
    for number in range(count):
        kind = chance.random()
        if kind < 0.02 and lines:
            lines.append(chance.choice(lines))
        elif kind < 0.03:
            lines.append(chance.choice((b"", b"no record", b"\xff", record(number, time=None))))
        else:
            insert_id = None if kind < 0.5 else f"id-{number}"
            lines.append(record(number, **{"$insert_id": insert_id, "pad": "x" * chance.randrange(300)}))
    return lines


def write_varied_export(folder: Path, count: int) -> Path:
    """Plain files and gzip, of one member, of several, and cut off, of so many lines together."""
    lines = varied_lines(count)
    folder.mkdir()
    fourth = count // 4
    parts = [lines[start : start + fourth] for start in range(0, count, fourth)]
    (folder / "a.ndjson").write_bytes(b"\xef\xbb\xbf" + b"\r\n".join(parts[0]))
    (folder / "b.ndjson.gz").write_bytes(gzip.compress(ndjson(parts[1]), mtime=0))
    half = len(parts[2]) // 2
    members = [gzip.compress(ndjson(part), mtime=0) for part in (parts[2][:half], parts[2][half:])]
    (folder / "c.ndjson.gz").write_bytes(b"".join(members))
    (folder / "d.ndjson").write_bytes(ndjson(parts[3]))
    (folder / "e.ndjson.gz").write_bytes(gzip.compress(ndjson(parts[0]), mtime=0)[:-500])
    (folder / "notes.txt").write_bytes(b"no records\n")
    return folder


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below the folder, by its path in it."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
