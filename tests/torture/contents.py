"""From a drawn content to an object's bytes, and what must become of each of its lines."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from function.records import check
from partitioner.jobs import Recipe
from partitioner.segments import Piece, Place, Segment
from partitioner.work import Work
from partitioner.write import write_chunk
from tests.fakes.chunk_files import foreign_member, ndjson, ready_member
from tests.torture.plan import Content

NOW_SECONDS = 1_780_000_000.0
SMALLEST_LARGE_CHUNK = 10

# What is taken from a record that is otherwise whole.
_MENDED: tuple[tuple[str, ...], ...] = (("$insert_id",), ("ip",), ("distinct_id",), ("$insert_id", "ip"))


@dataclass(frozen=True, slots=True)
class Line:
    """`kind`: good, refused (by Mixpanel), own (by our rules) or blank. `sent` is empty for the last two."""

    kind: str
    content: bytes
    sent: bytes = b""


@dataclass(frozen=True, slots=True)
class Object:
    """An object's bytes. Where it is damaged, the first `whole_lines` lines must be settled all the same."""

    data: bytes
    lines: tuple[Line, ...]
    damage: str
    whole_lines: int


def build(content: Content, batch_records: int, body_bytes: int | None) -> Object:
    """`body_bytes` is the longest request that Mixpanel takes, where that matters."""
    random = Random(content.seed)
    if content.shape == "empty":
        return Object(b"", (), "", 0)
    if content.shape == "blank":
        text = random.choice([b"\n", b" \n\r\n", b"\n\n\t\n"])
        data = text if random.random() < 0.5 else foreign_member(text)
        return Object(data, tuple(Line("blank", b"") for _ in range(text.count(b"\n"))), "", 0)
    lines = [_line(content, number, random, body_bytes) for number in range(content.lines)]
    groups = _groups(content.shape, lines, batch_records, random)
    data, members = _encode(content, groups, batch_records, random)
    kept = tuple(line for _, group in groups for line in group)
    return _damaged(content.damage, data, members, kept, groups, random)


def _line(content: Content, number: int, random: Random, body_bytes: int | None) -> Line:
    mark = f"{content.seed:x}-{number}"
    drawn = random.random()
    # A large chunk without any good record waits for another's, or for ever: the first of one is good.
    is_spared = number == content.poison or (number == 0 and content.lines >= SMALLEST_LARGE_CHUNK)
    if number and not is_spared and drawn < content.flawed:
        flawed = _flawed(mark, random)
        return Line("own" if flawed.strip() else "blank", flawed)
    properties: dict[str, Any] = {
        "time": int(NOW_SECONDS) - 90_000 - number,
        "distinct_id": f"user-{random.randrange(5)}-{number}",
        "$insert_id": f"{content.seed:x}-{number - number % 3 if content.same_ids else number}",
        "ip": 0,
        "n": mark,
    }
    if random.random() < content.mended:
        for name in random.choice(_MENDED):
            del properties[name]
    if content.fat_bytes and not is_spared:
        properties["fat"] = "x" * random.randrange(content.fat_bytes)
    is_refused = not is_spared and content.flawed <= drawn < content.flawed + content.refused
    if is_refused:
        properties["plan"] = "stolen"
    if number == content.poison:
        properties["poison"] = 1
    text = json.dumps({"event": "seen", "properties": properties}, separators=(",", ":")).encode()
    (sent,) = check([text], NOW_SECONDS).lines
    is_refused |= body_bytes is not None and len(sent) + 1 > body_bytes
    return Line("refused" if is_refused else "good", text, sent)


def _flawed(mark: str, random: Random) -> bytes:
    text = random.choice([
        "oops {}", "", " \t", '["{}"]', '{{"event":"seen","n":"{}"}}',
        '{{"event":"seen","properties":{{"time":5,"n":"{}"}}}}',
        '{{"event":"","properties":{{"time":1700000000,"n":"{}"}}}}', '{{"event":"seen","n":"{}',
    ])  # fmt: skip
    return text.format(mark).encode()


def _groups(
    shape: str, lines: Sequence[Line], batch_records: int, random: Random
) -> list[tuple[str, list[Line]]]:
    """Runs of lines that are encoded together: as ready members, or as text."""
    records = [line for line in lines if line.sent]
    if shape == "partitioned":
        return [("partitioned", records)]
    if shape == "ready":
        return [("ready", records[at : at + batch_records]) for at in range(0, len(records), batch_records)]
    if shape != "mixed":
        return [(shape, list(lines))]
    groups = []
    at = 0
    while at < len(lines):
        kind, count = random.choice(["ready", "gzip"]), random.randint(1, 2 * batch_records)
        run = list(lines[at : at + count])
        if kind == "ready":
            run = [line for line in run if line.sent][:batch_records]
            count = next((i + 1 for i, line in enumerate(lines[at:]) if run and line is run[-1]), count)
        if run:
            groups.append((kind, run))
        at += count
    return groups


def _encode(
    content: Content, groups: list[tuple[str, list[Line]]], batch_records: int, random: Random
) -> tuple[bytes, list[tuple[int, int, int]]]:
    """The bytes, and of each ready or foreign member: start, end, and the lines before it."""
    data = b""
    members: list[tuple[int, int, int]] = []
    before = 0
    for kind, group in groups:
        if kind == "plain":
            newline = random.choice([b"\n", b"\r\n"])
            data = newline.join(line.content for line in group) + newline
            if group[-1].content.strip() and random.random() < 0.5:
                data = data.removesuffix(newline)
        elif kind == "partitioned":
            data = partition(content, batch_records)
        elif kind == "ready":
            member = ready_member([line.sent for line in group])
            members.append((len(data), len(data) + len(member), before))
            data += member
        else:
            text = ndjson(line.content for line in group)
            cuts = sorted(random.sample(range(1, len(text)), min(len(text) - 1, random.randrange(3))))
            for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
                member = foreign_member(text[start:end])
                members.append((len(data), len(data) + len(member), before + text[:start].count(b"\n")))
                data += member
        before += len(group)
    return data, members


def _damaged(
    damage: str,
    data: bytes,
    members: list[tuple[int, int, int]],
    lines: tuple[Line, ...],
    groups: list[tuple[str, list[Line]]],
    random: Random,
) -> Object:
    match damage:
        case "truncated":
            start, end, before = members[-1]
            return Object(data[: random.randrange(start + 3, end - 1)], lines, damage, before)
        case "garbage-behind":
            return Object(data + b"garbage", lines, damage, max(0, len(lines) - 1))
        case "not-records":
            return Object(b"PK\x03\x04" + data, lines, damage, 0)
        case "flipped" | "lying-count":
            start, end, before = random.choice(
                [member for member, (kind, _) in zip(members, groups, strict=True) if kind == "ready"]
            )
            # The last byte of the deflate stream may have bits that say nothing.
            places = [*range(start + 24, end - 9), *range(end - 8, end)]
            at = start + 20 if damage == "lying-count" else random.choice(places)
            changed = data[at] + 1 if damage == "lying-count" else data[at] ^ (1 << random.randrange(8))
            return Object(data[:at] + bytes([changed]) + data[at + 1 :], lines, damage, before)
    return Object(data, lines, damage, len(lines))


@cache
def _folder() -> TemporaryDirectory[str]:
    return TemporaryDirectory()


def partition(content: Content, batch_records: int) -> bytes:
    """What the partitioner makes of all lines; those that it rejects are in no chunk."""
    random = Random(content.seed)
    lines = [_line(content, number, random, None) for number in range(content.lines)]
    path = Path(_folder().name) / "export.ndjson"
    text = ndjson(line.content for line in lines)
    path.write_bytes(text)
    output = Path(_folder().name) / "output"
    work = Work(output, output / "_work")
    work.make()
    piece = Piece("export.ndjson", str(path), 0, len(text), 1, len(lines), holds_letters=False)
    recipe = Recipe("export", NOW_SECONDS, 1_000, 1_000_000, batch_records, 2_000_000, keep_copies=False)
    finished = write_chunk(Segment(0, (piece,), Place(), len(text)), recipe, work)
    assert finished.chunk is not None
    made = output / finished.chunk.name
    data = made.read_bytes()
    made.unlink()
    return data
