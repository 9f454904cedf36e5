"""GoogleBucket against a real server: every answer in the terms of Bucket, every call ended in time."""

# mypy: allow-untyped-calls
# The client's calls have no types.

import base64
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime

import google_crc32c
import pytest

from function.errors import ObjectGone, PreconditionFailed, StorageUnavailable
from function.storage import Bucket, GoogleBucket, LazyClient
from local.bucket import bucket_server
from tests.fakes.memory_bucket import MemoryBucket

SECONDS = 10.0


@pytest.fixture(scope="module")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with bucket_server(tmp_path_factory.mktemp("buckets"), buckets=("chunks",)) as server:
        yield server.url


@pytest.fixture
def google_bucket(server_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[GoogleBucket]:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", server_url)
    connect = LazyClient()
    yield GoogleBucket("chunks", connect)
    connect().close()


@pytest.fixture(params=["server", "memory"])
def bucket(request: pytest.FixtureRequest) -> Bucket:
    """The bucket in memory must do as the server does wherever the server does as the cloud."""
    if request.param == "memory":
        return MemoryBucket("chunks")
    chosen: GoogleBucket = request.getfixturevalue("google_bucket")
    return chosen


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    return f"folder/{request.node.name}.json"


def put(bucket: Bucket, name: str, data: bytes, if_generation: int | None = None) -> int:
    return bucket.write(name, data, if_generation=if_generation, timeout_seconds=SECONDS)


def test_what_is_not_there_is_none(bucket: Bucket, name: str) -> None:
    """A missing object is an answer, and deleting it is fine."""
    assert bucket.stat(name, timeout_seconds=SECONDS) is None
    assert bucket.read(name, timeout_seconds=SECONDS) is None
    bucket.delete(name, timeout_seconds=SECONDS)


def test_reads_what_was_written(bucket: Bucket, name: str) -> None:
    """Content, generation, size and checksum come back."""
    generation = put(bucket, name, b"hello")
    stat = bucket.stat(name, timeout_seconds=SECONDS)
    assert bucket.read(name, timeout_seconds=SECONDS) == (b"hello", generation)
    assert stat is not None
    assert (stat.generation, stat.size, stat.custom_time) == (generation, 5, None)
    assert base64.b64decode(stat.crc32c) == google_crc32c.value(b"hello").to_bytes(4, "big")


def test_create_only_needs_nothing_there(bucket: Bucket, name: str) -> None:
    """Generation 0 creates once; the loser is told."""
    put(bucket, name, b"first", 0)
    with pytest.raises(PreconditionFailed):
        put(bucket, name, b"second", 0)
    found = bucket.read(name, timeout_seconds=SECONDS)
    assert found is not None
    assert found[0] == b"first"


def test_compare_and_set_needs_that_generation(bucket: Bucket, name: str) -> None:
    """A write on a generation that is no more changes nothing."""
    first = put(bucket, name, b"first", 0)
    second = put(bucket, name, b"second", first)
    assert second > first
    with pytest.raises(PreconditionFailed):
        put(bucket, name, b"third", first)
    assert bucket.read(name, timeout_seconds=SECONDS) == (b"second", second)


def test_a_conditional_write_needs_the_object(bucket: Bucket, name: str) -> None:
    """Compare-and-set on a deleted object fails as on a changed one."""
    generation = put(bucket, name, b"first", 0)
    bucket.delete(name, timeout_seconds=SECONDS)
    with pytest.raises(PreconditionFailed):
        put(bucket, name, b"second", generation)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [(0, 4, b"0123"), (4, 6, b"45"), (8, 99, b"89"), (10, 12, b""), (3, 3, b"")],
)
def test_reads_ranges_short_only_at_the_end(
    bucket: Bucket, name: str, start: int, end: int, expected: bytes
) -> None:
    """Half-open ranges of stored bytes."""
    generation = put(bucket, name, b"0123456789")
    assert bucket.read_range(name, generation, start, end, timeout_seconds=SECONDS) == expected


def test_a_pinned_read_of_what_was_overwritten_is_gone(bucket: Bucket, name: str) -> None:
    """Never the bytes of another generation."""
    old = put(bucket, name, b"old")
    put(bucket, name, b"new")
    with pytest.raises(ObjectGone):
        bucket.read_range(name, old, 0, 3, timeout_seconds=SECONDS)


def test_custom_time_is_set(bucket: Bucket, name: str) -> None:
    """To the microsecond."""
    at = datetime(2026, 8, 1, 12, 0, 0, 123456, UTC)
    generation = put(bucket, name, b"x")
    bucket.set_custom_time(name, generation, at, timeout_seconds=SECONDS)
    stat = bucket.stat(name, timeout_seconds=SECONDS)
    assert stat is not None
    assert stat.custom_time == at


def test_custom_time_of_a_missing_object_is_gone(bucket: Bucket, name: str) -> None:
    with pytest.raises(ObjectGone):
        bucket.set_custom_time(name, 17, datetime.now(UTC), timeout_seconds=SECONDS)


def test_lists_names_under_a_prefix(bucket: Bucket) -> None:
    """Full names, whatever their depth."""
    for name in ("list/a/1", "list/a/2/3", "list/b"):
        put(bucket, name, b"x")
    assert sorted(bucket.list_names("list/a/", timeout_seconds=SECONDS)) == ["list/a/1", "list/a/2/3"]


def test_gzip_is_read_as_stored(google_bucket: GoogleBucket, name: str) -> None:
    """An upload with Content-Encoding: gzip is not decompressed on its way."""
    stored = b"\x1f\x8b stored bytes, not even gzip"
    blob = google_bucket._blob(name)
    blob.content_encoding = "gzip"
    blob.upload_from_string(stored)
    generation = int(blob.generation)
    assert google_bucket.read_range(name, generation, 0, 99, timeout_seconds=SECONDS) == stored
    assert google_bucket.read(name, timeout_seconds=SECONDS) == (stored, generation)


def test_of_racing_creates_one_wins(google_bucket: GoogleBucket, name: str) -> None:
    """32 threads on one client, which has a connection for each of them."""

    def create(number: int) -> bool:
        try:
            put(google_bucket, name, b"%d" % number, 0)
        except PreconditionFailed:
            return False
        return True

    with ThreadPoolExecutor(32) as pool:
        assert sum(pool.map(create, range(32))) == 1


def test_the_client_is_made_when_first_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Import and construction touch nothing: the worker is forked after them."""
    connect = LazyClient()
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "http://127.0.0.1:1")
    with closing(connect()) as client:
        assert connect() is client
        assert client._http.get_adapter("https://storage.googleapis.com")._pool_maxsize >= 32


def test_no_bucket_is_unavailable(google_bucket: GoogleBucket) -> None:
    """A write into a bucket that doesn't exist names bucket and object."""
    nowhere = GoogleBucket("nowhere", google_bucket._connect)
    with pytest.raises(StorageUnavailable, match="gs://nowhere/a"):
        nowhere.write("a", b"x", if_generation=0, timeout_seconds=SECONDS)
