"""The partitioner's `split` as the first step of an import, of the whole export or of its first records."""

import hashlib
import io
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from local.processes import own_environ
from partitioner.inputs.export import find_export
from partitioner.inputs.opener import Opener
from partitioner.paths import name_of
from partitioner.planner import Planner
from partitioner.read import Reader
from partitioner.segments import Limits, Place
from partitioner.shape.shaping import content_of
from partitioner.shape.wish import Shape
from partitioner.sources import Source, Stdin

_AT_ONCE = Limits(lines=10_000, bytes=50_000_000)


@dataclass(frozen=True, slots=True)
class Wish:
    """What of which export is to be imported; the last two are `split`'s own options."""

    exports: tuple[str, ...]
    limit: int | None = None
    keep_copies: bool = False
    max_rejected: str = ""
    shape: Shape = field(default_factory=Shape)
    shape_flags: tuple[str, ...] = ()
    """The same as `split` takes it."""

    def fingerprint(self, sources: Sequence[Source]) -> str:
        """Names a folder: another for other files, changed files or other options."""
        files = [(str(Path(each.file).resolve()), each.size, each.changed_ns) for each in sources]
        what = repr((files, self.limit, self.keep_copies, *self.shape_flags))
        return f"{name_of(self.exports)}-{hashlib.sha256(what.encode()).hexdigest()[:8]}"


def sources_of(wish: Wish) -> tuple[Source, ...]:
    """Raises Refused for what isn't there or holds no records."""
    return find_export(wish.exports, _nobody(), Path("/nowhere"), wish.shape)[0].sources


def _nobody() -> Stdin:
    """Standard input isn't offered: an import may have to be run again, and then it would be gone."""
    return Stdin(io.BytesIO())


def split(wish: Wish, sources: Sequence[Source], folder: Path, *, dry_run: bool = False) -> int:
    """Writes chunks and manifest to `folder / "chunks"`, on the user's own terminal; its exit code."""
    exports = list(wish.exports)
    if wish.limit is not None:
        exports = [str(_first(wish.limit, sources, folder / f"first-{wish.limit}" / name_of(exports)))]
    command = [sys.executable, "-m", "partitioner", "split", *exports, "--output", str(folder / "chunks")]
    command += wish.shape_flags
    command += ["--keep-copies"] if wish.keep_copies else []
    command += ["--max-rejected", wish.max_rejected] if wish.max_rejected else []
    command += ["--dry-run"] if dry_run else []
    return subprocess.run(command, check=False, env=own_environ()).returncode


def _first(limit: int, sources: Sequence[Source], folder: Path) -> Path:
    """A folder with the first `limit` rows, file by file, each as it was.

    Made once and whole: a killed `split` goes on only with the very same files.
    """
    if folder.exists():
        return folder
    unfinished = folder.with_name(folder.name + ".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    left = limit
    for number, source in enumerate(sources, 1):
        if not left:
            break
        name = Path(source.file).name.removesuffix(".gz")
        with (
            (unfinished / f"{number:05}-{name}").open("wb") as file,
            tempfile.TemporaryDirectory(prefix="first-") as spool,
        ):
            for line in islice(_lines(source, Path(spool)), left):
                file.write(line + b"\n")
                left -= 1
    return unfinished.rename(folder)


def _lines(source: Source, folder: Path) -> Iterator[bytes]:
    """What of another format is no line is one here: a JSON object, with each value as it is spelled."""
    (folder / "spool").mkdir()
    planner = Planner([source], Opener(_nobody(), folder), _AT_ONCE, lambda _: folder / "lines")
    for segment in planner.segments(Place(), 1):
        for piece in segment.pieces:
            reader = Reader(piece)
            if reader.has_lines:
                yield from (line for block in reader.lines() for line in block.lines if line.strip())
            else:
                yield from (content_of(row) for rows in reader.rows() for row in rows.rows if row is not None)
