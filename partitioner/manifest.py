"""What one run of `split` wrote: `_manifest.json` beside the chunks."""

from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from function.errors import UnreadableState
from function.state import decode_versioned

VERSION = 1
# One with windows: a program that knows no windows would upload them all at once.
WINDOWS_VERSION = 2
FILE_NAME = "_manifest.json"


@dataclass(frozen=True, slots=True)
class ManifestSource:
    """Input lines of one file, first and last counted from 1, blank and rejected ones among them."""

    file: str
    first_line: int
    last_line: int


@dataclass(frozen=True, slots=True)
class ManifestChunk:
    """`bytes` and `crc32c` (base64, as Cloud Storage gives it) are the file's, `json_bytes` inflated.

    `first_time` and `last_time` are in Unix seconds, the least and the greatest `time` of its records.
    """

    name: str
    records: int
    bytes: int
    json_bytes: int
    crc32c: str
    first_time: int
    last_time: int
    sources: tuple[ManifestSource, ...] = ()


@dataclass(frozen=True, slots=True)
class ManifestReason:
    """Why records were rejected, and how many."""

    field: str
    message: str
    count: int


@dataclass(frozen=True, slots=True)
class ManifestRule:
    """How often a rule of the tracking plan changed or left out something."""

    rule: str
    count: int


@dataclass(frozen=True, slots=True)
class ManifestTracking:
    """The tracking plan that was applied; `sha256` is its file's."""

    sha256: str
    rules: tuple[ManifestRule, ...] = ()


@dataclass(frozen=True, slots=True)
class ManifestWindow:
    """Records of [since, until) by their `time`, in Unix seconds, and the names of the chunks they are in."""

    name: str
    folder: str
    since: float | None
    until: float | None
    records: int
    chunks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Chunks stand in the order in which they are to be imported: the input's, or window by window.

    `canary` is the name of the first one where it is a canary. `outside` counts records that were left out
    since they are not of the time that --since and --until say.

    `records` are those in the chunks, `rejected` the lines that are not. `shows` is what Mixpanel will show
    of the records: without `copies`, the later ones of equal event, distinct_id, `$insert_id` and UTC day.
    """

    version: int = VERSION
    name: str
    as_of: float
    records: int
    rejected: int
    copies: int
    shows: int
    over_max_rejected: bool
    tracking: ManifestTracking | None = None
    outside: int = 0
    canary: str = ""
    windows: tuple[ManifestWindow, ...] = field(default=())
    reasons: tuple[ManifestReason, ...] = field(default=())
    chunks: tuple[ManifestChunk, ...] = field(default=())


def encode_manifest(manifest: Manifest) -> bytes:
    """Indented, so that `cat` reads well."""
    return msgspec.json.format(msgspec.json.encode(manifest)) + b"\n"


def decode_manifest(data: bytes, place: str = FILE_NAME) -> Manifest:
    """Raises UnreadableState, which names `place`, for another version and for damage."""
    remedy = "use the version of the program that wrote it, or split again into a new folder"
    version = VERSION if _is_without_windows(data) else WINDOWS_VERSION
    return decode_versioned(data, Manifest, version, place, "a manifest", remedy)


def _is_without_windows(data: bytes) -> bool:
    try:
        return msgspec.json.decode(data, type=_Versioned).version == VERSION
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False


class _Versioned(msgspec.Struct):
    version: int


def read_manifest(folder: Path) -> Manifest:
    """Raises UnreadableState where the folder holds none that can be read, with what to do."""
    path = folder / FILE_NAME
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise UnreadableState(
            f"{folder} holds no {FILE_NAME}: `split` writes it last, so run the same `split` again to the end"
        ) from error
    except NotADirectoryError as error:
        raise UnreadableState(f"{folder} is not a folder that `split` wrote") from error
    return decode_manifest(data, str(path))
