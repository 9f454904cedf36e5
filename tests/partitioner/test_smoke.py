"""A few records through the whole path: what is said, and the exit code, whatever becomes of it."""

import gzip
import json
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from function.errors import UnreadableState
from function.state import Entry, Status, destination_of, encode_entry
from local.backlog import Settings
from local.simulator import TOKEN
from local.stack import CHUNKS_BUCKET, STATE_BUCKET, Stack, stack
from partitioner.cli import main
from partitioner.deployment import Deployment
from partitioner.places import Place, open_bucket
from partitioner.smoke_chunk import EVENT, FOLDER, RECORDS, make_smoke_chunk
from partitioner.smoke_report import Seen, exit_code, report
from partitioner.stored import StoredObject
from tests.end_to_end.chunks import stored_lines, wait_until
from tests.fakes.cloud import Cloud, entry_of
from tests.fakes.terraform import outputs, put_terraform_on_the_path

ROOT = Path(__file__).parent.parent.parent
PLACES = (f"gs://{CHUNKS_BUCKET}", "--state", f"gs://{STATE_BUCKET}")
SUBSCRIPTION = "importer"
DESTINATION = destination_of("us", "", TOKEN, "http://any")
IMPATIENT = Settings(
    ack_deadline_seconds=60, minimum_backoff_seconds=0.5, maximum_backoff_seconds=2, retention_seconds=600
)


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with stack(tmp_path_factory.mktemp("stack")) as running:
        yield running


def point_at(running: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("MIXPANEL_TOKEN", "MIXPANEL_PROJECT_ID", "MIXPANEL_REGION", "MIXPANEL_URL"):
        monkeypatch.delenv(variable, raising=False)
    for name, value in running.bucket.environ.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def here(up: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """Every switch as it was, at the end."""
    point_at(up, monkeypatch)
    yield up
    up.topic.switch(held=False)
    up.simulator.switch(refuse_where=None)


def run(*arguments: str, answer: str = "") -> Result:
    return CliRunner().invoke(main, ["smoke", *arguments], input=answer)


def canaries(running: Stack) -> list[str]:
    return running.bucket.names(CHUNKS_BUCKET, FOLDER)


@pytest.mark.slow
def test_all_accepted(here: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Through Terraform's outputs, with another destination's ledger there: exit 0; Mixpanel has them."""
    older = Entry(status=Status.DONE, crc32c="AAAAAA==", size=1, generation=1)
    here.bucket.write(STATE_BUCKET, "ledger/A-first-one/ecom.ndjson.gz.json", encode_entry(older))
    answer = outputs(chunks_bucket=CHUNKS_BUCKET, state_bucket=STATE_BUCKET, subscription=SUBSCRIPTION)
    put_terraform_on_the_path(tmp_path / "bin", monkeypatch, answer)
    before = stored_lines(here)
    result = run("--terraform", str(tmp_path), "--yes")
    assert result.exit_code == 0, result.output
    assert f"accepted     {RECORDS} of {RECORDS} records" in result.stdout
    assert f"destination  {DESTINATION} " in result.stdout
    assert "attempts     1" in result.stdout
    assert " s from upload to done" in result.stdout
    assert "Mixpanel keeps these records" in result.stdout
    new = [json.loads(line) for line in set(stored_lines(here)) - set(before)]
    assert [record["event"] for record in new] == [EVENT] * RECORDS
    (run_name,) = {record["properties"]["run"] for record in new}
    assert f"where run is {run_name}" in result.stdout
    assert f"{FOLDER}{run_name}.ndjson.gz" in canaries(here)


@pytest.mark.slow
def test_one_rejected(here: Stack) -> None:
    """Exit 3, with the reason as it stands in the dead letter, and where that is."""
    here.simulator.switch(refuse_where={"record": 2})
    result = run(*PLACES, "--yes")
    assert result.exit_code == 3, result.output
    assert f"accepted     {RECORDS - 1} of {RECORDS} records" in result.stdout
    (place,) = re.findall(rf"gs://{STATE_BUCKET}/(dead-letters/\S+)", result.stdout)
    (letter,) = gzip.decompress(here.bucket.read(STATE_BUCKET, place)).splitlines()
    assert json.loads(letter)["record"]["properties"]["record"] == 2
    assert f"  1 rejected: {json.loads(letter)['message']}" in result.stdout
    assert "right one" not in result.stdout


@pytest.mark.slow
def test_all_rejected(start_stack: Callable[..., Stack], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the project never took anything that would tell records from project: exit 3, with a hint."""
    point_at(start_stack(switches={"refuse_all": "listed"}), monkeypatch)
    result = run(*PLACES, "--yes")
    assert result.exit_code == 3, result.output
    assert f"accepted     0 of {RECORDS} records" in result.stdout
    assert f"  {RECORDS} rejected" in result.stdout
    assert "Check that it is the right one" in result.stdout


@pytest.mark.slow
def test_never_claimed(here: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 75, with what stands in the way and the commands to paste; once it can be, it is imported."""
    answer = outputs(chunks_bucket=CHUNKS_BUCKET, state_bucket=STATE_BUCKET, subscription=SUBSCRIPTION)
    put_terraform_on_the_path(tmp_path / "bin", monkeypatch, answer)
    here.topic.switch(held=True)
    before = set(canaries(here))
    result = run("--terraform", str(tmp_path), "--timeout", "1", "--yes")
    assert result.exit_code == 75, result.output
    assert "no invocation has claimed" in result.stdout
    for command in (
        f"gcloud pubsub subscriptions describe {SUBSCRIPTION}",
        f"gcloud storage buckets notifications list gs://{CHUNKS_BUCKET}",
    ):
        assert command in result.stdout
    (name,) = set(canaries(here)) - before
    assert f"gcloud storage cat 'gs://{STATE_BUCKET}/ledger/*/{name}.json'" in result.stdout
    here.topic.switch(held=False)
    entry_name = f"ledger/{DESTINATION}/{name}.json"
    wait_until(
        here, lambda: entry_name in here.ledgers() and here.ledgers()[entry_name].status == Status.DONE
    )


@pytest.mark.slow
def test_never_settled(start_stack: Callable[..., Stack], monkeypatch: pytest.MonkeyPatch) -> None:
    """Claimed, but Mixpanel refuses the credential: exit 75, and the log has a line for the command shown."""
    running = start_stack(switches={"outage": "401"}, settings=IMPATIENT)
    point_at(running, monkeypatch)
    result = run(*PLACES, "--timeout", "5", "--yes")
    assert result.exit_code == 75, result.output
    (name,) = canaries(running)
    assert f"gs://{CHUNKS_BUCKET}/{name} is " in result.stdout
    assert f"""gcloud logging read 'jsonPayload.chunk="{name}"'""" in result.stdout
    log = (running.logs / "function.log").read_text().splitlines()
    lines = [json.loads(line) for line in log if line.startswith("{")]
    assert "credentials.refused" in [line["message"] for line in lines if line.get("chunk") == name]
    (follow,) = re.findall(r"python -m partitioner (follow .*)", result.stdout)
    assert CliRunner().invoke(main, [*follow.split(), "--once"]).exit_code == 75


@pytest.mark.slow
def test_another_destination(here: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """All accepted, but not where this terminal says: exit 1, and both are named."""
    monkeypatch.setenv("MIXPANEL_TOKEN", "another")
    result = run(*PLACES, "--yes")
    assert result.exit_code == 1, result.output
    expected = destination_of("us", "", "another", "")
    assert f"imports into {DESTINATION}, not into {expected}" in result.stdout
    assert "All well" not in result.stdout
    assert run(*PLACES, "--yes", "--destination", DESTINATION).exit_code == 0


@pytest.mark.slow
def test_asks_first(here: Stack) -> None:
    """A `no` uploads nothing; a `yes` does."""
    before = canaries(here)
    refused = run(*PLACES, answer="n\n")
    assert refused.exit_code == 1
    assert canaries(here) == before
    assert run(*PLACES, answer="y\n").exit_code == 0
    assert len(canaries(here)) == len(before) + 1


def test_a_state_bucket_that_is_not_there(cloud: Cloud) -> None:
    """What can't be followed isn't sent."""
    result = run(f"gs://{cloud.chunks}", "--state", "gs://not-there", "--yes")
    assert result.exit_code == 1, result.output
    assert "there is no bucket gs://not-there" in result.output
    assert cloud.names() == []


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        PLACES[:1],
        PLACES[1:],
        (*PLACES, "--terraform", "terraform"),
        (PLACES[0], "--terraform", "terraform"),
    ],
)
def test_says_where_the_deployment_is_to_be_named(arguments: tuple[str, ...]) -> None:
    """Both buckets, or Terraform's folder: anything else is a matter of usage."""
    result = run(*arguments)
    assert result.exit_code == 2
    assert "gs://CHUNKS_BUCKET --state gs://STATE_BUCKET, or --terraform DIR" in result.output


def test_terraform_without_a_deployment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 1, with the command that makes one."""
    put_terraform_on_the_path(tmp_path / "bin", monkeypatch, "{}")
    result = run("--terraform", str(tmp_path))
    assert result.exit_code == 1
    assert f"terraform -chdir={tmp_path} apply" in result.output


@pytest.mark.parametrize(
    ("fields", "code", "says"),
    [
        ({"status": Status.REFUSED, "message": "it is a zip"}, 1, ("it is a zip", "different versions")),
        (
            {"status": Status.QUARANTINED, "message": "20 died"},
            1,
            ("20 died", "memory", "gcloud logging read"),
        ),
        ({"status": Status.LOST, "message": "gone"}, 1, ("gone", "lifecycle")),
        ({"records": 4, "accepted": 4}, 3, ("don't add up",)),
        ({"status": Status.IMPORTING, "records": 0, "accepted": 0}, 75, ("is importing", "retried")),
    ],
)
def test_a_chunk_that_ends_otherwise(
    cloud: Cloud, tmp_path: Path, fields: dict[str, Any], code: int, says: tuple[str, ...]
) -> None:
    """Each status has its exit code, its reason and what to do."""
    seen = seen_with(tmp_path, fields)
    assert exit_code(seen) == code
    text = words_of(seen, cloud)
    assert all(sentence in text for sentence in says), text
    assert "All well" not in text


def test_an_entry_that_cannot_be_read(cloud: Cloud, tmp_path: Path) -> None:
    """Exit 1, with what the reading of it said."""
    seen = replace(seen_with(tmp_path, {}), entry=UnreadableState("version 99"))
    assert exit_code(seen) == 1
    assert "version 99" in words_of(seen, cloud)


def seen_with(folder: Path, fields: dict[str, Any]) -> Seen:
    now = datetime.now(UTC)
    sent = make_smoke_chunk("run-1", now, folder)
    stored = StoredObject(sent.chunk.name, 1, sent.chunk.bytes, sent.chunk.crc32c, now)
    return Seen(sent, stored, DESTINATION, entry_of(sent.chunk, **fields), "", 600)


def words_of(seen: Seen, cloud: Cloud) -> str:
    deployment = Deployment(Place(cloud.chunks), Place(cloud.state))
    with open_bucket(cloud.state) as state:
        return "\n".join(report(seen, deployment, state))


def test_make_smoke() -> None:
    """The target runs the command on `terraform/`, with the flags given."""
    make = ["make", "--dry-run", "smoke", "SMOKE_FLAGS=--yes"]
    said = subprocess.run(make, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "python -m partitioner smoke --terraform terraform --yes" in said
