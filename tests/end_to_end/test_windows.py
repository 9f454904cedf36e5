"""Recent first, through the whole path: a canary, then window after window."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from function.state import Status
from local.stack import CHUNKS_BUCKET, STATE_BUCKET, Stack, stack
from partitioner.manifest import read_manifest
from tests.end_to_end.chunks import stored_lines
from tests.fakes.windowed import write_windowed

if TYPE_CHECKING:
    from datetime import datetime

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with stack(tmp_path_factory.mktemp("stack")) as running:
        yield running


def run(up: Stack, *words: str | Path, answer: str = "") -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "partitioner", *map(str, words)]
    return subprocess.run(
        command, input=answer, env=up.bucket.environ, capture_output=True, text=True, check=False
    )


def test_canary_and_windows_one_after_the_other(up: Stack, tmp_path: Path) -> None:
    """No chunk is begun before all of the window before it are done; all is imported, once, in a folder."""
    folder = tmp_path / "out"
    manifest = write_windowed(folder)
    upload: list[str | Path] = [
        "upload",
        folder,
        f"gs://{CHUNKS_BUCKET}/day",
        "--state",
        f"gs://{STATE_BUCKET}",
        "--canary",
    ]
    asked = run(up, *upload, "--follow", answer="n\n")
    assert asked.returncode == 1, asked.stderr
    assert "accepted     10 of 10 records" in asked.stdout
    assert f"Upload the rest ({len(manifest.chunks) - 1} chunks)?" in asked.stdout
    assert up.bucket.names(CHUNKS_BUCKET) == [f"day/{manifest.canary}"]
    done = run(up, *upload, "--follow", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "All chunks are done, and the counts add up." in done.stdout
    entries = {name.partition("/day/")[2].removesuffix(".json"): each for name, each in up.ledgers().items()}
    assert {entry.status for entry in entries.values()} == {Status.DONE}
    earlier: list[datetime] = []
    for window in manifest.windows:
        started = [each for name in window.chunks if (each := entries[name].started)]
        finished = [each for name in window.chunks if (each := entries[name].finished)]
        assert len(started) == len(finished) == len(window.chunks)
        assert max(earlier, default=min(started)) <= min(started)
        earlier += finished
    assert len(stored_lines(up)) == manifest.records
    assert run(up, "follow", folder, "--state", f"gs://{STATE_BUCKET}").returncode == 0
    assert run(up, "follow", f"gs://{CHUNKS_BUCKET}/day", "--state", f"gs://{STATE_BUCKET}").returncode == 0
    assert read_manifest(folder) == manifest


def test_retry_by_name_in_a_windows_folder(up: Stack, tmp_path: Path) -> None:
    """A name with a slash is a name; without --follow windows go up in order, and that is said."""
    folder = tmp_path / "again"
    manifest = write_windowed(folder, "--name", "again")
    done = run(up, "upload", folder, f"gs://{CHUNKS_BUCKET}/again", "--rate", "1000000")
    assert done.returncode == 0, done.stderr
    assert "newest first, without waiting for each other" in done.stdout
    place = f"gs://{CHUNKS_BUCKET}/again"
    assert run(up, "follow", folder, "--state", f"gs://{STATE_BUCKET}").returncode == 0
    name = manifest.windows[1].chunks[0]
    retried = run(up, "retry", place, name, "--state", f"gs://{STATE_BUCKET}", "--yes")
    assert "done" in retried.stdout + retried.stderr
