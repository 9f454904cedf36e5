"""`smoke`: sends a few records through a real deployment, and says what became of them."""

import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from function.clock import Clock
from function.errors import UnreadableState
from function.state import Entry, ledger_name
from partitioner.account import Sought
from partitioner.deployment import Deployment, read_deployment
from partitioner.exits import as_exits
from partitioner.ledgers import destination_named_by, read_entry
from partitioner.meter import Meter, show_records, show_seconds
from partitioner.places import BucketType, Place, open_bucket
from partitioner.sending import create_equal
from partitioner.smoke_chunk import DISTINCT_ID, EVENT, RECORDS, SmokeChunk, make_smoke_chunk, name_run
from partitioner.smoke_report import Seen, exit_code, report
from partitioner.watch import INTERVAL_SECONDS, follow

if TYPE_CHECKING:
    from partitioner.storage import Bucket

WHAT_STAYS = f"""\
Mixpanel keeps these records, and counts them: {RECORDS} of the event {EVENT!r}, distinct_id {DISTINCT_ID},
dated now. To have them out of sight there: Data > Lexicon, select the event, Hide."""


@click.command(
    short_help="Try a deployment with a few records.",
    epilog="\b\nExamples:\n"
    "  python -m partitioner smoke --terraform terraform\n"
    "  python -m partitioner smoke gs://my-chunks --state gs://my-state --yes",
)
@click.argument("chunks", type=BucketType(), metavar="[gs://CHUNKS_BUCKET]", required=False)
@click.option("--state", type=BucketType(), metavar="gs://BUCKET", help="The state bucket.")
@click.option(
    "--terraform",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where the deployment's Terraform is: both buckets' names are taken from its outputs.",
)
@click.option(
    "--destination",
    metavar="NAME",
    help="Where the records are to arrive, as in follow; another destination is an error. By default the one "
    "that MIXPANEL_TOKEN or MIXPANEL_PROJECT_ID (with MIXPANEL_REGION) name, or any.",
)
@click.option(
    "--timeout",
    "timeout_seconds",
    type=click.FloatRange(min=0),
    default=600,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for the import.",
)
@click.option("--yes", is_flag=True, help="Don't ask.")
@click.pass_context
def command(
    context: click.Context,
    chunks: Place | None,
    state: Place | None,
    terraform: Path | None,
    destination: str | None,
    timeout_seconds: float,
    *,
    yes: bool,
) -> None:
    """Upload 5 records to a deployment, follow it, and report.

    Mixpanel keeps the records: their event is `importer smoke test`, their distinct_id importer-smoke-test,
    their time now, and each run has new ones. In Mixpanel, Data > Lexicon hides the event.

    Exit code: 0 if all were accepted; 3 if some were rejected, with the reasons; 1 if the chunk was refused,
    quarantined or lost, or went to another destination; 75 if it wasn't settled in time, with where to look.
    """
    with as_exits("records that were uploaded are imported all the same"):
        deployment = _deployment(chunks, state, terraform)
        click.echo(f"A smoke test: {RECORDS} records for {deployment.chunks}.\n{WHAT_STAYS}")
        if not yes:
            click.confirm("Send it?", abort=True)
        expected = destination or destination_named_by(os.environ)
        with open_bucket(deployment.chunks.bucket) as bucket, open_bucket(deployment.state.bucket) as ledgers:
            seen = _try_out(bucket, ledgers, expected, timeout_seconds)
            for line in report(seen, deployment, ledgers):
                click.echo(line)
    context.exit(exit_code(seen))


def _deployment(chunks: Place | None, state: Place | None, terraform: Path | None) -> Deployment:
    if terraform and not chunks and not state:
        return read_deployment(terraform)
    if chunks and state and not terraform:
        return Deployment(chunks, state)
    raise click.UsageError(
        "say where the deployment is: gs://CHUNKS_BUCKET --state gs://STATE_BUCKET, or --terraform DIR"
    )


def _try_out(chunks: "Bucket", state: "Bucket", expected: str, timeout_seconds: float) -> Seen:
    clock = Clock()
    state.folders("ledger/")  # what can't be followed isn't sent
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as folder:
        sent = make_smoke_chunk(name_run(now), now, Path(folder))
        stored = create_equal(chunks, sent.chunk.name, sent.path, sent.chunk, lambda _: None)
    with Meter("settled", sent.chunk.records, show_records, clock=clock) as meter:
        meter.say(f"Uploaded gs://{chunks.name}/{stored.name}; waiting for its import")
        watch = _Watch(state, sent, clock, meter, timeout_seconds)
        destination = watch.find_destination()
        entry = watch.follow_to_the_end(destination) if destination else None
    return Seen(sent, stored, destination, entry, expected, timeout_seconds)


class _Watch:
    """Looks at one chunk until it is settled or the time is up."""

    def __init__(
        self, state: "Bucket", sent: SmokeChunk, clock: Clock, meter: Meter, timeout_seconds: float
    ) -> None:
        self._state, self._chunk, self._clock, self._meter = state, sent.chunk, clock, meter
        self._began_seconds = clock.monotonic_seconds()
        self._timeout_seconds = timeout_seconds

    def find_destination(self) -> str:
        """The one that the function imports it into: only the ledger tells. Empty if none did in time."""
        while True:
            for destination in self._state.folders("ledger/"):
                if self._state.stat(ledger_name(destination, self._chunk.name)):
                    return destination
            self._tell(0, "no ledger entry yet")
            if self._is_over():
                return ""
            self._clock.sleep(INTERVAL_SECONDS)

    def follow_to_the_end(self, destination: str) -> Entry | UnreadableState | None:
        sought = Sought(self._chunk.name, self._chunk.records, self._chunk.crc32c)
        for account in follow([sought], self._state, destination, clock=self._clock):
            self._tell(account.total.records, ", ".join(account.tallies))
            if self._is_over():
                break
        return read_entry(self._state, ledger_name(destination, self._chunk.name))

    def _tell(self, records: int, note: str) -> None:
        self._meter.set(records, f"{note}, {show_seconds(self._passed_seconds())}")

    def _is_over(self) -> bool:
        return self._passed_seconds() >= self._timeout_seconds

    def _passed_seconds(self) -> float:
        return self._clock.monotonic_seconds() - self._began_seconds
