"""Exports in buckets, over HTTP, from servers that speak as Google's and Amazon's do."""

import io
import itertools
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto.moto_server.threaded_moto_server import ThreadedMotoServer

from function.errors import StorageUnavailable
from local.bucket import BucketServer
from partitioner.exits import Refused, TryAgain
from partitioner.inputs.ranged import FIRST_BYTES
from partitioner.inputs.remote import (
    RemoteFile,
    close_clients,
    file_at,
    is_remote,
    list_remote,
    location_of,
    open_remote,
)
from tests.fakes.faulty_proxy import faulty_proxy
from tests.torture_real.tcp_proxy import Network, network

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.slow

NUMBERS = itertools.count(1)
CONTENT = random.Random(7).randbytes(3_000_001)
GS_SERVER, S3_SERVER = "STORAGE_EMULATOR_HOST", "AWS_ENDPOINT_URL"


@dataclass
class Store:
    """A bucket of either kind. `write` replaces; `goes_by` sends what is read through another address."""

    scheme: str
    server: str
    bucket: str
    write: Callable[[str, bytes], Any]
    delete: Callable[[str], Any]
    variable: str
    environment: pytest.MonkeyPatch

    def url(self, name: str = "") -> str:
        return f"{self.scheme}{self.bucket}/{name}"

    def names(self, pattern: str) -> list[str]:
        return [each.url.removeprefix(self.url()) for each in list_remote(self.url(pattern))]

    def only(self, name: str) -> RemoteFile:
        (file,) = list_remote(self.url(name))
        return file

    def goes_by(self, server: str) -> None:
        close_clients()
        self.environment.setenv(self.variable, server)


@pytest.fixture(scope="module")
def s3_server() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(s3_server: str, tmp_path: Path) -> Iterator[Store]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(S3_SERVER, s3_server)
        environment.setenv("AWS_ACCESS_KEY_ID", "none")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "none")
        environment.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
        environment.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
        environment.setenv("AWS_EC2_METADATA_DISABLED", "true")
        for variable in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"):
            environment.delenv(variable, raising=False)
        client: S3Client = boto3.session.Session().client("s3")
        bucket = f"exports-{next(NUMBERS)}"
        client.create_bucket(Bucket=bucket)
        yield Store(
            "s3://",
            s3_server,
            bucket,
            lambda name, data: client.put_object(Bucket=bucket, Key=name, Body=data),
            lambda name: client.delete_object(Bucket=bucket, Key=name),
            S3_SERVER,
            environment,
        )
        client.close()
        close_clients()


@pytest.fixture
def gs(server: BucketServer) -> Iterator[Store]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(GS_SERVER, server.url)
        bucket = f"exports-{next(NUMBERS)}"
        server.create(bucket)
        yield Store(
            "gs://",
            server.url,
            bucket,
            lambda name, data: server.write(bucket, name, data),
            lambda name: server.delete(bucket, name),
            GS_SERVER,
            environment,
        )
        close_clients()


@pytest.fixture(params=["gs", "s3"])
def store(request: pytest.FixtureRequest) -> Store:
    made: Store = request.getfixturevalue(request.param)
    return made


@pytest.fixture
def wires() -> Iterator[Network]:
    with network() as made:
        yield made


def fill(store: Store, *names: str) -> None:
    for name in names:
        store.write(name, name.encode())


def test_one_object(store: Store) -> None:
    """By its name alone, with its size, whatever else begins so."""
    fill(store, "a", "a.json", "ab/c")
    file = store.only("a")
    assert (file.url, file.size) == (store.url("a"), 1)
    assert file.version


def test_an_object_whose_name_looks_like_a_pattern(store: Store) -> None:
    """Is that object, as a path on the disk would be."""
    fill(store, "a[1]*.json", "a1.json")
    assert store.names("a[1]*.json") == ["a[1]*.json"]
    assert store.names("a[1].json") == ["a1.json"]


@pytest.mark.parametrize("name", ["day", "day/"])
def test_a_folder(store: Store, name: str) -> None:
    """All below it, sorted, and not what only begins alike."""
    fill(store, "day/2", "day/1", "day/more/3", "day-before/1", "days")
    store.write("day/nothing", b"")
    assert store.names(name) == ["day/1", "day/2", "day/more/3", "day/nothing"]


def test_markers_of_folders(s3: Store) -> None:
    """Are left out; the bucket server for gs:// has folders of its own instead."""
    fill(s3, "day/1", "day", "day/full/")
    for marker in ("day/", "day/empty/", "day/empty_$folder$"):
        s3.write(marker, b"")
    assert s3.names("day") == ["day"]
    assert s3.names("day/") == ["day/1", "day/full/"]
    assert s3.names("d*") == ["day", "day/1", "day/full/"]


@pytest.mark.parametrize("end", ["", "/"])
def test_a_whole_bucket(store: Store, end: str) -> None:
    """With or without the slash."""
    fill(store, "b/1", "a")
    found = list_remote(f"{store.scheme}{store.bucket}{end}")
    assert [each.url for each in found] == [store.url("a"), store.url("b/1")]


def test_more_than_a_page(s3: Store) -> None:
    """A listing goes on behind the 1,000 objects that one answer holds."""
    names = [f"many/{number:04}" for number in range(1_003)]
    fill(s3, *reversed(names))
    assert s3.names("many/") == names
    assert s3.names("many/1*") == names[1_000:]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.json", ["a.json", "b.json"]),
        ("[!b].json", ["a.json"]),
        ("?.json", ["a.json", "b.json"]),
        ("x/*.json", ["x/c.json"]),
        ("**.json", ["a.json", "b.json", "x/c.json", "x/y/d.json"]),
        ("**/*.json", ["a.json", "b.json", "x/c.json", "x/y/d.json"]),
        ("x/**/[a-d].json", ["x/c.json", "x/y/d.json"]),
        ("x?y/*", []),
        ("x/y*", ["x/y/d.json", "x/y/e.csv", "x/yz"]),
        ("*/y/", ["x/y/d.json", "x/y/e.csv"]),
        ("[x]/c.json", ["x/c.json"]),
        ("[.json", []),
        ("*json", ["a.json", "b.json"]),
    ],
)
def test_patterns(store: Store, pattern: str, expected: list[str]) -> None:
    """As for files on the disk: a folder that matches means all below it."""
    fill(store, "a.json", "b.json", "x/c.json", "x/y/d.json", "x/y/e.csv", "x/yz")
    if expected:
        assert store.names(pattern) == expected
    else:
        with pytest.raises(Refused, match="nothing in the bucket"):
            store.names(pattern)


def test_odd_names(store: Store) -> None:
    """What means something in other URLs is only a letter here, down to the last byte read."""
    names = ["a b+c%20&d=e#f?g", "é/Ω 💡", "quote\"'", "s3:#1#2"]
    fill(store, *names)
    assert store.names("") == sorted(names)
    for name in names:
        with open_remote(file_at(location_of(store.only(name)))) as file:
            assert file.read() == name.encode()


@given(name=st.text(), size=st.integers(0), version=st.text(), scheme=st.sampled_from(["gs://", "s3://"]))
def test_locations(name: str, size: int, version: str, scheme: str) -> None:
    """A location holds all of a file, and says itself that it lies in a bucket."""
    file = RemoteFile(f"{scheme}bucket/{name}", size, version)
    assert file_at(location_of(file)) == file
    assert is_remote(location_of(file))


def test_what_is_remote() -> None:
    """Only what begins like it."""
    assert is_remote("gs://a")
    assert is_remote("s3://a/b")
    assert not is_remote("data/gs://a")
    assert not is_remote("gs:/a")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(data=st.data())
def test_reads_what_is_stored(store: Store, data: st.DataObject) -> None:
    """From any place, in any order, exactly as a file on the disk."""
    size = data.draw(st.sampled_from([0, 1, FIRST_BYTES, FIRST_BYTES + 1, len(CONTENT)]))
    store.write("a", CONTENT[:size])
    places = st.integers(0, size + 10)
    steps = data.draw(st.lists(st.tuples(st.sampled_from(["set", "end", "on"]), places, places), max_size=12))
    expected, start = io.BytesIO(CONTENT[:size]), data.draw(places)
    expected.seek(start)
    with open_remote(store.only("a"), start) as file:
        assert file.seekable()
        assert not file.writable()
        for step, place, count in steps:
            if step == "set":
                assert file.seek(place) == expected.seek(place)
            elif step == "end":
                assert file.seek(-min(place, size), io.SEEK_END) == expected.seek(
                    -min(place, size), io.SEEK_END
                )
            assert file.read(count) == expected.read(count)
            assert file.tell() == expected.tell()


@pytest.mark.parametrize("break_after_bytes", [100_000, 900_000])
def test_broken_connections(store: Store, wires: Network, break_after_bytes: int) -> None:
    """What has come is kept and the rest asked for: nothing is lost, nothing comes twice."""
    store.write("a", CONTENT)
    remote = store.only("a")
    link = wires.link(urlsplit(store.server).port or 0)
    link.break_after(lambda: break_after_bytes)
    store.goes_by(f"http://127.0.0.1:{link.port}")
    with open_remote(remote) as file:
        assert file.read() == CONTENT
    assert link.broken


@pytest.mark.parametrize("fault", ["429", "500", "503", "reset", "lost"])
def test_may_pass(store: Store, fault: str) -> None:
    """Tried again, and then said to be nobody's fault here."""
    fill(store, "a")
    remote = store.only("a")
    with ExitStack() as proxies:
        proxy = proxies.enter_context(faulty_proxy(store.server, [fault, fault]))
        store.goes_by(proxy.url)
        with open_remote(remote) as file:
            assert file.read() == b"a"
        assert proxy.script == []
        proxy.script[:] = [fault] * 50
        with open_remote(remote, patience_seconds=0.3) as file, pytest.raises(StorageUnavailable):
            file.read()
        with pytest.raises(TryAgain, match="run the same command again"):
            list_remote(store.url("a"), patience_seconds=0.3)


def test_a_changed_object(store: Store) -> None:
    """Is never read as if it were the same."""
    fill(store, "a")
    remote = store.only("a")
    store.write("a", b"b")
    with open_remote(remote) as file, pytest.raises(Refused, match="a has changed since the run began"):
        file.read()


def test_a_deleted_object(store: Store) -> None:
    """Has changed, too."""
    fill(store, "a")
    remote = store.only("a")
    store.delete("a")
    with open_remote(remote) as file, pytest.raises(Refused, match="a has changed since the run began"):
        file.read()


def refusal(export: str) -> str:
    with pytest.raises(Refused) as caught:
        list_remote(export)
    return caught.value.message


def test_says_what_to_do(store: Store) -> None:
    """Each refusal names the place and the next step."""
    fill(store, "a/b")
    assert f"ls {store.url('a/')}" in refusal(store.url("a/c"))
    assert f"ls {store.url('a/')}" in refusal(store.url("a/c*"))
    assert f"ls {store.url()}" in refusal(store.url("c/"))
    assert f"no bucket {store.scheme}none-such" in refusal(f"{store.scheme}none-such/a")
    assert f"no bucket {store.scheme}none-such" in refusal(f"{store.scheme}none-such/")


def test_not_ours_to_read(store: Store) -> None:
    """The right that is missing is named, for a listing as for a read."""
    fill(store, "a")
    remote = store.only("a")
    right = "storage.objectViewer" if store.scheme == "gs://" else "s3:GetObject"
    with faulty_proxy(store.server, ["403"] * 4) as proxy:
        store.goes_by(proxy.url)
        assert right in refusal(store.url("a"))
        with open_remote(remote) as file, pytest.raises(Refused, match=right):
            file.read()


def test_no_amazon_credentials(s3: Store) -> None:
    """The command that gets them is named."""
    s3.environment.delenv("AWS_ACCESS_KEY_ID")
    s3.environment.delenv("AWS_SECRET_ACCESS_KEY")
    assert "aws configure" in refusal(s3.url("a"))
    close_clients()
    s3.environment.setenv("AWS_PROFILE", "none-such")
    assert "none-such" in refusal(s3.url("a"))


def test_no_google_credentials(gs: Store, tmp_path: Path) -> None:
    """The command that gets them is named."""
    gs.environment.delenv(GS_SERVER)
    gs.environment.setenv("GOOGLE_APPLICATION_CREDENTIALS", "")
    gs.environment.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    gs.environment.setenv("NO_GCE_CHECK", "true")
    assert "gcloud auth application-default login" in refusal(gs.url("a"))


@pytest.mark.parametrize("address", ["no address", "http://"])
def test_an_endpoint_that_is_none(s3: Store, address: str) -> None:
    """Is the user's to mend, not to be tried again."""
    s3.goes_by(address)
    assert "can't be asked" in refusal(s3.url("a"))


@pytest.mark.parametrize("bucket", ["", "no bucket", "exports-*", "exports-"])
def test_a_bucket_name_that_none_has(store: Store, bucket: str) -> None:
    """Is refused before anything is sent: a pattern is for names within one bucket."""
    assert f"looks like {store.scheme}BUCKET/FOLDER/" in refusal(f"{store.scheme}{bucket}/a")
