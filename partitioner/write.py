"""Makes one segment into one chunk."""

from collections.abc import Iterable, Sequence
from operator import itemgetter
from pathlib import Path

import msgspec

from function.records import Added, Checked, Flaw, check
from function.state import DeadLetter
from partitioner.asides import Asides
from partitioner.formats.rows import Rows
from partitioner.fragment_file import FragmentFile
from partitioner.interval import Interval
from partitioner.jobs import Damage, Finished, Recipe, Sample
from partitioner.letters import LettersFile
from partitioner.manifest import ManifestChunk, ManifestSource
from partitioner.read import OVER_LONG, Lines, Reader
from partitioner.segments import Piece, Segment
from partitioner.shape.shaping import Transform, as_it_is, content_of, shape
from partitioner.tally import Tally
from partitioner.tracking.applier import applier_of
from partitioner.tracking.tracked import Tracked
from partitioner.window_files import WindowFiles
from partitioner.work import REJECTED_FOLDER, Work


def write_chunk(segment: Segment, recipe: Recipe, work: Work) -> Finished:
    """Returns when all is on the disk under its final name, and last of all the Finished itself.

    Done again, it makes the same files. A dry run makes keys alone.
    """
    number = segment.number
    letters_begun = work.begun(f"{number:05}.letters") if work.output else None
    asides = Asides(work, number)
    out: _ChunkFile | WindowFiles
    if recipe.is_joined:
        out = WindowFiles(recipe, work, number)
    else:
        out = _ChunkFile(work.begun(f"{number:05}.chunk") if work.output else None, recipe)
    writer = _Writer(recipe, out, letters_begun, asides)
    for piece in segment.pieces:
        writer.write(piece)
    has_letters = writer.close()
    finished = writer.finished(segment)
    if isinstance(out, WindowFiles):
        finished = msgspec.structs.replace(finished, fragments=out.close())
    else:
        finished = out.close(finished, work)
    if not work.output or not letters_begun:
        return finished
    asides.close(recipe.name)
    if has_letters:
        folder = work.output / REJECTED_FOLDER
        folder.mkdir(exist_ok=True)
        letters_begun.replace(folder / f"{recipe.name}-{number:05}.ndjson.gz")
    work.save_finished(number, msgspec.json.encode(finished))
    return finished


def chunk_name(name: str, number: int, json_hash: str) -> str:
    """Of two exports with one name, chunks of the same content have the same name, and only those."""
    return f"{name}-{number:05}-{json_hash[:8]}.ndjson.gz"


class _ChunkFile:
    """All records of a segment, which are a chunk, or with --keep-copies the draft of one."""

    def __init__(self, begun: Path | None, recipe: Recipe) -> None:
        self._begun, self._recipe = begun, recipe
        self._out = FragmentFile(
            begun, recipe.batch_records, recipe.batch_bytes, keeps_origins=recipe.keep_copies
        )
        self.add = self._out.add

    def close(self, finished: Finished, work: Work) -> Finished:
        """Returns, when all is on the disk, what is finished, with its chunk."""
        number, out = finished.segment.number, self._out
        out.file.close()
        if out.first_time is None:
            if self._begun:
                self._begun.unlink()
            return finished
        repeats = out.save(work, number)
        chunk = self._describe(finished.segment, out.first_time)
        if self._begun and work.output:
            self._begun.replace(work.draft(number) if self._recipe.keep_copies else work.output / chunk.name)
        return msgspec.structs.replace(finished, chunk=chunk, repeats=repeats)

    def _describe(self, segment: Segment, first_time: int) -> ManifestChunk:
        file = self._out.file
        return ManifestChunk(
            name=chunk_name(self._recipe.name, segment.number, file.json_hash),
            records=file.records,
            bytes=file.bytes,
            json_bytes=file.json_bytes,
            crc32c=file.crc32c,
            first_time=first_time,
            last_time=self._out.last_time,
            sources=sources_of(segment.pieces),
        )


def sources_of(pieces: Iterable[Piece]) -> tuple[ManifestSource, ...]:
    """Pieces that stand together are one."""
    found: list[ManifestSource] = []
    for piece in pieces:
        last = found[-1] if found else None
        end = piece.first_line + piece.lines - 1
        if last and (last.file, last.last_line + 1) == (piece.file, piece.first_line):
            found[-1] = ManifestSource(piece.file, last.first_line, end)
        elif piece.lines:
            found.append(ManifestSource(piece.file, piece.first_line, end))
    return tuple(found)


class _Writer:
    def __init__(
        self, recipe: Recipe, out: _ChunkFile | WindowFiles, letters: Path | None, asides: Asides
    ) -> None:
        self._recipe, self._out = recipe, out
        self._interval = Interval(recipe.since, recipe.until)
        self._transform: Transform | None = recipe.shape.transform()
        self._tracking = applier_of(recipe.tracking) if recipe.tracking else None
        if self._tracking:
            self._transform = self._tracking.after(self._transform or as_it_is)
        self._asides = asides
        self._letters = LettersFile(letters)
        self._tally = Tally()
        self._added = Added()
        self._damages: list[Damage] = []
        self._outside = 0
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
        checked = self._check(block.lines)
        for index, flaw in checked.flaws:
            self._reject(piece, block.first + index, block.lines[index], flaw)
        self._out.add(checked, piece.file, block.first, checked.indexes)

    def _write_rows(self, piece: Piece, rows: Rows, transform: Transform) -> None:
        shaped = shape(rows.rows, transform)
        checked = self._check(shaped.lines)
        flaws = [*shaped.flaws, *((shaped.indexes[index], flaw) for index, flaw in checked.flaws)]
        for index, flaw in sorted(flaws, key=itemgetter(0)):
            self._reject(piece, rows.first + index, content_of(rows.rows[index]), flaw)
        for index, kind in shaped.asides:
            self._asides.add(kind, content_of(rows.rows[index]))
        rows_of = [shaped.indexes[index] for index in checked.indexes]
        self._out.add(checked, piece.file, rows.first, rows_of)

    def _check(self, lines: Sequence[bytes]) -> Checked:
        """Without the records of another time than the user asked for."""
        checked = check(lines, self._recipe.as_of)
        inside = self._interval.inside(checked, lines, self._recipe.as_of)
        self._outside += len(checked.lines) - len(inside.lines)
        self._added += inside.added
        return inside

    def _reject(self, piece: Piece, line: int, content: bytes, flaw: Flaw) -> None:
        self._letters.add(DeadLetter(content, line, flaw.field, flaw.message, piece.file))
        self._tally.add(flaw, Sample(piece.file, line))

    def close(self) -> bool:
        """Returns whether any line was rejected."""
        return self._letters.close()

    def finished(self, segment: Segment) -> Finished:
        """All but what became of its records."""
        return Finished(
            segment,
            None,
            self._tally.total,
            self._tally.reasons(),
            tuple(self._damages),
            self._added,
            0,
            dict(sorted(self._asides.counts.items())),
            self._tracking.tracked() if self._tracking else Tracked(),
            self._not_finite,
            self._outside,
        )
