"""`_upload.json`, beside the chunks: where this folder's chunks are going, and whether all are there."""

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from function.errors import UnreadableState

VERSION = 1
FILE_NAME = "_upload.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadRecord:
    """Of the latest upload; `finished` is None before the end. `there` counts the chunks known to be there.

    Which chunks those are is the bucket's to say, by listing: nothing here is trusted instead.
    """

    target: str
    manifest: str = ""
    chunks: int
    there: int = 0
    started: datetime
    finished: datetime | None = None
    version: int = VERSION


def write_upload_record(folder: Path, record: UploadRecord) -> None:
    path = folder / FILE_NAME
    half = folder / f"{FILE_NAME}.part"
    half.write_bytes(msgspec.json.format(msgspec.json.encode(record)) + b"\n")
    os.replace(half, path)  # noqa: PTH105 (says that it is atomic)


def read_upload_record(folder: Path) -> UploadRecord | None:
    """None where nothing was ever uploaded. Raises UnreadableState."""
    path = folder / FILE_NAME
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        record = msgspec.json.decode(data, type=UploadRecord)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableState(f"{path} can't be read ({error}); delete it, and upload again") from error
    if record.version != VERSION:
        raise UnreadableState(
            f"{path} is of version {record.version}, not {VERSION}; delete it, and upload again"
        )
    return record
