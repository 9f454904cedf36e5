"""What one run wrote, as it is kept."""

from dataclasses import replace
from pathlib import Path

import pytest

from function.errors import UnreadableState
from partitioner.manifest import (
    Manifest,
    ManifestChunk,
    ManifestReason,
    ManifestSource,
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


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (encode_manifest(replace(MANIFEST, version=2)), "is of version 2, this program reads version 1"),
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
