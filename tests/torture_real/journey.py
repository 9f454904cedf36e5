"""An export's way through the partitioner's commands: a disk that fills up, an upload that is killed."""

import functools
import gzip
import json
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from local.processes import own_environ
from local.stack import STATE_BUCKET
from tests.end_to_end.one_process import read_letters
from tests.end_to_end.splitting import Split
from tests.torture_real.plan import Splitting
from tests.torture_real.strikes import Journal

AS_OF = "1780000000"
SIZES = ("--records-per-chunk", "400", "--batch-records", "100")
FULL_BYTES, ENOUGH_BYTES = 60_000, 100_000_000
# Of one file, where there is no right to mount: less than any chunk takes.
FULL_FILE_BYTES = 3_000
TRY_AGAIN = 75
PATIENCE_SECONDS = 90

# In a mount namespace of its own, so that nothing is left of it however it ends.
_ON_A_SMALL_DISK = """
set -e
disk=$1 output=$2 full=$3 enough=$4
shift 4
mkdir "$disk"
mount -t tmpfs -o "size=$full" none "$disk"
first=0
"$@" --output "$disk/chunks" >"$disk.said" 2>&1 || first=$?
cp -a "$disk/chunks" "$output.first"
[ "$first" = 75 ] || { cat "$disk.said"; exit "1$first"; }
mount -o "remount,size=$enough" none "$disk"
"$@" --output "$disk/chunks"
cp -a "$disk/chunks" "$output"
"""


@functools.cache
def may_mount() -> bool:
    """In a container without the right to, the size of each file is limited instead."""
    command = ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=10).returncode == 0
    except OSError:
        return False


def split(files: Sequence[bytes], name: str, splitting: Splitting, folder: Path, journal: Journal) -> Split:
    """Where the disk fills up, the first try must say so and leave nothing half, and the second go on."""
    export, output = folder / "export", folder / "chunks"
    export.mkdir(parents=True)
    for number, data in enumerate(files):
        (export / str(number)).write_bytes(data)
    command = [sys.executable, "-m", "partitioner", "split", str(export), "--name", name, *SIZES]
    command += ["--as-of", AS_OF, "--max-rejected", "100%", "--quiet", "--json"]
    command += ["--workers", str(splitting.workers)]
    if splitting.is_disk_full and may_mount():
        script = ["unshare", "--mount", "sh", "-c", _ON_A_SMALL_DISK, "sh", str(folder / "disk"), str(output)]
        done = _run([*script, str(FULL_BYTES), str(ENOUGH_BYTES), *command])
        check_whole(output.with_suffix(".first"))
        journal.note("split on a full disk, then with room")
    else:
        if splitting.is_disk_full:
            first = _run([*command, "--output", str(output)], most_bytes=FULL_FILE_BYTES)
            assert first.returncode == TRY_AGAIN, first
            check_whole(output)
            journal.note("split with files limited, then with room")
        done = _run([*command, "--output", str(output)])
    assert done.returncode == 0, done
    letters = [letter for path in output.glob("_rejected/*") for letter in read_letters(path.read_bytes())]
    manifest = json.loads((output / "_manifest.json").read_bytes())
    chunks = [output / chunk["name"] for chunk in manifest["chunks"]]
    assert sorted(chunks) == sorted(output.glob("*.gz"))
    return Split(json.loads(done.stdout), done.stdout + done.stderr, letters, chunks)


def upload(
    output: Path, target: str, environ: dict[str, str], kill_after: float | None, journal: Journal
) -> None:
    """Again and again until it says that all is there, which it may take an outage to say."""
    command = [sys.executable, "-m", "partitioner", "upload", str(output), target, "--quiet"]
    if kill_after is not None:
        first = subprocess.Popen(
            command, env=own_environ() | environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(kill_after)
        first.kill()
        first.wait()
        journal.note("kill upload")
    ends_at = time.monotonic() + PATIENCE_SECONDS
    while True:
        done = _run(command, environ)
        if done.returncode == 0:
            journal.note("uploaded")
            return
        assert done.returncode == TRY_AGAIN, done
        assert time.monotonic() < ends_at, done


def follow(output: Path, destination: str, environ: dict[str, str]) -> None:
    """Must say that all is done and adds up."""
    command = [sys.executable, "-m", "partitioner", "follow", str(output), "--once"]
    command += ["--state", f"gs://{STATE_BUCKET}", "--destination", destination]
    done = _run(command, environ)
    assert done.returncode == 0, done


def retry(bucket: str, names: Sequence[str], destination: str, environ: dict[str, str]) -> None:
    command = [sys.executable, "-m", "partitioner", "retry", f"gs://{bucket}", *names, "--yes"]
    command += ["--state", f"gs://{STATE_BUCKET}", "--destination", destination]
    done = _run(command, environ)
    assert done.returncode == 0, done


def check_whole(output: Path) -> None:
    """Whatever bears a chunk's name is one, and no manifest says that all is there."""
    for path in output.glob("*.gz"):
        gzip.decompress(path.read_bytes())
    assert not (output / "_manifest.json").exists()


def _run(
    command: list[str], environ: dict[str, str] | None = None, most_bytes: int | None = None
) -> "subprocess.CompletedProcess[str]":
    def limit() -> None:
        if most_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))

    return subprocess.run(
        command,
        env=own_environ() | (environ or {}),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS * 2,
        preexec_fn=limit,
    )
