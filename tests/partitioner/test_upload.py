"""Uploading a folder: everything, once, unchanged, or nothing."""

import io
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from partitioner import upload, uploading
from partitioner.exits import TryAgain, as_exits
from partitioner.manifest import FILE_NAME
from partitioner.places import Place
from partitioner.storage import Bucket, make_client
from partitioner.stored import StoredObject
from partitioner.upload_record import read_upload_record
from tests.fakes.cloud import Cloud, write_folder
from tests.fakes.faulty_proxy import faulty_proxy


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(upload.command, [str(argument) for argument in arguments])


def test_everything_goes_up_unchanged_and_the_manifest_last(cloud: Cloud, tmp_path: Path) -> None:
    """Each chunk is there byte for byte, the manifest under _manifests/, newer than every chunk."""
    manifest = write_folder(tmp_path)
    result = run(tmp_path, f"gs://{cloud.chunks}/day/one")
    assert result.exit_code == 0, result.output
    for chunk in manifest.chunks:
        assert cloud.get(f"day/one/{chunk.name}") == (tmp_path / chunk.name).read_bytes()
    (last,) = [name for name in cloud.names() if "/_manifests/" in name]
    assert last.startswith("day/one/_manifests/ecom-")
    assert cloud.get(last) == (tmp_path / FILE_NAME).read_bytes()
    newest = max(cloud.blob(f"day/one/{chunk.name}").generation for chunk in manifest.chunks)
    assert cloud.blob(last).generation > newest


class InStep(Bucket):
    """Lets nobody begin before as many as are allowed at once have begun."""

    def __init__(self, name: str) -> None:
        super().__init__(name, make_client())
        self.barrier = threading.Barrier(uploading.AT_ONCE, timeout=20)
        self.begun: list[str] = []

    def create(self, name: str, source: io.BufferedIOBase, *, size: int, content_type: str) -> StoredObject:
        if not name.startswith("_"):
            self.begun.append(name)
            self.barrier.wait()
        return super().create(name, source, size=size, content_type=content_type)


def test_eight_at_once_in_the_manifests_order(cloud: Cloud, tmp_path: Path) -> None:
    """The first eight are under way together, then the next eight, and so on."""
    manifest = write_folder(tmp_path, chunks=24)
    with InStep(cloud.chunks) as bucket:
        uploading.upload(tmp_path, Place(cloud.chunks), bucket)
    assert uploading.AT_ONCE == 8
    for first in (0, 8, 16):
        names = [chunk.name for chunk in manifest.chunks[first : first + 8]]
        assert sorted(bucket.begun[first : first + 8]) == names


def test_says_where_it_went(cloud: Cloud, tmp_path: Path) -> None:
    """_upload.json holds target, manifest and end; what is printed names the next command."""
    write_folder(tmp_path)
    result = run(tmp_path, f"gs://{cloud.chunks}/day/")
    record = read_upload_record(tmp_path)
    assert record is not None
    assert record.finished is not None
    assert record.target == f"gs://{cloud.chunks}/day"
    assert (record.chunks, record.there) == (3, 3)
    assert record.manifest in result.output
    assert f"python -m partitioner follow {tmp_path}" in result.output


def test_what_is_there_and_equal_is_left_alone(cloud: Cloud, tmp_path: Path) -> None:
    """A second run uploads what is missing and nothing else."""
    manifest = write_folder(tmp_path)
    assert run(tmp_path, f"gs://{cloud.chunks}").exit_code == 0
    before = {chunk.name: cloud.blob(chunk.name).generation for chunk in manifest.chunks}
    cloud.delete(manifest.chunks[1].name)
    result = run(tmp_path, f"gs://{cloud.chunks}")
    assert result.exit_code == 0, result.output
    after = {chunk.name: cloud.blob(chunk.name).generation for chunk in manifest.chunks}
    assert [name for name in before if after[name] != before[name]] == [manifest.chunks[1].name]
    assert "1 chunk (" in result.output
    assert "2 were there" in result.output


def test_what_is_there_needs_no_file(cloud: Cloud, tmp_path: Path) -> None:
    """A chunk that is up may have left the disk."""
    manifest = write_folder(tmp_path)
    assert run(tmp_path, f"gs://{cloud.chunks}").exit_code == 0
    (tmp_path / manifest.chunks[0].name).unlink()
    assert run(tmp_path, f"gs://{cloud.chunks}").exit_code == 0


def test_another_content_under_the_name_changes_nothing(cloud: Cloud, tmp_path: Path) -> None:
    """One object in the way, the last of all: nothing is uploaded, and it stays as it was."""
    manifest = write_folder(tmp_path)
    other = cloud.put(manifest.chunks[-1].name, b"other")
    result = run(tmp_path, f"gs://{cloud.chunks}")
    assert result.exit_code == 1
    assert manifest.chunks[-1].name in result.output
    assert "another folder" in result.output
    assert cloud.names() == [manifest.chunks[-1].name]
    assert cloud.blob(manifest.chunks[-1].name).generation == other.generation
    assert read_upload_record(tmp_path) is None


@pytest.mark.parametrize("damage", ["cut", "changed", "missing"])
def test_a_file_that_is_not_the_manifests(cloud: Cloud, tmp_path: Path, damage: str) -> None:
    """A wrong size, a wrong checksum, no file: nothing is uploaded, and the way out is named."""
    path = tmp_path / write_folder(tmp_path).chunks[-1].name
    data = bytearray(path.read_bytes())
    if damage == "cut":
        path.write_bytes(data[:-1])
    elif damage == "changed":
        data[20] ^= 1
        path.write_bytes(data)
    else:
        path.unlink()
    result = run(tmp_path, f"gs://{cloud.chunks}")
    assert result.exit_code == 1
    assert str(path) in result.output
    assert "split again into an empty folder" in result.output
    assert cloud.names() == []


def test_too_many_rejected(cloud: Cloud, tmp_path: Path) -> None:
    """A folder over --max-rejected is uploaded only on request."""
    write_folder(tmp_path, over_max_rejected=True)
    result = run(tmp_path, f"gs://{cloud.chunks}")
    assert result.exit_code == 1
    assert "--anyway" in result.output
    assert cloud.names() == []
    assert run(tmp_path, f"gs://{cloud.chunks}", "--anyway").exit_code == 0


@pytest.mark.parametrize("option", ["--follow", "--canary"])
def test_what_waits_needs_the_state_bucket(tmp_path: Path, option: str) -> None:
    """That is where it stands what became of a chunk."""
    write_folder(tmp_path)
    result = run(tmp_path, "gs://any", option)
    assert result.exit_code == 2
    assert "give --state gs://BUCKET" in result.output


def test_an_unfinished_split(cloud: Cloud, tmp_path: Path) -> None:
    """Without a manifest nothing is known to be whole."""
    write_folder(tmp_path)
    (tmp_path / FILE_NAME).unlink()
    result = run(tmp_path, f"gs://{cloud.chunks}")
    assert result.exit_code == 1
    assert "split" in result.output
    assert cloud.names() == []


def test_a_folder_that_the_function_leaves_out(cloud: Cloud, tmp_path: Path) -> None:
    """Under a part that begins with _ nothing would be imported, so nothing is uploaded."""
    write_folder(tmp_path)
    result = run(tmp_path, f"gs://{cloud.chunks}/_tests")
    assert result.exit_code == 1
    assert cloud.names() == []


def test_a_chunk_over_8_mib(cloud: Cloud, tmp_path: Path) -> None:
    """What the client sends in several requests arrives unchanged, too."""
    data = os.urandom(9 << 20)
    manifest = write_folder(tmp_path, contents=[data])
    assert run(tmp_path, f"gs://{cloud.chunks}").exit_code == 0
    assert cloud.get(manifest.chunks[0].name) == data


def test_no_chunks(cloud: Cloud, tmp_path: Path) -> None:
    """An export without a good record has a manifest and nothing else."""
    write_folder(tmp_path, contents=[])
    assert run(tmp_path, f"gs://{cloud.chunks}").exit_code == 0
    assert [name.split("/")[0] for name in cloud.names()] == ["_manifests"]


def test_no_such_bucket(cloud: Cloud, tmp_path: Path) -> None:
    """The name is wrong, which trying again won't mend."""
    write_folder(tmp_path)
    result = run(tmp_path, "gs://no-such-bucket")
    assert result.exit_code == 1
    assert "gs://no-such-bucket" in result.output


@pytest.mark.parametrize("target", ["chunks", "s3://chunks", "gs://", "gs:///day"])
def test_no_such_place(tmp_path: Path, target: str) -> None:
    """What is no gs:// place is a matter of usage."""
    result = run(tmp_path, target)
    assert result.exit_code == 2
    assert "gs://BUCKET/FOLDER" in result.output


def test_passing_trouble_is_sat_out(cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Errors, broken connections and answers lost after the object was stored: all ends as without."""
    manifest = write_folder(tmp_path, chunks=4)
    script = ["ok", "503", "lost", "reset", "lost", "429", "lost"]
    with faulty_proxy(cloud.url, script) as proxy:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", proxy.url)
        result = run(tmp_path, f"gs://{cloud.chunks}")
        assert result.exit_code == 0, result.output
        assert proxy.script == []
    assert "trying again" in result.output
    for chunk in manifest.chunks:
        assert cloud.get(chunk.name) == (tmp_path / chunk.name).read_bytes()


def test_lasting_trouble_is_for_another_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bucket that doesn't answer: not the user's fault, so exit 75 and the same command again."""
    write_folder(tmp_path)
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "http://127.0.0.1:9")
    with (
        pytest.raises(TryAgain, match="the same command"),
        as_exits("-"),
        Bucket("chunks", make_client(), patience_seconds=0.5) as bucket,
    ):
        uploading.upload(tmp_path, Place("chunks"), bucket)


def test_two_at_once(cloud: Cloud, tmp_path: Path) -> None:
    """Two uploads of the same folder get in nobody's way."""
    manifest = write_folder(tmp_path, chunks=20)
    commands = [start(tmp_path, cloud) for _ in range(2)]
    for command in commands:
        output, _ = command.communicate(timeout=60)
        assert command.returncode == 0, output
    assert len([name for name in cloud.names() if not name.startswith("_")]) == len(manifest.chunks)


@pytest.mark.slow
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
def test_stopped_and_run_again(cloud: Cloud, tmp_path: Path, sent: signal.Signals) -> None:
    """Ctrl-C, or a kill, in the middle: what is up stays, nothing is half there, and the next run goes on."""
    manifest = write_folder(tmp_path, contents=[os.urandom(6 << 20) for _ in range(24)])
    command = start(tmp_path, cloud)
    while not cloud.names():
        assert command.poll() is None
        time.sleep(0.01)
    os.kill(command.pid, sent)
    output, _ = command.communicate(timeout=30)
    assert command.returncode == (75 if sent == signal.SIGINT else -signal.SIGKILL), output
    before = {name: cloud.blob(name).generation for name in cloud.names()}
    assert 0 < len(before) < len(manifest.chunks), "killed too early or too late to show anything"
    if sent == signal.SIGINT:
        assert b"the same command goes on" in output
    result = run(tmp_path, f"gs://{cloud.chunks}")
    assert result.exit_code == 0, result.output
    for chunk in manifest.chunks:
        assert cloud.get(chunk.name) == (tmp_path / chunk.name).read_bytes()
    assert all(cloud.blob(name).generation == generation for name, generation in before.items())


def start(folder: Path, cloud: Cloud) -> subprocess.Popen[bytes]:
    program = "from partitioner.upload import command; command()"
    return subprocess.Popen(
        [sys.executable, "-c", program, str(folder), f"gs://{cloud.chunks}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=os.environ | {"STORAGE_EMULATOR_HOST": cloud.url},
    )
