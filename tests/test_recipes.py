"""Every command of docs/recipes.md is run here, on rows in the vendors' own shapes, from where they lie."""

import gzip
import json
import os
import re
import shlex
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from moto.moto_server.threaded_moto_server import ThreadedMotoServer

from local.stack import CHUNKS_BUCKET, STATE_BUCKET, Stack, stack
from partitioner.manifest import read_manifest
from tests.end_to_end.chunks import stored_lines

ROOT = Path(__file__).parent.parent
RECIPES = ROOT / "docs" / "recipes.md"
PRESETS = ROOT / "tests" / "data" / "presets"
EXPORT = ROOT / "tests" / "data" / "ecom.ndjson.gz"
AWS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_DEFAULT_REGION": "us-east-1"}


def commands(title: str) -> list[str]:
    """Those below a heading."""
    _, _, rest = RECIPES.read_text().partition(f"\n## {title}\n")
    assert rest, f"there is no recipe {title!r}"
    section = rest.partition("\n## ")[0]
    blocks = re.findall(r"^```console\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    return [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]


def run(folder: Path, command: str, environ: dict[str, str] | None = None) -> str:
    """In `folder`, as a user would, but for the names in capitals. Fails where the command does."""
    for name, place in {
        "gs://CHUNKS_BUCKET": f"gs://{CHUNKS_BUCKET}",
        "gs://STATE_BUCKET": f"gs://{STATE_BUCKET}",
        "gs://EXPORTS": "gs://exports",
        "s3://SEGMENT_BUCKET": "s3://segment",
    }.items():
        command = command.replace(name, place)
    words = [sys.executable if word == ".venv/bin/python" else word for word in shlex.split(command)]
    done = subprocess.run(
        words,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **(environ or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def records_of(chunks: Path) -> list[dict[str, Any]]:
    names = [chunk.name for chunk in read_manifest(chunks).chunks]
    return [json.loads(line) for name in names for line in gzip.open(chunks / name)]


def without_additions(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for record in records:
        for name in ("$insert_id", "ip"):
            record["properties"].pop(name, None)
    return records


def golden(preset: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (PRESETS / preset / "golden.ndjson").read_bytes().splitlines()]


def input_lines(preset: str) -> list[bytes]:
    return (PRESETS / preset / "input.ndjson").read_bytes().splitlines(keepends=True)


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with stack(tmp_path_factory.mktemp("stack")) as running:
        running.bucket.create("exports")
        yield running


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """Its address. It ends with the test run."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def test_every_recipe_has_a_test() -> None:
    tested = re.findall(r'commands\("(.*?)"\)', Path(__file__).read_text())
    assert re.findall(r"^## (.*)", RECIPES.read_text(), re.MULTILINE) == tested


@pytest.mark.slow
def test_amplitude(tmp_path: Path) -> None:
    """The zip of gzipped lines that the Export API gives, several files in it."""
    (command,) = commands("Amplitude")
    lines = input_lines("amplitude")
    with zipfile.ZipFile(tmp_path / "amplitude-export.zip", "w") as archive:
        for hour in range(2):
            name = f"123456/123456_2024-03-13_{hour}#0.json.gz"
            archive.writestr(name, gzip.compress(b"".join(lines[hour::2])))
    assert "looks like an export of amplitude" in run(tmp_path, command)
    got = without_additions(records_of(tmp_path / "chunks" / "amplitude"))
    expected = without_additions(golden("amplitude"))
    assert sorted(map(json.dumps, got)) == sorted(map(json.dumps, expected))


@pytest.mark.slow
def test_ga4_from_bigquery(up: Stack, tmp_path: Path) -> None:
    """Parquet files in a bucket."""
    (command,) = commands("GA4 from BigQuery")
    rows = [_as_bigquery_has_it(json.loads(line)) for line in input_lines("ga4")]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "rows.parquet")
    up.bucket.write("exports", "ga4/20240313-000000000000.parquet", (tmp_path / "rows.parquet").read_bytes())
    run(tmp_path, command, up.bucket.environ)
    got = records_of(tmp_path / "chunks" / "ga4")
    assert [record["event"] for record in got] == [record["event"] for record in golden("ga4")]


def _as_bigquery_has_it(value: Any, name: str = "") -> Any:
    """64-bit integers are text in JSON alone."""
    if isinstance(value, dict):
        return {key: _as_bigquery_has_it(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [_as_bigquery_has_it(each) for each in value]
    if isinstance(value, str) and name.endswith(("_timestamp", "int_value", "_offset", "sequence_id")):
        return int(value)
    return value


@pytest.mark.slow
def test_segments_bucket(s3: str, tmp_path: Path) -> None:
    """Gzipped lines in S3."""
    (command,) = commands("Segment's bucket")
    environ = {**AWS, "AWS_ENDPOINT_URL": s3}
    client = boto3.client(
        "s3",
        endpoint_url=s3,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )
    client.create_bucket(Bucket="segment")
    body = gzip.compress(b"".join(input_lines("segment")))
    client.put_object(Bucket="segment", Key="segment-logs/SOURCE/1710288000000/1.gz", Body=body)
    client.close()
    said = run(tmp_path, command, environ)
    assert "set aside" in said
    assert without_additions(records_of(tmp_path / "chunks" / "segment")) == without_additions(
        golden("segment")
    )


@pytest.mark.slow
def test_a_warehouse_table(tmp_path: Path) -> None:
    """Nested columns, decimals and times without a zone."""
    (command,) = commands("A warehouse table as Parquet")
    rows = [
        {
            "name": "order",
            "created_at": f"2024-03-13 10:21:{second:02}",
            "customer": {"id": f"c{second}", "plan": "free"},
            "event_uuid": f"00000000-0000-4000-8000-{second:012}",
            "total": second + 0.5,
        }
        for second in range(60)
    ]
    (tmp_path / "warehouse").mkdir()
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "warehouse" / "part-0.parquet")
    run(tmp_path, command)
    got = records_of(tmp_path / "chunks" / "warehouse")
    assert len(got) == 60
    assert got[1] == {
        "event": "order",
        "properties": {
            "time": 1_710_325_261,
            "distinct_id": "c1",
            "$insert_id": "00000000-0000-4000-8000-000000000001",
            "customer": {"plan": "free"},
            "total": 1.5,
            "ip": 0,
        },
    }


@pytest.mark.slow
def test_another_project(tmp_path: Path) -> None:
    """Lines of the raw export."""
    (command,) = commands("Another Mixpanel project")
    (tmp_path / "events.ndjson").write_bytes(b"".join(input_lines("mixpanel")))
    run(tmp_path, command)
    assert without_additions(records_of(tmp_path / "chunks" / "project")) == without_additions(
        golden("mixpanel")
    )


@pytest.mark.slow
def test_a_daily_job(up: Stack, tmp_path: Path) -> None:
    """From a folder of a bucket to Mixpanel's records, by three commands."""
    up.bucket.write("exports", "daily/2024-03-13/events.ndjson.gz", EXPORT.read_bytes())
    for command in commands("A daily job"):
        run(tmp_path, command, up.bucket.environ)
    assert len(stored_lines(up)) == 31_076
