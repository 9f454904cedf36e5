"""Files of given lines, in every form that there is, whole or damaged."""

import itertools
from dataclasses import dataclass
from typing import Any, Literal

from hypothesis import strategies as st

from tests.end_to_end.contents import BOM, GZIP, content_of
from tests.end_to_end.fates import SPACE
from tests.end_to_end.lines import fine_records, lines, plain_record, tagged
from tests.fakes.chunk_files import foreign_member, ready_member

_FEW_LINES = 12


@dataclass(frozen=True, slots=True)
class File:
    """`damaged_at` is the first byte that is wrong, or missing."""

    data: bytes
    damage: Literal["", "cut", "changed"]
    damaged_at: int
    original: bytes

    def _repr_pretty_(self, printer: Any, _: bool) -> None:
        """As hypothesis shows it."""
        where = f", {self.damage} at {self.damaged_at} of {len(self.original)}" if self.damage else ""
        lines = content_of(self.original).lines[:20]
        shown = ", ".join(f"{line.content[:150]!r}{' ready' * line.ready}" for line in lines)
        printer.text(f"File({'gzip' if self.data.startswith(GZIP) else 'plain'}{where}: {shown})")


@st.composite
def texts(draw: st.DrawFn) -> list[bytes]:
    """Lines, of which the first is mostly a record, now and then with more than a batch of plain ones."""
    found = draw(st.lists(lines, min_size=1, max_size=_FEW_LINES))
    if draw(st.integers(0, 7)):
        found.insert(0, draw(fine_records))
    found = tagged(found)
    if draw(st.integers(0, 3)) == 3:
        found += draw(st.lists(st.sampled_from(found), min_size=1, max_size=3))
    if draw(st.integers(0, 11)) == 11:
        at = draw(st.integers(0, len(found)))
        found[at:at] = [plain_record(number) for number in range(draw(st.integers(1_998, 2_001)))]
    return found


@st.composite
def long_texts(draw: st.DrawFn) -> list[bytes]:
    """Plain records for several batches, other lines among them."""
    found = [plain_record(number) for number in range(draw(st.integers(4_000, 6_001)))]
    others = tagged(draw(st.lists(lines, max_size=_FEW_LINES)))
    for line, at in zip(others, draw(st.lists(st.integers(0, 4_000), min_size=_FEW_LINES)), strict=False):
        found.insert(at, line)
    return found


@st.composite
def joined(draw: st.DrawFn, given: list[bytes]) -> bytes:
    newline = draw(st.sampled_from([b"\n", b"\n", b"\r\n"]))
    last = draw(st.sampled_from([newline, b""]))
    return draw(st.sampled_from([b"", b"", BOM])) + newline.join(given) + last


@st.composite
def gzip_members(draw: st.DrawFn, text: bytes, *, padded: bool) -> bytes:
    """The text cut anywhere."""
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=3)))
    made = []
    for start, end in itertools.pairwise([0, *cuts, len(text)]):
        name, extra = draw(st.sampled_from([b"", b"a.json"])), draw(st.sampled_from([b"", b"BC\0\0"]))
        member = foreign_member(text[start:end], name=name, extra=extra, header_crc=draw(st.booleans()))
        made += [member, bytes(draw(st.sampled_from([0, 0, 3])) if padded else 0)]
    return b"".join(made)


@st.composite
def mixed_members(draw: st.DrawFn, given: list[bytes]) -> bytes:
    """Some lines in send-ready members, some in foreign ones."""
    cuts = sorted(draw(st.lists(st.integers(0, len(given)), max_size=5)))
    made = []
    for start, end in itertools.pairwise([0, *cuts, len(given)]):
        own = [line.strip(SPACE) for line in given[start:end] if line.strip(SPACE)]
        if own and len(own) <= 2_000 and draw(st.integers(0, 3)):
            made.append(ready_member(own))
        else:
            made.append(draw(gzip_members(draw(joined(given[start:end])), padded=True)))
    return b"".join(made)


@st.composite
def damaged(draw: st.DrawFn, data: bytes) -> File:
    """Cut off, or with a byte changed: its first two bytes excepted, which make it gzip."""
    at = draw(st.integers(2, len(data) - 1))
    if draw(st.booleans()):
        return File(data[:at], "cut", at, data)
    changed = bytearray(data)
    changed[at] ^= draw(st.sampled_from([1, 2, 4, 8, 16, 32, 64, 128, 255]))
    return File(bytes(changed), "changed", at, data)


SHORT, LONG = texts(), long_texts()


@st.composite
def chunks(draw: st.DrawFn, drawn_texts: st.SearchStrategy[list[bytes]] = SHORT) -> list[File]:
    """A text cut into files anywhere, each plain or gzip; or one file of members of both sorts."""
    given = draw(drawn_texts)
    if draw(st.integers(0, 2)) == 0:
        datas = [draw(mixed_members(given))]
    else:
        text = draw(joined(given))
        cuts = sorted(draw(st.sets(st.integers(1, max(1, len(text) - 1)), max_size=2)))
        parts = [text[start:end] for start, end in itertools.pairwise([0, *cuts, len(text)]) if end > start]
        datas = [draw(st.just(part) | gzip_members(part, padded=True)) for part in parts]
    return [
        draw(damaged(data))
        if data.startswith(GZIP) and len(data) > 2 and draw(st.integers(0, 2)) == 0
        else File(data, "", len(data), data)
        for data in datas
    ]
