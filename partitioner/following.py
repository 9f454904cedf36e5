"""Which chunks to follow: what a folder's manifest, a bucket's manifests, or a bucket's listing names."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from function.state import is_chunk_name
from partitioner.account import Sought, count_records
from partitioner.exits import Refused
from partitioner.manifest import Manifest, decode_manifest, read_manifest
from partitioner.places import MANIFESTS_FOLDER, SCHEME, Place, open_bucket, parse_place
from partitioner.threads import each
from partitioner.upload_record import read_upload_record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from partitioner.storage import Bucket

READERS = 8


@dataclass(frozen=True, slots=True)
class Followed:
    """`place` is where the chunks are; `can_grow` where more of them may still be uploaded."""

    place: Place
    chunks: tuple[Sought, ...]
    can_grow: bool = False

    @property
    def records(self) -> int | None:
        return count_records(self.chunks)


def find_followed(source: str) -> Followed:
    """`source` is a folder that was uploaded, gs://BUCKET[/FOLDER], or one manifest's gs:// name.

    Raises Refused, UnreadableState and what Bucket raises.
    """
    if not source.startswith(SCHEME):
        return _of_folder(Path(source))
    if source.endswith(".json") and f"/{MANIFESTS_FOLDER}" in source:
        return _of_manifest(source)
    place = parse_place(source)
    return Followed(place, _of_bucket(place), can_grow=True)


def sought_of(manifest: Manifest, folder: str = "") -> tuple[Sought, ...]:
    """The manifest's chunks by their full names under `folder`, which is empty or ends in a slash."""
    return tuple(Sought(folder + chunk.name, chunk.records, chunk.crc32c) for chunk in manifest.chunks)


def _of_folder(folder: Path) -> Followed:
    if not folder.is_dir():
        raise Refused(f"{folder} is no folder; give one that `split` wrote, or gs://BUCKET[/FOLDER]")
    record = read_upload_record(folder)
    manifest = read_manifest(folder)
    if record is None:
        raise Refused(
            f"{folder} has not been uploaded from here. Upload it: python -m partitioner upload {folder} "
            f"gs://BUCKET; or, if it went up another way, follow gs://BUCKET[/FOLDER]"
        )
    place = parse_place(record.target)
    return Followed(place, sought_of(manifest, place.folder))


def _of_manifest(url: str) -> Followed:
    bucket_name, _, name = url.removeprefix(SCHEME).partition("/")
    with open_bucket(bucket_name) as bucket:
        data = bucket.read(name)
    if data is None:
        raise Refused(f"there is no {url}")
    place = Place(bucket_name, name[: name.rindex(MANIFESTS_FOLDER)])
    return Followed(place, sought_of(decode_manifest(data, url), place.folder))


def _of_bucket(place: Place) -> tuple[Sought, ...]:
    with open_bucket(place.bucket) as bucket:
        return _of_objects(place, bucket)


def _of_objects(place: Place, bucket: "Bucket") -> tuple[Sought, ...]:
    """Of all manifests there, and of objects that no manifest names.

    A manifest names what has been imported and has expired since; it comes last in an upload, so that until
    then the listing alone knows.
    """
    manifests, listed = [], []
    for stored in bucket.objects(place.folder):
        folder, _, rest = stored.name.rpartition(MANIFESTS_FOLDER)
        if rest.endswith(".json") and (not folder or folder.endswith("/")):
            manifests.append(stored.name)
        elif stored.size and is_chunk_name(stored.name):
            listed.append(Sought(stored.name, crc32c=stored.crc32c))
    sought = {chunk.name: chunk for chunk in listed}
    for name, data in each(manifests, bucket.read, threads=READERS):
        if data is not None:
            manifest = decode_manifest(data, place.of(name))
            sought |= {
                chunk.name: chunk for chunk in sought_of(manifest, name[: name.rindex(MANIFESTS_FOLDER)])
            }
    if not sought:
        raise Refused(f"there is no chunk in {place}; check the name")
    return tuple(sought.values())


def grown(followed: Followed) -> Followed:
    """The same place looked at again."""
    if not followed.can_grow:
        return followed
    chunks: Sequence[Sought] = _of_bucket(followed.place)
    known = {chunk.name: chunk for chunk in followed.chunks}
    return Followed(
        followed.place, tuple((known | {chunk.name: chunk for chunk in chunks}).values()), can_grow=True
    )
