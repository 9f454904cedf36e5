"""The bucket server as the rest relies on it, through the real google-cloud-storage client."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.api_core.exceptions import PreconditionFailed
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

from local.bucket import BucketServer, bucket_server
from local.processes import free_port


def client_of(server: BucketServer) -> Any:
    return storage.Client(
        project="local",
        credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
        client_options={"api_endpoint": server.url},
    )


@pytest.fixture
def server(tmp_path: Path) -> Iterator[BucketServer]:
    with bucket_server(tmp_path / "objects") as started:
        yield started


def test_create_only_and_compare_and_set(server: BucketServer) -> None:
    """A second create-only write, and a write against another generation, are refused."""
    blob = client_of(server).bucket("state").blob("ledger/one.json")
    blob.upload_from_string(b"one", if_generation_match=0)
    with pytest.raises(PreconditionFailed):
        blob.upload_from_string(b"two", if_generation_match=0)
    first = blob.generation
    blob.upload_from_string(b"two", if_generation_match=first)
    with pytest.raises(PreconditionFailed):
        blob.upload_from_string(b"three", if_generation_match=first)
    assert blob.download_as_bytes() == b"two"


def test_ranges_of_a_pinned_generation(server: BucketServer) -> None:
    """A ranged raw read gives exactly those bytes."""
    blob = client_of(server).bucket("chunks").blob("a.ndjson.gz")
    blob.upload_from_string(bytes(range(256)) * 100)
    pinned = client_of(server).bucket("chunks").blob("a.ndjson.gz", generation=blob.generation)
    assert pinned.download_as_bytes(start=10, end=19, raw_download=True, checksum=None) == bytes(
        range(10, 20)
    )


def test_objects_outlive_the_server(tmp_path: Path) -> None:
    """Killed and started again on the same folder and port: contents and generation are as they were."""
    port = free_port()
    with bucket_server(tmp_path / "objects", port=port) as server:
        blob = client_of(server).bucket("state").blob("kept")
        blob.upload_from_string(b"kept")
        server.process.kill()
    with bucket_server(tmp_path / "objects", port=port) as server:
        again = client_of(server).bucket("state").get_blob("kept")
        assert again is not None
        assert (again.generation, again.download_as_bytes()) == (blob.generation, b"kept")


def test_large_uploads_by_the_environment_alone(
    server: BucketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """STORAGE_EMULATOR_HOST is enough for the client, also for an upload in several requests."""
    for name, value in server.environ.items():
        monkeypatch.setenv(name, value)
    client: Any = storage.Client()  # type: ignore[no-untyped-call]
    blob = client.bucket("chunks").blob("large")
    content = b"0123456789abcdef" * (1 << 20)
    blob.upload_from_string(content)
    assert blob.download_as_bytes(raw_download=True) == content
    assert [found.name for found in client.list_blobs("chunks")] == ["large"]
