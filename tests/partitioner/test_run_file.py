"""A run that was stopped goes on, and no other gets into its folder."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from partitioner.exits import TryAgain
from partitioner.run_file import locked
from tests.fakes.exports import AS_OF, ndjson, records, tree, write_varied_export
from tests.fakes.splitting import run_split, split_to

pytestmark = pytest.mark.slow


@pytest.fixture
def export(tmp_path: Path) -> Path:
    (tmp_path / "a.ndjson").write_bytes(ndjson(records(100)))
    return tmp_path / "a.ndjson"


def test_a_complete_run_is_left_alone(tmp_path: Path, export: Path) -> None:
    """Run again, it says so, and reports as it did."""
    report = split_to(tmp_path / "out", export)
    before = tree(tmp_path / "out")
    ran = run_split(export, "--output", tmp_path / "out", "--json")
    assert ran.exit_code == 0
    assert "is complete: nothing was left to do" in ran.err
    assert json.loads(ran.out) == report
    assert tree(tmp_path / "out") == before


def test_a_complete_run_with_a_missing_chunk_is_not_called_complete(tmp_path: Path, export: Path) -> None:
    """An upload would fail later."""
    split_to(tmp_path / "out", export)
    next((tmp_path / "out").glob("*.gz")).unlink()
    ran = run_split(export, "--output", tmp_path / "out")
    assert ran.exit_code == 1
    assert "is missing or has changed" in ran.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--records-per-chunk", "7"], "--records-per-chunk was 200000, now is 7"),
        (["--batch-bytes", "999"], "--batch-bytes was 2000000, now is 999"),
        (["--keep-copies"], "--keep-copies was False, now is True"),
        (["--as-of", "2024-07-01"], "--as-of was"),
        (["--name", "b"], "--name was a, now is b"),
    ],
)
def test_other_options_are_another_run(tmp_path: Path, export: Path, options: list[str], said: str) -> None:
    """Said, and nothing is touched."""
    split_to(tmp_path / "out", export)
    before = tree(tmp_path / "out")
    ran = run_split(export, "--output", tmp_path / "out", "--as-of", AS_OF, *options)
    assert ran.exit_code == 1
    assert "holds another split" in ran.err
    assert said in ran.err
    assert tree(tmp_path / "out") == before


def test_another_export_is_another_run(tmp_path: Path, export: Path) -> None:
    """Another file, or the same one changed."""
    split_to(tmp_path / "out", export)
    (tmp_path / "b.ndjson").write_bytes(export.read_bytes())
    ran = run_split(tmp_path / "b.ndjson", "--output", tmp_path / "out", "--name", "a")
    assert ran.exit_code == 1
    assert f"the export was {export}, now is {tmp_path}/b.ndjson" in ran.err
    export.write_bytes(ndjson(records(101)))
    assert f"changed since: {export}" in run_split(export, "--output", tmp_path / "out").err


def test_workers_and_what_is_said_are_no_other_options(tmp_path: Path, export: Path) -> None:
    """They change nothing of what is written."""
    split_to(tmp_path / "out", export)
    ran = run_split(export, "--output", tmp_path / "out", "--workers", "7", "--max-rejected", "1%")
    assert ran.exit_code == 0


def test_a_folder_with_other_things_in_it_is_no_output(tmp_path: Path, export: Path) -> None:
    """Nothing is mixed with what the user has there."""
    ran = run_split(export, "--output", tmp_path)
    assert ran.exit_code == 1
    assert "holds other things (a.ndjson)" in ran.err


def test_an_unknown_version_is_an_error_not_a_guess(tmp_path: Path, export: Path) -> None:
    """As is damage."""
    split_to(tmp_path / "out", export)
    path = tmp_path / "out" / "_run.json"
    path.write_bytes(path.read_bytes().replace(b'"version": 1', b'"version": 9'))
    ran = run_split(export, "--output", tmp_path / "out")
    assert (ran.exit_code, "is of version 9" in ran.err) == (1, True)
    path.write_bytes(b"{")
    ran = run_split(export, "--output", tmp_path / "out")
    assert (ran.exit_code, "can't be read" in ran.err) == (1, True)


def test_two_runs_in_one_folder_wait_for_each_other(tmp_path: Path) -> None:
    """The second gives up with the advice to try again."""
    second = locked(tmp_path, wait_seconds=0.2)
    with locked(tmp_path), pytest.raises(TryAgain, match="another split is at work"):
        second.__enter__()
    with locked(tmp_path, wait_seconds=0):
        pass


SIZES = ("--records-per-chunk", "500", "--batch-records", "100", "--as-of", AS_OF, "--workers", "2")


def command_for(export: Path, output: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "partitioner", "split", str(export), "--output", str(output), *options]


def run_command(command: list[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, capture_output=True, text=True, check=False)


def wait_for_chunks(output: Path, count: int) -> None:
    give_up = time.monotonic() + 60
    while len(list(output.glob("*.gz"))) < count:
        assert time.monotonic() < give_up
        time.sleep(0.005)


def test_after_ctrl_c_the_same_command_goes_on(tmp_path: Path) -> None:
    """It says so, and keeps what is finished."""
    export = write_varied_export(tmp_path / "export", 20_000)
    command = command_for(export, tmp_path / "out", *SIZES)
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        wait_for_chunks(tmp_path / "out", 4)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 75
    assert "the same command goes on" in err
    assert "Traceback" not in err
    finished = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").glob("*.gz")}
    again = run_command(command)
    assert again.returncode == 0
    assert "chunks are finished" in again.stderr
    redone = [path for path, changed_ns in finished.items() if path.stat().st_mtime_ns != changed_ns]
    assert len(redone) <= 2, "a chunk that was finished, and not just being so, was made again"


def test_without_as_of_a_run_goes_on_with_the_time_it_began_at(tmp_path: Path) -> None:
    """However long it took to notice that it was killed."""
    export = write_varied_export(tmp_path / "export", 4_000)
    command = command_for(export, tmp_path / "out", "--records-per-chunk", "100", "--quiet")
    with subprocess.Popen(command) as process:
        wait_for_chunks(tmp_path / "out", 4)
        process.kill()
    before = json.loads((tmp_path / "out" / "_run.json").read_bytes())
    assert before["report"] is None
    time.sleep(1.1)
    assert run_command(command).returncode == 0
    assert json.loads((tmp_path / "out" / "_run.json").read_bytes())["recipe"] == before["recipe"]


def test_a_full_disk_is_said_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    """With room made, the same command ends as if there had always been."""
    export = write_varied_export(tmp_path / "export", 8_000)
    assert run_command(command_for(export, tmp_path / "whole", *SIZES)).returncode == 0
    whole = tree(tmp_path / "whole")
    limit = max(len(data) for name, data in whole.items() if name.endswith(".gz")) // 2
    command = command_for(export, tmp_path / "full", *SIZES)
    ran = run_command(["sh", "-c", 'ulimit -f "$0" && exec "$@"', str(limit // 1024), *command])
    assert ran.returncode == 75
    assert "no room on the disk" in ran.stderr
    left = {path.name: path.read_bytes() for path in (tmp_path / "full").glob("*.gz")}
    assert all(whole[name] == data for name, data in left.items())
    assert run_command(command).returncode == 0
    assert tree(tmp_path / "full") == whole


def test_other_records_on_stdin_are_another_run(tmp_path: Path) -> None:
    """Told by the checksums of what is finished; other ones, and fewer."""
    lines = records(20_000)
    command = command_for(Path("-"), tmp_path / "out", "--name", "piped", *SIZES)
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        assert process.stdin
        process.stdin.write(ndjson(lines[:10_000]))
        wait_for_chunks(tmp_path / "out", 4)
        process.kill()
    for other in ([b"{}", *lines], lines[:100]):
        ran = subprocess.run(command, input=ndjson(other), capture_output=True, check=False)
        assert ran.returncode == 1
        assert b"isn't what it was when this split began" in ran.stderr
    assert subprocess.run(command, input=ndjson(lines), capture_output=True, check=False).returncode == 0
