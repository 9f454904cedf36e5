"""The same rows in every format, compression and place make the same chunks, byte for byte."""

import bz2
import csv
import gzip
import io
import itertools
import json
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from moto.moto_server.threaded_moto_server import ThreadedMotoServer

from local.bucket import BucketServer
from partitioner.inputs.export import find_export
from partitioner.inputs.opener import Opener
from partitioner.inputs.remote import close_clients
from partitioner.jobs import Recipe
from partitioner.planner import Planner
from partitioner.segments import Limits, Place
from partitioner.shape.options import shape_of
from partitioner.sources import Stdin
from partitioner.work import Work
from partitioner.write import write_chunk

ROWS: list[dict[str, Any]] = [
    {
        "name": ("home", "Über uns", 'say "hi", now\nplease')[number % 3],
        "at": f"2024-03-13 10:{number // 60 % 60:02}:{number % 60:02}",
        "user": f"user-{number % 17}",
        "count": number * 1_000_003,
        "note": "" if number % 5 else "a,b;c\td",
    }
    for number in range(1_000)
]
COLUMNS = list(ROWS[0])
SHAPE = shape_of(("event=name", "time=at", "distinct_id=user"), None, None, "UTC", ())
ROWS_PER_CHUNK = 300
NUMBERS = itertools.count(1)


def ndjson() -> bytes:
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in ROWS)


def json_array() -> bytes:
    return json.dumps(ROWS, indent=2).encode()


def delimited(delimiter: str) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, delimiter=delimiter, quoting=csv.QUOTE_NONNUMERIC)
    writer.writeheader()
    writer.writerows(ROWS)
    return text.getvalue().encode()


def parquet() -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(ROWS), file, row_group_size=170)
    return file.getvalue()


def avro() -> bytes:
    file = io.BytesIO()
    fields = [{"name": name, "type": "long" if name == "count" else "string"} for name in COLUMNS]
    fastavro.writer(file, {"type": "record", "name": "row", "fields": fields}, ROWS, sync_interval=3_000)
    return file.getvalue()


FORMATS: dict[str, Callable[[], bytes]] = {
    "ndjson": ndjson,
    "array": json_array,
    "csv": lambda: delimited(","),
    "tsv": lambda: delimited("\t"),
    "parquet": parquet,
    "avro": avro,
}


def tar(data: bytes, mode: str = "w") -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as archive:  # type: ignore[call-overload]
        about = tarfile.TarInfo("folder/rows")
        about.size = len(data)
        archive.addfile(about, io.BytesIO(data))
    return file.getvalue()


def zipped(data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("folder/rows.gz", gzip.compress(data, 1))
    return file.getvalue()


COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "plain": lambda data: data,
    "gzip": lambda data: gzip.compress(data[:20_000]) + gzip.compress(data[20_000:]),
    "zstd": lambda data: zstandard.compress(data[:20_000]) + zstandard.compress(data[20_000:]),
    "bzip2": bz2.compress,
    "gzip in zip": zipped,
    "tar": tar,
    "tar in bzip2": lambda data: tar(data, "w:bz2"),
}


class Places:
    """Where an export may lie: each takes its bytes and says how it is named, and what stdin holds."""

    def __init__(self, folder: Path, gs: BucketServer) -> None:
        self._folder, self._gs = folder, gs
        self._gs.create("matrix")
        self._s3 = boto3.session.Session().client("s3")
        self._s3.create_bucket(Bucket="matrix")

    def put(self, place: str, data: bytes) -> tuple[str, bytes]:
        name = f"rows-{next(NUMBERS)}"
        match place:
            case "stdin":
                return "-", data
            case "gs":
                self._gs.write("matrix", name, data)
            case "s3":
                self._s3.put_object(Bucket="matrix", Key=name, Body=data)
            case _:
                (self._folder / name).write_bytes(data)
                return str(self._folder / name), b""
        return f"{place}://matrix/{name}", b""

    def close(self) -> None:
        self._s3.close()


@pytest.fixture(scope="module")
def places(server: BucketServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("STORAGE_EMULATOR_HOST", server.url)
        environment.setenv("AWS_ENDPOINT_URL_S3", f"http://{host}:{port}")
        environment.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        environment.setenv("AWS_ACCESS_KEY_ID", "none")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "none")
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        made = Places(tmp_path_factory.mktemp("exports"), server)
        yield made
        made.close()
        close_clients()
    moto.stop()


def chunks_of(export: str, stdin: bytes, folder: Path) -> dict[str, bytes]:
    """By name, as the planner and one worker make them."""
    source = Stdin(io.BytesIO(stdin))
    found, shape, _ = find_export([export], source, Path("/nowhere"), SHAPE)
    recipe = Recipe("rows", 1_711_000_000, ROWS_PER_CHUNK, 10_000_000, 200, 2_000_000, keep_copies=False)
    recipe = Recipe(**{name: getattr(recipe, name) for name in recipe.__struct_fields__} | {"shape": shape})
    work = Work(folder, folder / "_work")
    work.make()
    limits = Limits(ROWS_PER_CHUNK, 10_000_000)
    planner = Planner(found.sources, Opener(source, work.folder), limits, work.spool)
    finished = [write_chunk(segment, recipe, work) for segment in planner.segments(Place(), 1)]
    assert sum(each.rejected for each in finished) == 0, [each.reasons for each in finished]
    return {
        each.chunk.name: (folder / each.chunk.name).read_bytes()
        for each in finished
        if each.chunk is not None
    }


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    path = tmp_path_factory.mktemp("expected") / "rows.ndjson"
    path.write_bytes(ndjson())
    chunks = chunks_of(str(path), b"", tmp_path_factory.mktemp("chunks"))
    lines = [json.loads(line) for data in chunks.values() for line in gzip.decompress(data).splitlines()]
    assert len(chunks) == 4
    assert [line["event"] for line in lines] == [row["name"] for row in ROWS]
    assert [line["properties"]["count"] for line in lines] == [row["count"] for row in ROWS]
    return chunks


@pytest.mark.parametrize("place", ["file", "stdin", "gs", "s3"])
@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("form", FORMATS)
def test_the_chunks_are_equal(
    form: str, compression: str, place: str, places: Places, expected: dict[str, bytes], tmp_path: Path
) -> None:
    export, stdin = places.put(place, COMPRESSIONS[compression](FORMATS[form]()))
    assert chunks_of(export, stdin, tmp_path) == expected
