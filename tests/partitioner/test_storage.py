"""The bucket as the commands use it, over HTTP: what is an answer, what may pass, what the user must mend."""

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from function.errors import ObjectGone, PreconditionFailed, StorageUnavailable
from partitioner.storage import Bucket, make_client
from partitioner.stored import BucketRefused
from tests.fakes.cloud import Cloud, crc32c_of
from tests.fakes.faulty_proxy import faulty_proxy

pytestmark = pytest.mark.slow

CALLS: dict[str, Callable[[Bucket], Any]] = {
    "objects": lambda bucket: list(bucket.objects()),
    "folders": lambda bucket: bucket.folders("ledger/"),
    "stat": lambda bucket: bucket.stat("a"),
    "read": lambda bucket: bucket.read("a"),
    "create": lambda bucket: create(bucket, "new", b"new"),
    "copy": lambda bucket: bucket.copy_onto_itself("a", 1),
}


def create(bucket: Bucket, name: str, data: bytes) -> Any:
    return bucket.create(name, io.BytesIO(data), size=len(data), content_type="application/gzip")


@pytest.fixture
def bucket(cloud: Cloud) -> Iterator[Bucket]:
    with Bucket(cloud.chunks, make_client()) as opened:
        yield opened


def impatient(cloud: Cloud, seconds: float = 0.2) -> Bucket:
    return Bucket(cloud.chunks, make_client(), patience_seconds=seconds)


def test_objects(cloud: Cloud, bucket: Bucket) -> None:
    """In the order of names, narrowed by prefix and start, with all that an upload is compared by."""
    made = {name: cloud.put(name, name.encode()) for name in ("b/2", "a", "b/1", "b/3")}
    assert [stored.name for stored in bucket.objects()] == ["a", "b/1", "b/2", "b/3"]
    assert [stored.name for stored in bucket.objects("b/", start="b/2")] == ["b/2", "b/3"]
    (stored,) = bucket.objects("a")
    assert (stored.generation, stored.size, stored.crc32c) == (made["a"].generation, 1, crc32c_of(b"a"))
    assert stored == bucket.stat("a")


def test_folders(cloud: Cloud, bucket: Bucket) -> None:
    """What stands between the prefix and the next slash, once."""
    for name in ("ledger/eu-1/a.json", "ledger/us-1/a.json", "ledger/us-1/b/c.json", "other/d.json"):
        cloud.put(name, b"{}")
    assert bucket.folders("ledger/") == ["eu-1", "us-1"]
    assert bucket.folders("none/") == []


def test_what_is_not_there(cloud: Cloud, bucket: Bucket) -> None:
    """An answer like any other."""
    assert bucket.stat("none") is None
    assert bucket.read("none") is None
    assert list(bucket.objects("none")) == []


def test_creates_only(cloud: Cloud, bucket: Bucket) -> None:
    """What is there stays as it is."""
    stored = create(bucket, "a", b"first")
    assert stored == bucket.stat("a")
    with pytest.raises(PreconditionFailed):
        create(bucket, "a", b"second")
    assert bucket.read("a") == b"first"


def test_a_copy_onto_itself(cloud: Cloud, bucket: Bucket) -> None:
    """A newer generation of the same bytes, with the object's own headers."""
    blob = cloud.client.bucket(cloud.chunks).blob("a")
    blob.content_encoding = "gzip"
    blob.metadata = {"made-by": "somebody"}
    blob.upload_from_string(b"not really", content_type="application/x-ndjson")
    generation = bucket.copy_onto_itself("a", blob.generation)
    assert generation > blob.generation
    copy = cloud.blob("a")
    assert (copy.generation, copy.content_type, copy.content_encoding) == (
        generation,
        "application/x-ndjson",
        "gzip",
    )
    assert bucket.read("a") == b"not really"


def test_a_copy_of_what_has_gone(cloud: Cloud, bucket: Bucket) -> None:
    """Another generation is live, or none."""
    generation = cloud.put("a", b"first").generation
    cloud.put("a", b"second")
    with pytest.raises(ObjectGone):
        bucket.copy_onto_itself("a", generation)
    with pytest.raises(ObjectGone):
        bucket.copy_onto_itself("none", 1)
    assert bucket.read("a") == b"second"


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("fault", ["503", "429", "500", "reset"])
def test_may_pass(cloud: Cloud, monkeypatch: pytest.MonkeyPatch, call: str, fault: str) -> None:
    """Tried again for as long as patience lasts, and then still not the user's fault."""
    cloud.put("a", b"a")
    with faulty_proxy(cloud.url, [fault] * 50) as proxy:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", proxy.url)
        with pytest.raises(StorageUnavailable, match=f"gs://{cloud.chunks}"), impatient(cloud) as bucket:
            CALLS[call](bucket)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(("fault", "fix"), [("403", "roles/storage.objectUser"), ("400", "")])
def test_will_not_pass(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, call: str, fault: str, fix: str
) -> None:
    """Said at once, with the bucket, and with the role that is missing."""
    assert fix in refusal(cloud, monkeypatch, call, fault)


def test_credentials_that_are_not_taken(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """How to get others is said."""
    assert "gcloud auth application-default login" in refusal(cloud, monkeypatch, "stat", "401")


def refusal(cloud: Cloud, monkeypatch: pytest.MonkeyPatch, call: str, fault: str) -> str:
    with faulty_proxy(cloud.url, [fault]) as proxy:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", proxy.url)
        with pytest.raises(BucketRefused, match=f"gs://{cloud.chunks}") as caught, impatient(cloud) as bucket:
            CALLS[call](bucket)
        assert proxy.script == []
    return str(caught.value)


def test_tells_why_it_tries_again(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody should wait without knowing for what."""
    told: list[str] = []
    with faulty_proxy(cloud.url, ["503", "reset"]) as proxy:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", proxy.url)
        with Bucket(cloud.chunks, make_client(), on_retry=told.append) as bucket:
            assert bucket.stat("none") is None
    assert len(told) == 2
    assert all(cloud.chunks in sentence for sentence in told)


def test_no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command that gets them is named."""
    monkeypatch.delenv("STORAGE_EMULATOR_HOST", raising=False)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere.json")
    with pytest.raises(BucketRefused, match="gcloud auth application-default login"):
        make_client()
