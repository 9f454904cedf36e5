"""What one run wrote, as it is kept."""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from function.errors import UnreadableState
from partitioner.manifest import (
    VERSION,
    WINDOWS_VERSION,
    Manifest,
    ManifestChunk,
    ManifestReason,
    ManifestSource,
    ManifestWindow,
    decode_manifest,
    encode_manifest,
    read_manifest,
)

CHUNK = ManifestChunk(
    "a-00001-01234567.ndjson.gz", 7, 100, 900, "AAAAAA==", 1, 2, (ManifestSource("a", 1, 8),)
)
MANIFEST = Manifest(
    name="a",
    as_of=1.5,
    records=7,
    rejected=1,
    copies=2,
    shows=5,
    over_max_rejected=True,
    reasons=(ManifestReason("f", "why", 1),),
    chunks=(CHUNK,),
)


def test_it_comes_back_as_it_was_written() -> None:
    """And reads well: a line a field."""
    data = encode_manifest(MANIFEST)
    assert decode_manifest(data) == MANIFEST
    assert b'\n      "records": 7,\n' in data


def test_one_from_before_windows_is_read() -> None:
    """It says nothing of windows, a canary, or times that were left out."""
    written = msgspec.json.decode(encode_manifest(MANIFEST))
    for later in ("windows", "canary", "outside"):
        del written[later]
    assert decode_manifest(msgspec.json.encode(written)) == MANIFEST


def test_one_with_windows_is_of_a_version_of_its_own() -> None:
    """A program that would upload them all at once refuses it."""
    window = ManifestWindow("7d", "01-7d/", 1.0, None, 7, (CHUNK.name,))
    manifest = replace(MANIFEST, version=WINDOWS_VERSION, windows=(window,), canary=CHUNK.name)
    assert WINDOWS_VERSION > VERSION
    assert decode_manifest(encode_manifest(manifest)) == manifest


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (encode_manifest(replace(MANIFEST, version=3)), "is of version 3, this program reads version 2"),
        (encode_manifest(MANIFEST)[:-10], "can't be read as a manifest"),
        (b'{"version": 1}', "can't be read as a manifest"),
        (b"\xff", "can't be read as a manifest"),
        (b"", "can't be read as a manifest"),
    ],
)
def test_another_version_and_damage_are_errors(data: bytes, said: str) -> None:
    """Never a guess."""
    with pytest.raises(UnreadableState, match=said):
        decode_manifest(data)


def test_a_folder_without_one_is_an_unfinished_split(tmp_path: Path) -> None:
    """It is written last."""
    with pytest.raises(UnreadableState, match="run the same `split` again to the end"):
        read_manifest(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(UnreadableState, match="not a folder"):
        read_manifest(tmp_path / "file")
