"""`split --output gs://...`: each chunk goes up as soon as it is made, and isn't kept on this machine.

What else a split writes stays in a folder here, which is then like one that was split and uploaded.
"""

import hashlib
import queue
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from function.state import is_chunk_name
from partitioner.exits import Refused
from partitioner.manifest import FILE_NAME, ManifestChunk
from partitioner.places import MANIFESTS_FOLDER, SCHEME, Place, parse_place
from partitioner.sending import create_equal, create_object
from partitioner.upload_record import UploadRecord, read_upload_record, write_upload_record
from partitioner.work import Work, write_whole

if TYPE_CHECKING:
    from partitioner.storage import Bucket

AT_ONCE = 4
_WAIT_SECONDS = 0.1


class DirectOutput:
    """Sends chunks from threads of its own; at most as many wait as are under way."""

    def __init__(self, target: Place, bucket: "Bucket") -> None:
        if not is_chunk_name(f"{target.folder}chunk"):
            raise Refused(
                f"nothing in {target} would be imported: the function leaves out names with a part that "
                f"begins with _. Name another folder with --output"
            )
        self.target, self._bucket = target, bucket
        self._waiting: queue.Queue[tuple[ManifestChunk, Work]] = queue.Queue(maxsize=AT_ONCE)
        self._left = 0
        self._changed = threading.Condition()
        self._error: BaseException | None = None
        for _ in range(AT_ONCE):
            threading.Thread(target=self._run, daemon=True).start()

    def send(self, chunk: ManifestChunk, work: Work) -> None:
        """Returns when it is under way or waits for that; its file is deleted when it is in the bucket.

        Raises what went wrong with an earlier one: Refused, and what Bucket raises.
        """
        assert work.output
        if work.sent(chunk.name).exists():
            (work.output / chunk.name).unlink(missing_ok=True)
            return
        with self._changed:
            self._left += 1
        while True:
            self._raise()
            try:
                self._waiting.put((chunk, work), timeout=_WAIT_SECONDS)
            except queue.Full:
                continue
            return

    def finish(self) -> None:
        """Returns when all are in the bucket. Raises as `send` does."""
        with self._changed:
            while self._left and not self._error:
                self._changed.wait(_WAIT_SECONDS)
        self._raise()

    def begin(self, output: Path, chunks: int = 0) -> None:
        """Notes where chunks of the folder are going."""
        if read_upload_record(output) is None:
            record = UploadRecord(target=str(self.target), chunks=chunks, started=datetime.now(UTC))
            write_upload_record(output, record)

    def send_manifest(self, output: Path, export: str, chunks: int) -> None:
        """Last of all, when all chunks are there."""
        data = (output / FILE_NAME).read_bytes()
        digest = hashlib.sha256(data).hexdigest()[:8]
        name = f"{self.target.folder}{MANIFESTS_FOLDER}{export}-{digest}.json"
        create_object(self._bucket, name, data, content_type="application/json")
        self.begin(output)
        record = read_upload_record(output)
        assert record
        write_upload_record(
            output,
            replace(
                record,
                manifest=self.target.of(name),
                chunks=chunks,
                there=chunks,
                finished=datetime.now(UTC),
            ),
        )

    def _run(self) -> None:
        while True:
            chunk, work = self._waiting.get()
            try:
                self._send(chunk, work)
            except BaseException as error:  # noqa: BLE001 (raised again where chunks are made)
                self._error = self._error or error
            with self._changed:
                self._left -= 1
                self._changed.notify_all()

    def _send(self, chunk: ManifestChunk, work: Work) -> None:
        assert work.output
        path = work.output / chunk.name
        create_equal(self._bucket, self.target.folder + chunk.name, path, chunk, lambda _: None)
        write_whole(work.begun(f"{chunk.name}.sent"), work.sent(chunk.name), chunk.crc32c.encode())
        path.unlink()

    def _raise(self) -> None:
        if self._error:
            raise self._error


class OutputType(click.ParamType[Path | Place]):
    """A folder, or a place in a bucket."""

    name = "DIR|gs://BUCKET[/FOLDER]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path | Place:
        if isinstance(value, Path | Place):
            return value
        if str(value).startswith(SCHEME):
            try:
                return parse_place(str(value))
            except ValueError as error:
                self.fail(str(error), param, ctx)
        path: Path = click.Path(path_type=Path, file_okay=False).convert(value, param, ctx)
        return path


def folder_of(output: Path | Place, work: Path | None, name: str, *, is_joined: bool) -> Path:
    """Where everything but chunks goes, or all where the output is a folder. Raises click.UsageError."""
    if isinstance(output, Path):
        if work:
            raise click.UsageError("--work is for --output gs://...; in a folder there is one already")
        return output
    if is_joined:
        raise click.UsageError(
            "which records are newest is known at the end, but with --output gs://... the import begins as "
            f"it goes: split into a folder (--output DIR), then: python -m partitioner upload DIR {output} "
            "--state gs://STATE_BUCKET --canary --follow"
        )
    return work or Path(f"{name}-split")
