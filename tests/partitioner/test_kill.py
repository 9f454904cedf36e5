"""A run that is killed, at any moment, loses nothing and spoils nothing."""

import gzip
import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.fakes.exports import AS_OF, tree, write_varied_export

MOMENTS = 5  # for each of the six ways below: 30
# The export has records of 20,000 seconds, from 2,000 hours before --as-of on.
WINDOWS = "1996h,1998h,rest"


def start_split(
    export: str, output: Path, *options: str, stdin: Path | None = None
) -> "subprocess.Popen[bytes]":
    command = [
        sys.executable,
        "-m",
        "partitioner",
        "split",
        export,
        "--output",
        str(output),
        "--as-of",
        AS_OF,
    ]
    sizes = ["--records-per-chunk", "1000", "--batch-records", "300", "--quiet"]
    with (stdin or Path("/dev/null")).open("rb") as stream:
        return subprocess.Popen([*command, *sizes, *options], stdin=stream)


def assert_nothing_is_half_written(output: Path) -> None:
    for path in [*output.glob("*.gz"), *output.glob("0*/*.gz"), *output.glob("_rejected/*")]:
        gzip.decompress(path.read_bytes())
    for path in output.glob("*.json"):
        json.loads(path.read_bytes())


def wait_until_gone(processes: list[psutil.Process]) -> None:
    _, alive = psutil.wait_procs(processes, timeout=10)
    assert not alive, "workers outlive the run that was killed"


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "4"])
@pytest.mark.parametrize("way", ["a folder", "stdin, copies kept", "windows, copies kept"])
def test_killed_at_random_moments_and_run_again_ends_as_if_never_killed(
    tmp_path: Path, way: str, workers: str
) -> None:
    """SIGKILL, then the same command: byte for byte the folder of a run that was left alone."""
    export = write_varied_export(tmp_path / "export", 20_000)
    options = ["--workers", workers]
    stdin = None
    if way != "stdin, copies kept":
        source = str(export)
        options += ["--windows", WINDOWS, "--keep-copies"] if way == "windows, copies kept" else []
    else:
        source, stdin = "-", tmp_path / "all.ndjson.gz"
        stdin.write_bytes(
            b"".join((export / name).read_bytes() for name in ("b.ndjson.gz", "c.ndjson.gz")) * 2
        )
        options += ["--name", "all", "--keep-copies"]
    began = time.monotonic()
    assert start_split(source, tmp_path / "whole", *options, stdin=stdin).wait() == 0
    seconds = time.monotonic() - began
    expected = tree(tmp_path / "whole")
    killed = 0
    for number in range(MOMENTS):
        output = tmp_path / f"killed-{number}"
        process = start_split(source, output, *options, stdin=stdin)
        moment = random.uniform(0.2, 1) * seconds
        time.sleep(moment)
        workers_alive = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
        process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
        wait_until_gone(workers_alive)
        if output.exists():
            assert_nothing_is_half_written(output)
        assert start_split(source, output, *options, stdin=stdin).wait() == 0, f"killed after {moment:.3f} s"
        assert tree(output) == expected, f"killed after {moment:.3f} s"
    assert killed >= MOMENTS // 2, "the moments came too late to prove anything"


@pytest.mark.slow
def test_killed_while_chunks_are_joined(tmp_path: Path) -> None:
    """With windows chunks are made in a second step: what of it was done stays, and the end is the same."""
    export = write_varied_export(tmp_path / "export", 20_000)
    options = ["--windows", WINDOWS, "--keep-copies", "--workers", "2"]
    assert start_split(str(export), tmp_path / "whole", *options).wait() == 0
    expected, killed = tree(tmp_path / "whole"), 0
    for number in range(MOMENTS):
        output = tmp_path / f"killed-{number}"
        process = start_split(str(export), output, *options)
        while process.poll() is None and len(list(output.glob("_work/joined/*"))) < 1 + 3 * number:
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
        assert_nothing_is_half_written(output)
        before = {path: path.stat().st_mtime_ns for path in output.glob("0*/*.gz")}
        assert start_split(str(export), output, *options).wait() == 0
        assert tree(output) == expected
        again = [path for path, changed in before.items() if path.stat().st_mtime_ns != changed]
        assert len(again) <= 2, "chunks that were made are made again, but for one a worker"
    assert killed >= MOMENTS // 2, "the moments came too late to prove anything"
