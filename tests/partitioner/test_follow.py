"""Following an import: what the ledgers say, counted, and an exit code to build on."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from function.clock import Clock
from function.state import Status, destination_of, ledger_name
from partitioner import follow, upload, watch
from partitioner.account import Account
from partitioner.following import sought_of
from partitioner.manifest import Manifest
from partitioner.storage import Bucket, make_client
from tests.fakes.cloud import DESTINATION, RECORDS, Cloud, entry_of, write_folder
from tests.fakes.faulty_proxy import faulty_proxy


def run(cloud: Cloud, *arguments: str | Path) -> Result:
    texts = [str(argument) for argument in arguments]
    return CliRunner().invoke(follow.command, [*texts, "--state", f"gs://{cloud.state}"])


@pytest.fixture
def manifest(cloud: Cloud, tmp_path: Path) -> Manifest:
    """Of three chunks, uploaded from `tmp_path` into the folder day."""
    written = write_folder(tmp_path)
    uploaded = CliRunner().invoke(upload.command, [str(tmp_path), f"gs://{cloud.chunks}/day"])
    assert uploaded.exit_code == 0, uploaded.output
    return written


def settle(cloud: Cloud, manifest: Manifest, **fields: Any) -> None:
    for chunk in manifest.chunks:
        cloud.write_entry(f"day/{chunk.name}", entry_of(chunk, **fields))


def test_all_done(cloud: Cloud, manifest: Manifest, tmp_path: Path) -> None:
    """Everything accepted or rejected, and as much as the manifest says: exit 0."""
    settle(cloud, manifest, accepted=RECORDS - 2, rejected=2)
    result = run(cloud, tmp_path)
    assert result.exit_code == 0, result.output
    assert "add up" in result.output
    assert f"gs://{cloud.state}/dead-letters/{DESTINATION}/" in result.output
    (row,) = [line.split() for line in result.output.splitlines() if line.startswith("done")]
    assert row == ["done", "3", "30", "24", "6"]


@pytest.mark.parametrize(
    "fields",
    [
        {"records": RECORDS - 1, "accepted": RECORDS - 1},
        {"accepted": RECORDS - 1},
        {"rejected": 1},
        {"crc32c": "AAAAAA=="},
    ],
)
def test_counts_that_do_not_add_up(
    cloud: Cloud, manifest: Manifest, tmp_path: Path, fields: dict[str, Any]
) -> None:
    """Done, but not with what the manifest says: exit 3, and the chunk is named."""
    settle(cloud, manifest)
    odd = manifest.chunks[1]
    cloud.write_entry(f"day/{odd.name}", entry_of(odd, **fields))
    result = run(cloud, tmp_path)
    assert result.exit_code == 3
    assert f"day/{odd.name}: " in result.output


@pytest.mark.parametrize("status", [Status.REFUSED, Status.QUARANTINED, Status.LOST])
def test_a_chunk_that_ended_otherwise(
    cloud: Cloud, manifest: Manifest, tmp_path: Path, status: Status
) -> None:
    """Exit 1, with the chunk, the ledger's message and the command to run."""
    settle(cloud, manifest)
    bad = manifest.chunks[1]
    cloud.write_entry(f"day/{bad.name}", entry_of(bad, status, records=0, accepted=0, message="it is a zip"))
    result = run(cloud, tmp_path)
    assert result.exit_code == 1
    assert f"day/{bad.name}: it is a zip" in result.output
    if status == Status.LOST:
        assert "python -m partitioner upload" in result.output
    else:
        retry = f"python -m partitioner retry gs://{cloud.chunks}/day --state gs://{cloud.state}"
        assert f"{retry} --destination {DESTINATION} --{status}" in result.output


def test_an_entry_that_cannot_be_read(cloud: Cloud, manifest: Manifest, tmp_path: Path) -> None:
    """It is named with its place, and doesn't stop the others from being counted."""
    settle(cloud, manifest)
    name = ledger_name(DESTINATION, f"day/{manifest.chunks[1].name}")
    cloud.put(name, b'{"version": 99}', bucket=cloud.state)
    result = run(cloud, tmp_path)
    assert result.exit_code == 1
    assert f"gs://{cloud.state}/{name}" in result.output
    assert "version 99" in result.output


def test_once(cloud: Cloud, manifest: Manifest, tmp_path: Path) -> None:
    """One look: exit 75 while something isn't settled, and each chunk's status."""
    first, second, third = manifest.chunks
    cloud.write_entry(f"day/{first.name}", entry_of(first))
    cloud.write_entry(f"day/{second.name}", entry_of(second, Status.IMPORTING, records=4, accepted=4))
    result = run(cloud, tmp_path, "--once")
    assert result.exit_code == 75
    assert "1 importing: " in result.output
    assert "1 waiting: " in result.output
    assert f"day/{third.name}" in result.output
    assert f"retry gs://{cloud.chunks}/day --state gs://{cloud.state}" in result.output


def test_json(cloud: Cloud, manifest: Manifest, tmp_path: Path) -> None:
    """The same for programs, on standard output alone."""
    settle(cloud, manifest, accepted=RECORDS - 1, rejected=1)
    account = json.loads(run(cloud, tmp_path, "--json").stdout)
    assert account["settled"]
    assert account["adds_up"]
    assert (account["records_expected"], account["accepted"], account["rejected"]) == (30, 27, 3)
    assert account["by_status"]["done"]["chunks"] == 3
    assert account["not_done"] == []


def test_a_bucket_with_a_manifest(cloud: Cloud, manifest: Manifest) -> None:
    """Of gs:// the manifest tells what to expect, also of chunks that have expired."""
    settle(cloud, manifest)
    cloud.delete(f"day/{manifest.chunks[0].name}")
    for source in (f"gs://{cloud.chunks}", f"gs://{cloud.chunks}/day", manifest_url(cloud)):
        account = json.loads(run(cloud, source, "--json").stdout)
        assert (account["records_expected"], account["chunks"]) == (30, 3)


def manifest_url(cloud: Cloud) -> str:
    (name,) = [name for name in cloud.names() if "_manifests/" in name]
    return f"gs://{cloud.chunks}/{name}"


def test_a_bucket_without_a_manifest(cloud: Cloud, manifest: Manifest) -> None:
    """The listing's objects then; neither empty ones nor names that aren't imported."""
    settle(cloud, manifest)
    cloud.delete(manifest_url(cloud).removeprefix(f"gs://{cloud.chunks}/"))
    cloud.put("day/", b"")
    cloud.put("day/empty.ndjson", b"")
    cloud.put("day/_notes/readme", b"words")
    account = json.loads(run(cloud, f"gs://{cloud.chunks}/day", "--json").stdout)
    assert (account["records_expected"], account["chunks"], account["records"]) == (None, 3, 30)
    assert account["adds_up"]


def test_an_object_beside_the_manifest(cloud: Cloud, manifest: Manifest) -> None:
    """What no manifest names is followed, too: an upload's manifest comes last."""
    settle(cloud, manifest)
    cloud.put("day/more.ndjson", b'{"event":"e"}')
    result = run(cloud, f"gs://{cloud.chunks}", "--once")
    assert result.exit_code == 75
    assert "day/more.ndjson" in result.output


def test_an_empty_bucket(cloud: Cloud) -> None:
    """Nothing to follow is an error, not a success."""
    result = run(cloud, f"gs://{cloud.chunks}")
    assert result.exit_code == 1
    assert "check the name" in result.output


def test_a_folder_that_was_not_uploaded(cloud: Cloud, tmp_path: Path) -> None:
    """It can't be known where its chunks are."""
    write_folder(tmp_path)
    result = run(cloud, tmp_path)
    assert result.exit_code == 1
    assert f"python -m partitioner upload {tmp_path}" in result.output


class TestDestination:
    """Which import is meant."""

    def test_the_only_one(self, cloud: Cloud, manifest: Manifest, tmp_path: Path) -> None:
        """Without credentials in the environment it is the one that is there."""
        settle(cloud, manifest)
        assert json.loads(run(cloud, tmp_path, "--json").stdout)["destination"] == DESTINATION

    def test_none_yet(self, cloud: Cloud, manifest: Manifest, tmp_path: Path) -> None:
        """Before the first entry it can't be guessed."""
        result = run(cloud, tmp_path)
        assert result.exit_code == 1
        assert "--destination" in result.output

    def test_several(self, cloud: Cloud, manifest: Manifest, tmp_path: Path) -> None:
        """All are named, none is chosen."""
        settle(cloud, manifest)
        cloud.write_entry("other", entry_of(manifest.chunks[0]), destination="eu-99")
        result = run(cloud, tmp_path)
        assert result.exit_code == 2
        assert DESTINATION in result.output
        assert "eu-99" in result.output
        assert run(cloud, tmp_path, "--destination", DESTINATION).exit_code == 0

    @pytest.mark.parametrize(
        "environ",
        [
            {"MIXPANEL_TOKEN": " secret\n", "MIXPANEL_REGION": "eu"},
            {"MIXPANEL_PROJECT_ID": "7", "MIXPANEL_URL": "http://127.0.0.1:1"},
            {"MIXPANEL_PROJECT_ID": "7"},
        ],
    )
    def test_the_environments(
        self,
        cloud: Cloud,
        manifest: Manifest,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        environ: dict[str, str],
    ) -> None:
        """The function's own variables name it, even before its first entry; the token shows nowhere."""
        for variable, value in environ.items():
            monkeypatch.setenv(variable, value)
        named = destination_of(
            environ.get("MIXPANEL_REGION", "us"),
            environ.get("MIXPANEL_PROJECT_ID", ""),
            environ.get("MIXPANEL_TOKEN", "").strip(),
            environ.get("MIXPANEL_URL", ""),
        )
        result = run(cloud, tmp_path, "--once", "--json")
        assert json.loads(result.stdout)["destination"] == named
        assert "secret" not in result.output


@dataclass
class Script:
    """A clock whose sleeps make things happen: one step each, then no more sleeping."""

    steps: list[object] = field(default_factory=list)

    def clock(self) -> Clock:
        return Clock(sleep=lambda _: self.steps.pop(0)())  # type: ignore[operator]


class Watched(Bucket):
    """Remembers which objects were read, and from where the listings began."""

    def __init__(self, name: str) -> None:
        super().__init__(name, make_client())
        self.reads: list[str] = []
        self.starts: list[str] = []

    def objects(self, prefix: str = "", *, start: str = "") -> Iterator[object]:  # type: ignore[override]
        self.starts.append(start)
        return super().objects(prefix, start=start)

    def read(self, name: str) -> bytes | None:
        self.reads.append(name)
        return super().read(name)


def follow_steps(cloud: Cloud, manifest: Manifest, steps: list[object]) -> tuple[list[Account], Watched]:
    script = Script(steps)
    with Watched(cloud.state) as state:
        followed = watch.follow(sought_of(manifest, "day/"), state, DESTINATION, clock=script.clock())
        accounts = list(followed)
    assert script.steps == []
    return accounts, state


def test_goes_on_until_all_is_settled(cloud: Cloud, manifest: Manifest) -> None:
    """One account a look; only what changed is read, from the first unsettled chunk on."""
    first, second, third = manifest.chunks

    def write(chunk: object, status: Status, records: int) -> object:
        entry = entry_of(chunk, status, records=records, accepted=records)  # type: ignore[arg-type]
        return lambda: cloud.write_entry(f"day/{chunk.name}", entry)  # type: ignore[attr-defined]

    accounts, state = follow_steps(
        cloud,
        manifest,
        [
            write(first, Status.IMPORTING, 5),
            write(first, Status.DONE, RECORDS),
            lambda: None,
            write(third, Status.DONE, RECORDS),
            write(second, Status.DONE, RECORDS),
        ],
    )
    assert [account.total.records for account in accounts] == [0, 5, 10, 10, 20, 30]
    assert [account.is_settled for account in accounts] == [False] * 5 + [True]
    names = [ledger_name(DESTINATION, f"day/{chunk.name}") for chunk in (first, first, third, second)]
    assert state.reads == names
    assert state.starts[3] == names[3]


def test_a_settled_chunk_that_is_sent_again(cloud: Cloud, manifest: Manifest) -> None:
    """The last look is at everything: what was refused and is at work again is waited for."""
    first, *others = manifest.chunks
    settle(cloud, manifest)
    cloud.write_entry(f"day/{first.name}", entry_of(first, Status.REFUSED))
    cloud.write_entry(f"day/{others[0].name}", entry_of(others[0], Status.DEFERRED))

    def retry() -> None:
        cloud.write_entry(f"day/{first.name}", entry_of(first, Status.IMPORTING))
        cloud.write_entry(f"day/{others[0].name}", entry_of(others[0]))

    def finish() -> None:
        cloud.write_entry(f"day/{first.name}", entry_of(first))

    accounts, _ = follow_steps(cloud, manifest, [retry, finish])
    assert accounts[-1].is_settled
    assert not accounts[-1].has_failed


def test_an_entry_that_was_deleted(cloud: Cloud, manifest: Manifest) -> None:
    """Whoever deletes an entry starts the chunk over: it is waited for."""
    chunk = manifest.chunks[0]
    settle(cloud, manifest)
    cloud.write_entry(f"day/{chunk.name}", entry_of(chunk, Status.IMPORTING, records=5, accepted=5))
    accounts, _ = follow_steps(
        cloud,
        manifest,
        [
            lambda: cloud.delete_entry(f"day/{chunk.name}"),
            lambda: cloud.write_entry(f"day/{chunk.name}", entry_of(chunk)),
        ],
    )
    assert [account.total.records for account in accounts] == [25, 20, 30]


def test_a_bucket_that_fills_up_meanwhile(cloud: Cloud, manifest: Manifest) -> None:
    """Of gs:// the place is looked at again at the end, since its upload may go on."""
    settle(cloud, manifest)
    late = manifest.chunks[0]
    cloud.write_entry(f"day/{late.name}", entry_of(late, Status.IMPORTING, records=0, accepted=0))

    def arrive() -> None:
        cloud.put("day/late.ndjson", b'{"event":"e"}')
        cloud.write_entry("day/late.ndjson", entry_of(late, crc32c=cloud.blob("day/late.ndjson").crc32c))
        cloud.write_entry(f"day/{late.name}", entry_of(late))

    timer = threading.Timer(0.7, arrive)
    timer.start()
    result = run(cloud, f"gs://{cloud.chunks}", "--json")
    timer.join()
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["chunks"] == 4


def test_help_ends_in_an_example() -> None:
    """To be pasted."""
    result = CliRunner().invoke(follow.command, ["--help"])
    assert result.output.rstrip().splitlines()[-1].strip().startswith("python -m partitioner follow ")


def test_ctrl_c_shows_how_far_it_is(cloud: Cloud, manifest: Manifest, tmp_path: Path) -> None:
    """Exit 75 with the table as it stands: stopping the watch stops nothing else."""
    first = manifest.chunks[0]
    cloud.write_entry(f"day/{first.name}", entry_of(first))
    # Destinations are listed, then ledgers, one is read; the fourth request belongs to the second look.
    with faulty_proxy(cloud.url, ["ok"] * 4) as proxy:
        program = "from partitioner.follow import command; command()"
        watch = subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path), "--state", f"gs://{cloud.state}"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=os.environ | {"STORAGE_EMULATOR_HOST": proxy.url},
        )
        while proxy.script:
            assert watch.poll() is None
            time.sleep(0.05)
        watch.send_signal(signal.SIGINT)
        output, _ = watch.communicate(timeout=20)
    assert watch.returncode == 75
    assert b"2 waiting: " in output
