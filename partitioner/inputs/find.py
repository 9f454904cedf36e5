"""From what the user names to sources: the files that hold records, each with its format and layers."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from partitioner.exits import Refused
from partitioner.formats import TEXT, Csv
from partitioner.inputs.archives import TAR_ERRORS, Tar
from partitioner.inputs.first_rows import first_rows_of_file, first_rows_of_text
from partitioner.inputs.layers import OfTar, Plain, Stream, archive_of, beginning, of_zip, peel, unwrapped
from partitioner.inputs.names import Nameless, with_names
from partitioner.inputs.opener import Opener
from partitioner.inputs.remote import is_remote
from partitioner.inputs.stored import Peeked, stored_file, stored_reads
from partitioner.inputs.waiting import in_order
from partitioner.inputs.zips import ERRORS as ZIP_ERRORS
from partitioner.inputs.zips import Zip
from partitioner.paths import Named, Skipped, expand, is_data
from partitioner.shape.decide import First
from partitioner.shape.rows import Row
from partitioner.sniff import CUT_OFF, Look, look_at
from partitioner.sources import Found, Source, Stdin

SUPPORTED = (
    "What can be split is NDJSON, JSON arrays, CSV, TSV, Parquet and Avro: plain, in gzip, zstd or bzip2, "
    "and in zip and tar archives."
)
_MANY_ROWS = 10_000
_LOOK_BYTES = 1_000_000
"""Of a file in a tar, which can't be read twice."""


def find_sources(
    exports: Sequence[str], stdin: Stdin, own_output: Path, columns: Sequence[str] = ()
) -> Found:
    """What a folder, glob or archive holds beside records is skipped and named; a file named by itself must
    hold them. `columns` are names for those of text that has none.

    Raises Refused for what isn't there, what can't be read and what holds no records.
    """
    sources: list[Source] = []
    skipped: list[Skipped] = []
    firsts: list[First] = []
    known_rows = 0
    for named, all_seen in in_order(
        expand(exports, own_output), lambda named: _look_into(named, stdin, columns), _waits
    ):
        if isinstance(named, Skipped):
            skipped.append(named)
            continue
        for seen in all_seen:
            source, look = seen.source, seen.look
            if look.is_empty:
                skipped.append(Skipped(source.file, "empty"))
            elif not look.unlike:
                sources.append(source)
                rows = seen.first_rows[: _rows_wanted(known_rows)]
                firsts.append(First(source.file, source.format, rows, named.by_itself))
                known_rows += len(rows)
            elif named.by_itself and not seen.is_of_archive:
                raise _not_records(source.file, look)
            else:
                skipped.append(Skipped(source.file, f"looks like {look.unlike}"))
    if not sources:
        raise nothing_to_split(skipped)
    return Found(tuple(sources), tuple(skipped), tuple(firsts))


def nothing_to_split(skipped: Sequence[Skipped]) -> Refused:
    reasons = "".join(f"\n  {each.file}: {each.why}" for each in skipped)
    return Refused(f"there is nothing to split. {SUPPORTED}{reasons}")


@dataclass(frozen=True, slots=True)
class _Seen:
    source: Source
    look: Look
    first_rows: tuple[Row, ...] = ()
    is_of_archive: bool = False


def _rows_wanted(known_rows: int) -> int | None:
    """None for all that there are. Rows take a few KB each, and sources may be a million."""
    if known_rows < _MANY_ROWS:
        return None
    return 1 if known_rows < 2 * _MANY_ROWS else 0


def _waits(named: Named | Skipped) -> bool:
    return isinstance(named, Named) and is_remote(named.file)


def _look_into(named: Named | Skipped, stdin: Stdin, columns: Sequence[str]) -> Iterable[_Seen]:
    """Raises Refused."""
    if isinstance(named, Skipped):
        return ()
    try:
        return list(_see(named, stdin, columns))
    except OSError as error:
        raise Refused(f"{named.file} can't be read: {error.strerror}") from error


def _see(named: Named, stdin: Stdin, columns: Sequence[str]) -> Iterator[_Seen]:
    source = _stored(named)
    begun = Peeked(stored_reads(source.place, stdin, peek=True))

    def stream(codecs: tuple[str, ...]) -> Stream:
        return unwrapped(Plain(begun), codecs)

    codecs, begin = peel(stream)
    archive = archive_of(begin)
    if archive == "zip" and not codecs:
        yield from _see_zip(source, stdin, columns)
    elif archive == "tar":
        if source.is_stdin:
            stdin.on_disk().close()
        yield from _see_tar(source, codecs, stdin, columns)
    else:
        yield _seen(replace(source, codecs=codecs), stream, codecs, columns, stdin)


def _stored(named: Named) -> Source:
    source = Source(named.file, size=named.size, location=named.location)
    if not source.is_local:
        return source
    about = Path(named.file).stat()
    return replace(source, size=about.st_size, changed_ns=about.st_mtime_ns)


def _see_zip(archive: Source, stdin: Stdin, columns: Sequence[str]) -> Iterator[_Seen]:
    try:
        unpacked = Zip(lambda: stored_file(archive.place, stdin))
    except ZIP_ERRORS as error:
        raise Refused(
            f"{archive.file} is a zip archive that is damaged or cut off: its table of contents, at its end, "
            f"can't be read ({error}). Get it again, or mend it: zip -FF {archive.file} --out mended.zip"
        ) from error
    for member in unpacked.members():
        source = replace(archive, file=f"{archive.file}!{member.name}", location=archive.place)
        if not is_data(member.name) or member.trouble:
            yield _Seen(source, Look(member.trouble or "what tools leave beside data"), is_of_archive=True)
            continue

        def stream(codecs: tuple[str, ...], place: int = member.place) -> Stream:
            return of_zip(unpacked, place, codecs)

        codecs, _ = peel(stream)
        yield _seen(replace(source, codecs=(f"zip:{member.place}", *codecs)), stream, codecs, columns)


def _see_tar(
    archive: Source, outer: tuple[str, ...], stdin: Stdin, columns: Sequence[str]
) -> Iterator[_Seen]:
    """Reads all of it, since a tar has no table of contents. The damage of an archive is its last file's."""
    tar_stream = unwrapped(Plain(stored_reads(archive.place, stdin, peek=True)), outer)
    last: _Seen | None = None
    damage = ""
    try:
        for place, name, reads in Tar(tar_stream).files():
            source = replace(archive, file=f"{archive.file}!{name}", location=archive.place)
            if not is_data(name):
                yield _Seen(source, Look("what tools leave beside data"), is_of_archive=True)
                continue
            file = OfTar(reads, tar_stream)
            begin = beginning(file, _LOOK_BYTES)

            def stream(codecs: tuple[str, ...], begin: bytes = begin, damage: str = file.damage) -> Stream:
                return unwrapped(Plain((begin,), damage), codecs)

            codecs, _ = peel(stream)
            seen = _seen(replace(source, codecs=(*outer, f"tar:{place}", *codecs)), stream, codecs, columns)
            if seen.look.is_empty or seen.look.unlike:
                yield seen
                continue
            if last:
                yield last
            last = seen
    except TAR_ERRORS as error:
        damage = f"the archive is damaged: {error}"
    damage = tar_stream.damage or damage
    if last:
        yield replace(last, source=replace(last.source, damage=damage))
    elif damage:
        raise Refused(f"{archive.file} is a tar archive without a file that can be read: {damage}")


def _seen(
    source: Source,
    open_stream: Callable[[tuple[str, ...]], Stream],
    codecs: tuple[str, ...],
    columns: Sequence[str],
    stdin: Stdin | None = None,
) -> _Seen:
    """Without `stdin`, of a file in an archive."""
    stream = open_stream(codecs)
    look = look_at(stream)
    if stream.damage and (look.is_empty or look.unlike == CUT_OFF):
        look = Look()  # the damage is all there is to say of it, and will be named
    form = look.format
    if isinstance(form, Csv) and not look.unlike:
        try:
            form = with_names(form, columns)
        except Nameless as error:
            look = Look(str(error))
    source = replace(source, format=form, holds_letters=look.holds_letters)
    if look.is_empty or look.unlike:
        return _Seen(source, look, (), stdin is None)
    if isinstance(source.format, TEXT):
        rows = first_rows_of_text(source, open_stream(codecs))
    else:
        rows = first_rows_of_file(source, Opener(stdin)) if stdin else ()
    return _Seen(source, look, rows, stdin is None)


def _not_records(file: str, look: Look) -> Refused:
    how = f" Try: {look.hint.replace('FILE', file)} | python -m partitioner split - --name NAME --output DIR"
    return Refused(f"{file} looks like {look.unlike}. {SUPPORTED}{how if look.hint else ''}")
