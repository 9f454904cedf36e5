"""`split --output gs://...`: chunks go up as they are made, once, unchanged; the manifest last."""

import gzip
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from function.state import is_chunk_name
from partitioner.direct_output import DirectOutput
from partitioner.exits import Refused
from partitioner.following import find_followed
from partitioner.manifest import ManifestChunk, decode_manifest, read_manifest
from partitioner.places import Place
from partitioner.storage import Bucket, make_client
from partitioner.upload_record import read_upload_record
from partitioner.work import Work
from tests.fakes.cloud import Cloud, make_chunk
from tests.fakes.exports import AS_OF, ndjson, record, records, tree, write_varied_export
from tests.fakes.splitting import Ran, run_split, split_to

SMALL = ["--records-per-chunk", "50", "--batch-records", "20"]


def split_up(cloud: Cloud, folder: Path, *arguments: str | Path) -> Ran:
    target = f"gs://{cloud.chunks}/day"
    return run_split(*arguments, *SMALL, "--output", target, "--work", folder, "--as-of", AS_OF)


def manifest_name(cloud: Cloud) -> str:
    (name,) = [name for name in cloud.names() if name.startswith("day/_manifests/")]
    return name


@pytest.mark.parametrize("keep", [[], ["--keep-copies"]])
def test_the_bucket_holds_what_a_folder_would(cloud: Cloud, tmp_path: Path, keep: list[str]) -> None:
    """Chunks byte for byte, and the manifest; here stay the rejected records, and no chunk."""
    export = write_varied_export(tmp_path / "export", 1_000)
    split_to(tmp_path / "out", export, *SMALL, *keep)
    ran = split_up(cloud, tmp_path / "work", export, *keep)
    assert ran.exit_code == 0, ran.err
    manifest = read_manifest(tmp_path / "out")
    for chunk in manifest.chunks:
        assert cloud.get(f"day/{chunk.name}") == (tmp_path / "out" / chunk.name).read_bytes()
    assert decode_manifest(cloud.get(manifest_name(cloud))) == manifest
    assert len(cloud.names()) == len(manifest.chunks) + 1
    assert not list((tmp_path / "work").glob("*.gz"))
    kept, whole = tree(tmp_path / "work" / "_rejected"), tree(tmp_path / "out" / "_rejected")
    assert kept == whole != {}
    assert f"in gs://{cloud.chunks}/day" in ran.out
    assert f"kept in {tmp_path / 'work'}/_rejected" in ran.out


def test_the_manifest_comes_last(cloud: Cloud, tmp_path: Path) -> None:
    """Newer than every chunk."""
    export = write_varied_export(tmp_path / "export", 1_000)
    assert split_up(cloud, tmp_path / "work", export).exit_code == 0
    last = cloud.blob(manifest_name(cloud)).generation
    assert all(cloud.blob(name).generation < last for name in cloud.names() if name != manifest_name(cloud))


def test_its_folder_can_be_followed(cloud: Cloud, tmp_path: Path) -> None:
    """As one that was split and uploaded; the command to do so is printed."""
    export = write_varied_export(tmp_path / "export", 300)
    ran = split_up(cloud, tmp_path / "work", export)
    assert f"Next: python -m partitioner follow {tmp_path / 'work'} --state gs://STATE_BUCKET" in ran.out
    record = read_upload_record(tmp_path / "work")
    assert record is not None
    assert record.finished is not None
    assert record.manifest == f"gs://{cloud.chunks}/{manifest_name(cloud)}"
    followed = find_followed(str(tmp_path / "work"))
    assert {chunk.name for chunk in followed.chunks} == {
        name for name in cloud.names() if is_chunk_name(name)
    }


def test_by_default_the_rest_goes_into_a_folder_named_after_the_export(
    cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the current one."""
    (tmp_path / "shop.ndjson").write_bytes(ndjson(records(10)))
    monkeypatch.chdir(tmp_path)
    assert run_split("shop.ndjson", "--output", f"gs://{cloud.chunks}", "--as-of", AS_OF).exit_code == 0
    assert (tmp_path / "shop-split" / "_manifest.json").exists()


def test_done_again_it_has_nothing_to_do(cloud: Cloud, tmp_path: Path) -> None:
    """Nothing is uploaded a second time."""
    export = write_varied_export(tmp_path / "export", 500)
    assert split_up(cloud, tmp_path / "work", export).exit_code == 0
    before = {name: cloud.blob(name).generation for name in cloud.names()}
    ran = split_up(cloud, tmp_path / "work", export)
    assert ran.exit_code == 0
    assert "nothing was left to do" in ran.err
    assert {name: cloud.blob(name).generation for name in cloud.names()} == before


def test_what_is_there_with_the_same_checksum_stays(cloud: Cloud, tmp_path: Path) -> None:
    """Another run, which knows nothing of the first, leaves its chunks as they are."""
    export = write_varied_export(tmp_path / "export", 500)
    assert split_up(cloud, tmp_path / "work", export).exit_code == 0
    before = {name: cloud.blob(name).generation for name in cloud.names()}
    assert split_up(cloud, tmp_path / "another", export).exit_code == 0
    assert {name: cloud.blob(name).generation for name in cloud.names()} == before


def test_another_content_under_the_name_is_refused(cloud: Cloud, tmp_path: Path) -> None:
    """It stays as it is, and there is no manifest."""
    export = tmp_path / "a.ndjson"
    export.write_bytes(ndjson(records(120)))
    split_to(tmp_path / "out", export, *SMALL)
    name = f"day/{read_manifest(tmp_path / 'out').chunks[1].name}"
    cloud.put(name, b"other")
    ran = split_up(cloud, tmp_path / "work", export)
    assert ran.exit_code == 1
    assert name in ran.err
    assert cloud.get(name) == b"other"
    assert not [each for each in cloud.names() if "_manifests" in each]


@pytest.mark.parametrize("options", [["--windows", "7d,rest"], ["--canary"]])
def test_windows_and_canary_need_a_folder(cloud: Cloud, tmp_path: Path, options: list[str]) -> None:
    """The import would have begun before the newest records are known; upload is named."""
    (tmp_path / "a.ndjson").write_bytes(ndjson(records(5)))
    ran = split_up(cloud, tmp_path / "work", tmp_path / "a.ndjson", *options)
    assert ran.exit_code == 2
    assert f"python -m partitioner upload DIR gs://{cloud.chunks}/day" in ran.err.replace("\n", " ")
    assert cloud.names() == []


def test_a_folder_has_its_work_in_it(tmp_path: Path) -> None:
    """--work without a bucket is a mistake."""
    (tmp_path / "a.ndjson").write_bytes(ndjson(records(5)))
    ran = run_split(tmp_path / "a.ndjson", "--output", tmp_path / "out", "--work", tmp_path / "work")
    assert ran.exit_code == 2
    assert "--work is for --output gs://" in ran.err


def test_another_target_is_another_split(cloud: Cloud, tmp_path: Path) -> None:
    """The folder belongs to the first; nothing goes anywhere else."""
    export = write_varied_export(tmp_path / "export", 300)
    assert split_up(cloud, tmp_path / "work", export).exit_code == 0
    common: list[str | Path] = [export, *SMALL, "--work", tmp_path / "work", "--as-of", AS_OF]
    ran = run_split(*common, "--output", f"gs://{cloud.chunks}/night")
    assert ran.exit_code == 1
    assert f"its chunks went to gs://{cloud.chunks}/day, now to gs://{cloud.chunks}/night" in ran.err


def test_a_place_that_the_function_leaves_out(cloud: Cloud, tmp_path: Path) -> None:
    """Under a part that begins with _ nothing would be imported."""
    (tmp_path / "a.ndjson").write_bytes(ndjson(records(5)))
    ran = run_split(
        *(tmp_path / "a.ndjson", "--output", f"gs://{cloud.chunks}/_x", "--work", tmp_path / "work")
    )
    assert ran.exit_code == 1
    assert "begins with _" in ran.err
    assert cloud.names() == []


def test_a_bucket_that_is_not_there(tmp_path: Path, cloud: Cloud) -> None:
    """Exit 1, and no chunk is lost: with the right name they go up."""
    assert cloud
    (tmp_path / "a.ndjson").write_bytes(ndjson(records(5)))
    ran = run_split(*(tmp_path / "a.ndjson", "--output", "gs://no-such-bucket", "--work", tmp_path / "work"))
    assert ran.exit_code == 1
    assert "gs://no-such-bucket" in ran.err


def test_an_error_in_one_thread_ends_it(cloud: Cloud, tmp_path: Path) -> None:
    """Whoever waits for room, or for the end, is told."""
    work = Work(tmp_path, tmp_path / "_work")
    work.make()

    def written(number: int) -> ManifestChunk:
        data = gzip.compress(ndjson([record(number)]))
        chunk = make_chunk(f"a-{number}.ndjson.gz", data)
        (tmp_path / chunk.name).write_bytes(data)
        return chunk

    cloud.put("day/a-0.ndjson.gz", b"other")
    with Bucket(cloud.chunks, make_client()) as bucket:
        direct = DirectOutput(Place(cloud.chunks, "day/"), bucket)
        with pytest.raises(Refused, match=r"a-0\.ndjson\.gz"):  # noqa: PT012 (any of them may be the one)
            for number in range(50):
                direct.send(written(number), work)
            direct.finish()


@pytest.mark.slow
@pytest.mark.parametrize("keep", [[], ["--keep-copies"]])
def test_killed_at_any_moment_and_run_again_it_ends_as_if_never_killed(
    cloud: Cloud, tmp_path: Path, keep: list[str]
) -> None:
    """SIGKILL, then the same command: each chunk is there once, unchanged, and nothing else."""
    export = write_varied_export(tmp_path / "export", 20_000)
    options = ["--records-per-chunk", "1000", "--as-of", AS_OF, "--workers", "2", "--quiet", *keep]

    def start(prefix: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "partitioner", "split", str(export), *options]
        target = ["--output", f"gs://{cloud.chunks}/{prefix}", "--work", str(tmp_path / prefix)]
        return subprocess.Popen([*command, *target], env=os.environ | {"STORAGE_EMULATOR_HOST": cloud.url})

    assert start("whole").wait() == 0

    def there(prefix: str) -> dict[str, bytes]:
        names = [name for name in cloud.names() if name.startswith(f"{prefix}/")]
        return {name.removeprefix(f"{prefix}/"): cloud.get(name) for name in names}

    expected, killed = there("whole"), 0
    for number, chunks in enumerate((0, 1, 5, 10, 15)):
        process = start(f"killed-{number}")
        while process.poll() is None and len(there(f"killed-{number}")) < chunks:
            time.sleep(0.01)
        time.sleep(random.uniform(0, 0.2))
        alive = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
        process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
        psutil.wait_procs(alive, timeout=10)
        assert start(f"killed-{number}").wait() == 0
        assert there(f"killed-{number}") == expected
        assert json.loads((tmp_path / f"killed-{number}" / "_upload.json").read_bytes())["finished"]
    assert killed >= 3, "the moments came too late to prove anything"
