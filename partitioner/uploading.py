"""What `split` wrote goes into the chunks bucket, unchanged, step by step."""

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from partitioner.before_upload import find_equal, read_checked
from partitioner.manifest import FILE_NAME, Manifest, ManifestChunk
from partitioner.meter import Meter, show_bytes
from partitioner.places import MANIFESTS_FOLDER, Place
from partitioner.rate import Pace
from partitioner.sending import check_files, create_equal, create_object
from partitioner.steps import Step, steps_of
from partitioner.stored import StoredObject
from partitioner.threads import each
from partitioner.upload_record import UploadRecord, write_upload_record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from partitioner.storage import Bucket

AT_ONCE = 8


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


class Gate(Protocol):
    """What stands between the steps of an upload."""

    def steps(self, manifest: Manifest) -> "Sequence[Step]": ...

    def done(self, chunks: "Sequence[ManifestChunk]") -> set[str]:
        """The names of those that need not be uploaded although they aren't there."""

    def passed(self, step: Step, sent: "Mapping[str, StoredObject]", manifest: Manifest, left: int) -> None:
        """Returns when the next step may begin, in which and behind which so many chunks are left."""


class NoGate:
    """All at once, in the manifest's order."""

    def steps(self, manifest: Manifest) -> "Sequence[Step]":
        return steps_of(manifest, by_window=False, canary=False)

    def done(self, chunks: "Sequence[ManifestChunk]") -> set[str]:
        del chunks
        return set()

    def passed(self, step: Step, sent: "Mapping[str, StoredObject]", manifest: Manifest, left: int) -> None:
        """It always may."""


def upload(
    folder: Path,
    target: Place,
    bucket: "Bucket",
    *,
    anyway: bool = False,
    progress: "Callable[[str, int], Meter] | None" = None,
    gate: Gate | None = None,
    pace: Pace | None = None,
) -> Uploaded:
    """Nothing is uploaded before everything has been checked, and the manifest only after everything else.

    `progress` is given a verb and a number of bytes. Raises Refused, and what Bucket and the gate raise.
    """
    gate = gate or NoGate()
    meter = progress or (lambda verb, total: Meter(verb, total, show_bytes, quiet=True))
    manifest = read_checked(folder, target, anyway=anyway)
    steps = gate.steps(manifest)
    there = find_equal(bucket, target, manifest)
    known = there.keys() | gate.done(manifest.chunks)
    waiting = [chunk for chunk in manifest.chunks if chunk.name not in known]
    size = sum(chunk.bytes for chunk in waiting)
    with meter("checked", size) as checking:
        check_files(folder, waiting, checking.add)
    record = UploadRecord(
        target=str(target), chunks=len(manifest.chunks), there=len(known), started=datetime.now(UTC)
    )
    write_upload_record(folder, record)
    sent: dict[str, StoredObject] = {}
    left = len(manifest.chunks)

    def send(report: "Callable[[int], None]", chunk: ManifestChunk) -> StoredObject:
        if pace:
            pace.wait(chunk)
        return create_equal(bucket, target.folder + chunk.name, folder / chunk.name, chunk, report)

    for step in steps:
        missing = [chunk for chunk in step.chunks if chunk.name not in known]
        try:
            with meter("uploaded", sum(chunk.bytes for chunk in missing)) as uploading:
                for chunk, stored in each(missing, partial(send, uploading.add), threads=AT_ONCE):
                    sent[chunk.name] = stored
        finally:
            record = replace(record, there=len(known) + len(sent))
            write_upload_record(folder, record)
        left -= len(step.chunks)
        gate.passed(step, sent, manifest, left)
    still_there = find_equal(bucket, target, manifest)
    name = _upload_manifest(folder, target, bucket, manifest.name)
    write_upload_record(folder, replace(record, manifest=name, finished=datetime.now(UTC)))
    return Uploaded(
        chunks=len(sent),
        bytes=size,
        already_there=len(known),
        gone=len((there.keys() | sent.keys()) - still_there.keys()),
        manifest=name,
    )


def _upload_manifest(folder: Path, target: Place, bucket: "Bucket", export: str) -> str:
    data = (folder / FILE_NAME).read_bytes()
    name = f"{target.folder}{MANIFESTS_FOLDER}{export}-{hashlib.sha256(data).hexdigest()[:8]}.json"
    create_object(bucket, name, data, content_type="application/json")
    return target.of(name)
