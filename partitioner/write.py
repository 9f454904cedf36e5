"""Makes one segment into one chunk."""

from pathlib import Path

import msgspec
import numpy as np

from function.records import Added, Flaw, Heads, check
from function.state import DeadLetter, decode_dead_letter
from partitioner.batch_file import BatchFile
from partitioner.jobs import Damage, Finished, Recipe, Sample
from partitioner.keys import Keys, keys_of, write_keys
from partitioner.letters import LettersFile
from partitioner.lines import Block, read_blocks, read_file, split_lines
from partitioner.manifest import ManifestChunk, ManifestSource
from partitioner.origins import Origins
from partitioner.segments import Piece, Segment
from partitioner.tally import Tally
from partitioner.work import REJECTED_FOLDER, Work

_OVER_LONG = Flaw("", "must be smaller than 1 MB of JSON (of over 16 MB only the beginning is kept)")
_KEPT_BYTES = 1_000


def write_chunk(segment: Segment, recipe: Recipe, work: Work) -> Finished:
    """Returns when all is on the disk under its final name, and last of all the Finished itself.

    Done again, it makes the same files. A dry run makes keys alone.
    """
    number = segment.number
    begun = work.begun(f"{number:05}.chunk") if work.output else None
    letters_begun = work.begun(f"{number:05}.letters") if work.output else None
    writer = _Writer(recipe, begun, letters_begun)
    for piece in segment.pieces:
        writer.write(piece)
    has_letters = writer.close()
    chunk = writer.describe(segment)
    repeats = writer.save_keys(work, number) if chunk else 0
    finished = writer.finished(segment, chunk, repeats)
    if not work.output or not begun or not letters_begun:
        return finished
    if has_letters:
        folder = work.output / REJECTED_FOLDER
        folder.mkdir(exist_ok=True)
        letters_begun.replace(folder / f"{recipe.name}-{number:05}.ndjson.gz")
    if chunk is None:
        begun.unlink()
    elif recipe.keep_copies:
        writer.origins.save(work.origins(number))
        begun.replace(work.draft(number))
    else:
        begun.replace(work.output / chunk.name)
    work.save_finished(number, msgspec.json.encode(finished))
    return finished


def chunk_name(name: str, number: int, json_hash: str) -> str:
    """Of two exports with one name, chunks of the same content have the same name, and only those."""
    return f"{name}-{number:05}-{json_hash[:8]}.ndjson.gz"


class _Writer:
    def __init__(self, recipe: Recipe, chunk: Path | None, letters: Path | None) -> None:
        self._recipe = recipe
        self._chunk = BatchFile(chunk, recipe.batch_records, recipe.batch_bytes)
        self._letters = LettersFile(letters)
        self._tally = Tally()
        self._added = Added()
        self._damages: list[Damage] = []
        self._first_time: int | None = None
        self._last_time = 0
        self.origins = Origins()
        self._keys: list[Keys] = []

    def write(self, piece: Piece) -> None:
        line, cut_off = piece.first_line, b""
        reads = read_file(piece.path, piece.start, piece.end) if piece.start < piece.end else ()
        for block in read_blocks(reads):
            lines = split_lines(block.data)
            if piece.damage and not block.data.endswith(b"\n"):
                cut_off = lines.pop()
            self._write_block(piece, block, line, lines)
            line += len(lines)
        if piece.damage:
            self._damages.append(Damage(piece.file, line, piece.damage))
            self._reject(piece, line, cut_off, Flaw("", piece.damage))

    def _write_block(self, piece: Piece, block: Block, line: int, lines: list[bytes]) -> None:
        if block.is_over_long:
            self._reject(piece, line, lines[0][:_KEPT_BYTES], _OVER_LONG)
            return
        if piece.holds_letters:
            lines = [_taken_out(each) for each in lines]
        checked = check(lines, self._recipe.as_of)
        for index, flaw in checked.flaws:
            self._reject(piece, line + index, lines[index], flaw)
        self._added += checked.added
        self._chunk.add(checked.lines)
        self._note(checked.heads)
        if self._recipe.keep_copies:
            self.origins.add(piece.file, line, checked.indexes)

    def _note(self, heads: Heads) -> None:
        if not heads:
            return
        first = min(heads.times)
        self._first_time = first if self._first_time is None else min(first, self._first_time)
        last = max(heads.times)
        self._last_time = max(self._last_time, last)
        self._keys.append(keys_of(heads))

    def _reject(self, piece: Piece, line: int, content: bytes, flaw: Flaw) -> None:
        self._letters.add(DeadLetter(content, line, flaw.field, flaw.message, piece.file))
        self._tally.add(flaw, Sample(piece.file, line))

    def save_keys(self, work: Work, number: int) -> int:
        """Returns how many records have a key like an earlier one."""
        return write_keys(np.concatenate(self._keys), work.keys(number), work.ordered_keys(number))

    def close(self) -> bool:
        """Returns whether any line was rejected."""
        self._chunk.close()
        return self._letters.close()

    def describe(self, segment: Segment) -> ManifestChunk | None:
        chunk = self._chunk
        if self._first_time is None:
            return None
        return ManifestChunk(
            name=chunk_name(self._recipe.name, segment.number, chunk.json_hash),
            records=chunk.records,
            bytes=chunk.bytes,
            json_bytes=chunk.json_bytes,
            crc32c=chunk.crc32c,
            first_time=self._first_time,
            last_time=self._last_time,
            sources=tuple(
                ManifestSource(piece.file, piece.first_line, piece.first_line + piece.lines - 1)
                for piece in segment.pieces
                if piece.lines
            ),
        )

    def finished(self, segment: Segment, chunk: ManifestChunk | None, repeats: int) -> Finished:
        reasons = self._tally.reasons()
        damages = tuple(self._damages)
        return Finished(segment, chunk, self._tally.total, reasons, damages, self._added, repeats)


def _taken_out(line: bytes) -> bytes:
    """The rejected content; the line itself where it is no letter, or would be more than one line."""
    content = decode_dead_letter(line)
    return line if content is None or b"\n" in content else content
