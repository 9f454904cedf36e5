"""Buckets for the commands that work on them: one server for all tests, two fresh buckets for each."""

import itertools
from collections.abc import Iterator

import pytest

from local.bucket import BucketServer, bucket_server
from tests.fakes.cloud import Cloud

NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BucketServer]:
    with bucket_server(tmp_path_factory.mktemp("buckets") / "objects", buckets=()) as started:
        yield started


@pytest.fixture
def cloud(server: BucketServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """With the environment as it is beside `python -m local up`."""
    for variable in ("MIXPANEL_TOKEN", "MIXPANEL_PROJECT_ID", "MIXPANEL_REGION", "MIXPANEL_URL"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", server.url)
    number = next(NUMBERS)
    made = Cloud(server.url, chunks=f"chunks-{number}", state=f"state-{number}")
    made.create_buckets()
    yield made
    made.client.close()
