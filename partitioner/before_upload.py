"""What has to be so before anything is uploaded: a whole folder, and nothing in its way in the bucket."""

from os.path import commonprefix
from pathlib import Path
from typing import TYPE_CHECKING

from function.state import is_chunk_name
from partitioner.exits import Refused
from partitioner.manifest import Manifest, read_manifest
from partitioner.places import Place
from partitioner.sending import differs
from partitioner.stored import StoredObject

if TYPE_CHECKING:
    from partitioner.storage import Bucket

SHOWN = 5  # of objects in the way


def read_checked(folder: Path, target: Place, *, anyway: bool) -> Manifest:
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


def find_equal(bucket: "Bucket", target: Place, manifest: Manifest) -> dict[str, StoredObject]:
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
