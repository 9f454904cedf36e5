"""`upload`: what `split` wrote goes into the chunks bucket, unchanged, or it says what is in the way."""

import hashlib
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from os.path import commonprefix
from pathlib import Path
from typing import TYPE_CHECKING

import click

from function.state import is_chunk_name
from partitioner.exits import Refused, as_exits
from partitioner.manifest import FILE_NAME, Manifest, read_manifest
from partitioner.meter import Meter, show_bytes, show_chunks, show_seconds
from partitioner.places import MANIFESTS_FOLDER, Place, PlaceType, open_bucket
from partitioner.sending import check_files, create_equal, create_object, differs
from partitioner.stored import StoredObject
from partitioner.threads import each
from partitioner.upload_record import UploadRecord, write_upload_record

if TYPE_CHECKING:
    from collections.abc import Callable

    from partitioner.storage import Bucket

AT_ONCE = 8
SHOWN = 5  # of objects in the way


@dataclass(frozen=True, slots=True)
class Uploaded:
    """Counts of chunks and bytes that went up, and of chunks that were there before.

    `gone` were confirmed as they went up and are no longer there: imported and expired, or deleted.
    """

    chunks: int
    bytes: int
    already_there: int
    gone: int
    manifest: str


def upload(
    folder: Path,
    target: Place,
    bucket: "Bucket",
    *,
    anyway: bool = False,
    progress: "Callable[[str, int], Meter] | None" = None,
) -> Uploaded:
    """Nothing is uploaded before everything has been checked, and the manifest only after everything else.

    `progress` is given a verb and a number of bytes. Raises Refused, and what Bucket raises.
    """
    meter = progress or (lambda verb, total: Meter(verb, total, show_bytes, quiet=True))
    manifest = _read_checked(folder, target, anyway=anyway)
    there = _find_equal(bucket, target, manifest)
    waiting = [chunk for chunk in manifest.chunks if chunk.name not in there]
    size = sum(chunk.bytes for chunk in waiting)
    with meter("checked", size) as checking:
        check_files(folder, waiting, checking.add)
    record = UploadRecord(
        target=str(target), chunks=len(manifest.chunks), there=len(there), started=datetime.now(UTC)
    )
    write_upload_record(folder, record)
    sent: dict[str, StoredObject] = {}
    try:
        with meter("uploaded", size) as uploading:
            for chunk, stored in each(
                waiting,
                lambda chunk: create_equal(
                    bucket, target.folder + chunk.name, folder / chunk.name, chunk, uploading.add
                ),
                threads=AT_ONCE,
            ):
                sent[chunk.name] = stored
    finally:
        record = replace(record, there=len(there) + len(sent))
        write_upload_record(folder, record)
    still_there = _find_equal(bucket, target, manifest)
    name = _upload_manifest(folder, target, bucket, manifest.name)
    write_upload_record(folder, replace(record, manifest=name, finished=datetime.now(UTC)))
    return Uploaded(
        chunks=len(sent),
        bytes=size,
        already_there=len(there),
        gone=len((there.keys() | sent.keys()) - still_there.keys()),
        manifest=name,
    )


def _read_checked(folder: Path, target: Place, *, anyway: bool) -> Manifest:
    manifest = read_manifest(folder)
    if manifest.over_max_rejected and not anyway:
        raise Refused(
            f"{folder} has more rejected records than `split` was to allow: {manifest.rejected:,} beside "
            f"{manifest.records:,} good ones. Look at {folder / '_rejected'}; "
            f"to import the good ones all the same: --anyway"
        )
    for chunk in manifest.chunks:
        if not is_chunk_name(target.folder + chunk.name):
            raise Refused(
                f"{target.of(target.folder + chunk.name)} would not be imported: the function leaves out "
                f"names with a part that begins with _ and names over 900 bytes. Upload into another folder"
            )
    return manifest


def _find_equal(bucket: "Bucket", target: Place, manifest: Manifest) -> dict[str, StoredObject]:
    """The chunks that are in the bucket, by name. Raises Refused where an object of that name differs."""
    chunks = {target.folder + chunk.name: chunk for chunk in manifest.chunks}
    found: dict[str, StoredObject] = {}
    in_the_way = []
    common = commonprefix(list(chunks))  # noqa: RUF071 (letters, not folders: names are keys)
    for stored in bucket.objects(common) if chunks else ():
        chunk = chunks.get(stored.name)
        if chunk is None:
            continue
        found[chunk.name] = stored
        if differs(stored, chunk):
            in_the_way.append(
                f"  {target.of(stored.name)}: {stored.size:,} bytes, crc32c {stored.crc32c} there; "
                f"{chunk.bytes:,} bytes, {chunk.crc32c} here"
            )
    if in_the_way:
        more = [f"  ... and {len(in_the_way) - SHOWN:,} more"] if len(in_the_way) > SHOWN else []
        raise Refused(
            "\n".join(
                [
                    f"{len(in_the_way):,} objects in the bucket have a chunk's name and other content:",
                    *in_the_way[:SHOWN],
                    *more,
                    "They were left as they are. Upload into another folder, or delete them first.",
                ]
            )
        )
    return found


def _upload_manifest(folder: Path, target: Place, bucket: "Bucket", export: str) -> str:
    data = (folder / FILE_NAME).read_bytes()
    name = f"{target.folder}{MANIFESTS_FOLDER}{export}-{hashlib.sha256(data).hexdigest()[:8]}.json"
    create_object(bucket, name, data, content_type="application/json")
    return target.of(name)


@click.command(
    short_help="Upload the chunks that split wrote.",
    epilog="Example:\n\n  python -m partitioner upload chunks/ gs://my-chunks/2026-08",
)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("target", type=PlaceType(), metavar="gs://BUCKET[/FOLDER]")
@click.option(
    "--anyway", is_flag=True, help="Upload although more records were rejected than split was to allow."
)
@click.option("--quiet", is_flag=True, help="No progress.")
def command(folder: Path, target: Place, *, anyway: bool, quiet: bool) -> None:
    """Upload the chunks that `split` wrote to DIR.

    What is there already is left as it is: run the same command again after a failure, and it goes on. The
    import begins with the first chunk.
    """
    began = time.monotonic()

    def progress(verb: str, total: int) -> Meter:
        return Meter(verb, total, show_bytes, quiet=quiet)

    with (
        as_exits("what is uploaded stays, and the same command goes on"),
        open_bucket(target.bucket) as bucket,
    ):
        done = upload(folder, target, bucket, anyway=anyway, progress=progress)
    click.echo(
        f"{show_chunks(done.chunks)} ({show_bytes(done.bytes)}) uploaded to {target} in "
        f"{show_seconds(time.monotonic() - began)}, {done.already_there:,} were there; checksums are equal"
    )
    if done.gone:
        click.echo(f"{done.gone:,} of them are gone again: imported and expired, or deleted by someone")
    click.echo(f"The manifest is {done.manifest}")
    click.echo(f"Next: python -m partitioner follow {folder} --state gs://STATE_BUCKET")
