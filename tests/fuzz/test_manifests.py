"""A manifest that somebody has edited: what it says is done or followed, or it is told what is wrong."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from function.errors import UnreadableState
from partitioner.account import add_up, count_records
from partitioner.before_upload import read_checked
from partitioner.exits import Refused, as_exits
from partitioner.following import sought_of
from partitioner.manifest import FILE_NAME, decode_manifest, read_manifest
from partitioner.places import Place
from partitioner.sending import check_files
from partitioner.table import as_json, table
from tests.fakes.cloud import write_folder
from tests.fakes.depth import deep
from tests.fakes.json_edits import as_bytes, edited


def written() -> Any:
    with TemporaryDirectory() as folder:
        write_folder(Path(folder))
        return json.loads((Path(folder) / FILE_NAME).read_bytes())


@deep
@given(edited(written()).map(as_bytes) | st.binary(max_size=200))
def test_an_upload_is_refused_or_as_the_manifest_says(data: bytes) -> None:
    """Each file that would go up is there, with the size and checksum that the manifest has."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        manifest = write_folder(folder)
        (folder / FILE_NAME).write_bytes(data)
        try:
            with as_exits("stopped"):
                found = read_checked(folder, Place("chunks", ""), anyway=False)
                check_files(folder, found.chunks, lambda _: None)
        except Refused:
            return
        known = {(chunk.name, chunk.bytes, chunk.crc32c) for chunk in manifest.chunks}
        assert {(chunk.name, chunk.bytes, chunk.crc32c) for chunk in found.chunks} <= known


@deep
@given(edited(written()).map(as_bytes) | st.binary(max_size=200))
def test_any_manifest_is_followed_or_unreadable(data: bytes) -> None:
    """Whoever wrote it: the table and its JSON can be made of it."""
    with TemporaryDirectory() as name:
        (Path(name) / FILE_NAME).write_bytes(data)
        try:
            manifest = read_manifest(Path(name))
        except UnreadableState:
            return
        assert manifest == decode_manifest(data)
        sought = sought_of(manifest, "folder/")
        account = add_up([], count_records(sought))
        assert list(table(account, retry="retry", dead_letters="gs://state"))
        json.dumps(as_json(account, destination="us-1"))
