"""Memory and disk stay bounded whatever an export holds."""

import gzip
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.fakes.exports import ndjson, record, records
from tests.fakes.splitting import rejected, sent_lines

MAX_RSS_MB = 200
MEASURE = """
import resource, subprocess, sys
code = subprocess.run([sys.executable, "-m", "partitioner", "split", *sys.argv[1:]]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
sys.exit(code)
"""


def max_rss_mb(*arguments: str | Path) -> int:
    """Of the largest process of a run, in MB."""
    command = [sys.executable, "-c", MEASURE, *map(str, arguments), "--quiet"]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(ran.stdout)


@pytest.mark.slow
def test_a_line_of_300_mb_and_a_gzip_bomb_are_rejected_lines(tmp_path: Path) -> None:
    """Each in the memory of one line of 16 MB; all around them is sent."""
    export = tmp_path / "export"
    export.mkdir()
    with (export / "a.ndjson").open("wb") as plain:
        plain.write(ndjson([record(1)]))
        for _ in range(300):
            plain.write(b"x" * 1_000_000)
        plain.write(b"\n" + b"[" * 900_000 + b"\n" + ndjson([record(2)]))
    with gzip.open(export / "b.ndjson.gz", "wb", compresslevel=1) as packed:
        packed.write(ndjson([record(3)]))
        for _ in range(500):
            packed.write(b"\0" * 1_000_000)
        packed.write(b"\n" + ndjson([record(4)]))
    assert max_rss_mb(export, "--output", tmp_path / "out", "--max-rejected", "1") < MAX_RSS_MB
    assert sent_lines(tmp_path / "out") == [record(number) for number in (1, 2, 3, 4)]
    assert [each["line"] for each in rejected(tmp_path / "out")] == [2, 3, 2]


@pytest.mark.slow
def test_an_export_that_is_all_copies_takes_no_more_memory(tmp_path: Path) -> None:
    """300,000 records, each there three times."""
    lines = ndjson(records(100_000))
    (tmp_path / "a.ndjson").write_bytes(lines * 3)
    arguments = (tmp_path / "a.ndjson", "--output", tmp_path / "out", "--records-per-chunk", "50000")
    assert max_rss_mb(*arguments) < MAX_RSS_MB
    assert b'"shows": 100000,' in (tmp_path / "out" / "_manifest.json").read_bytes()


@pytest.mark.slow
def test_at_most_a_spool_more_than_there_are_workers_is_on_the_disk(tmp_path: Path) -> None:
    """However much faster inflating is than checking."""
    (tmp_path / "a.ndjson.gz").write_bytes(gzip.compress(ndjson(records(200_000)), 1))
    most, ended = 0, threading.Event()

    def watch() -> None:
        nonlocal most
        while not ended.is_set():
            most = max(most, len(list((tmp_path / "out").glob("_work/spool/*"))))
            time.sleep(0.002)

    watcher = threading.Thread(target=watch)
    watcher.start()
    max_rss_mb(
        tmp_path / "a.ndjson.gz",
        "--output",
        tmp_path / "out",
        "--workers",
        "2",
        "--records-per-chunk",
        "5000",
    )
    ended.set()
    watcher.join()
    assert 1 <= most <= 3


@pytest.mark.slow
def test_as_many_windows_as_there_may_be_take_no_more_memory(tmp_path: Path) -> None:
    """32 files are open at once, and 60,000 names of events are told apart for the canary."""
    days = ",".join(f"{day}d" for day in range(1, 32))
    with (tmp_path / "a.ndjson").open("wb") as file:
        for number in range(60_000):
            line = record(number, time=1_717_200_000 - number % 64 * 43_200, pad="x" * 2_000)
            file.write(line.replace(b'"seen"', b'"seen %d"' % number) + b"\n")
    arguments = (tmp_path / "a.ndjson", "--output", tmp_path / "out", "--as-of", "2024-06-01")
    assert max_rss_mb(*arguments, "--windows", f"{days},rest") < MAX_RSS_MB
    assert len(sent_lines(tmp_path / "out")) == 60_000
