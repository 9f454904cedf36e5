"""Makes one segment into one chunk."""

from operator import itemgetter
from pathlib import Path

import msgspec
import numpy as np

from function.records import Added, Checked, Flaw, Heads, check
from function.state import DeadLetter
from partitioner.asides import Asides
from partitioner.batch_file import BatchFile
from partitioner.formats.rows import Rows
from partitioner.jobs import Damage, Finished, Recipe, Sample
from partitioner.keys import Keys, keys_of, write_keys
from partitioner.letters import LettersFile
from partitioner.manifest import ManifestChunk, ManifestSource
from partitioner.origins import Origins
from partitioner.read import OVER_LONG, Lines, Reader
from partitioner.segments import Piece, Segment
from partitioner.shape.shaping import Transform, as_it_is, content_of, shape
from partitioner.tally import Tally
from partitioner.tracking.applier import applier_of
from partitioner.tracking.tracked import Tracked
from partitioner.work import REJECTED_FOLDER, Work


def write_chunk(segment: Segment, recipe: Recipe, work: Work) -> Finished:
    """Returns when all is on the disk under its final name, and last of all the Finished itself.

    Done again, it makes the same files. A dry run makes keys alone.
    """
    number = segment.number
    begun = work.begun(f"{number:05}.chunk") if work.output else None
    letters_begun = work.begun(f"{number:05}.letters") if work.output else None
    asides = Asides(work, number)
    writer = _Writer(recipe, begun, letters_begun, asides)
    for piece in segment.pieces:
        writer.write(piece)
    has_letters = writer.close()
    chunk = writer.describe(segment)
    repeats = writer.save_keys(work, number) if chunk else 0
    finished = writer.finished(segment, chunk, repeats)
    if not work.output or not begun or not letters_begun:
        return finished
    asides.close(recipe.name)
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
    def __init__(self, recipe: Recipe, chunk: Path | None, letters: Path | None, asides: Asides) -> None:
        self._recipe = recipe
        self._transform: Transform | None = recipe.shape.transform()
        self._tracking = applier_of(recipe.tracking) if recipe.tracking else None
        if self._tracking:
            self._transform = self._tracking.after(self._transform or as_it_is)
        self._asides = asides
        self._chunk = BatchFile(chunk, recipe.batch_records, recipe.batch_bytes)
        self._letters = LettersFile(letters)
        self._tally = Tally()
        self._added = Added()
        self._damages: list[Damage] = []
        self._first_time: int | None = None
        self._last_time = 0
        self.origins = Origins()
        self._keys: list[Keys] = []
        self._not_finite = 0

    def write(self, piece: Piece) -> None:
        reader = Reader(piece)
        if reader.has_lines and self._transform is None:
            for block in reader.lines():
                self._write_lines(piece, block)
        else:
            for rows in reader.rows():
                self._write_rows(piece, rows, self._transform or as_it_is)
        self._not_finite += reader.left_out.not_finite
        if piece.damage:
            self._damages.append(Damage(piece.file, reader.line, piece.damage))
            self._reject(piece, reader.line, reader.cut_off, Flaw("", piece.damage))

    def _write_lines(self, piece: Piece, block: Lines) -> None:
        if block.is_over_long:
            self._reject(piece, block.first, block.lines[0], OVER_LONG)
            return
        checked = check(block.lines, self._recipe.as_of)
        for index, flaw in checked.flaws:
            self._reject(piece, block.first + index, block.lines[index], flaw)
        self._take(checked)
        if self._recipe.keep_copies:
            self.origins.add(piece.file, block.first, checked.indexes)

    def _write_rows(self, piece: Piece, rows: Rows, transform: Transform) -> None:
        shaped = shape(rows.rows, transform)
        checked = check(shaped.lines, self._recipe.as_of)
        flaws = [*shaped.flaws, *((shaped.indexes[index], flaw) for index, flaw in checked.flaws)]
        for index, flaw in sorted(flaws, key=itemgetter(0)):
            self._reject(piece, rows.first + index, content_of(rows.rows[index]), flaw)
        for index, kind in shaped.asides:
            self._asides.add(kind, content_of(rows.rows[index]))
        self._take(checked)
        if self._recipe.keep_copies:
            for index in checked.indexes:
                self.origins.add(piece.file, rows.first, (shaped.indexes[index],))

    def _take(self, checked: Checked) -> None:
        self._added += checked.added
        self._chunk.add(checked.lines)
        self._note(checked.heads)

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
        asides = dict(sorted(self._asides.counts.items()))
        tracked = self._tracking.tracked() if self._tracking else Tracked()
        return Finished(
            segment,
            chunk,
            self._tally.total,
            reasons,
            damages,
            self._added,
            repeats,
            asides,
            tracked,
            self._not_finite,
        )
