"""What `smoke` says of its records at the end, and where to look if that isn't all well."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from function.errors import UnreadableState
from function.state import Entry, Status
from partitioner.account import FAILED, ChunkAccount, Sought, account_of_chunk
from partitioner.deployment import Deployment
from partitioner.exits import COUNTS_DIFFER, REFUSED, TRY_AGAIN
from partitioner.meter import show_seconds
from partitioner.project import events_page
from partitioner.refusals import refusal_lines, refusals_in
from partitioner.smoke_chunk import EVENT, FOLDER, SmokeChunk
from partitioner.stored import StoredObject

if TYPE_CHECKING:
    from partitioner.storage import Bucket


@dataclass(frozen=True, slots=True)
class Seen:
    """`destination` is where the ledger entry stands, empty without one; `expected` may be empty too."""

    sent: SmokeChunk
    stored: StoredObject
    destination: str
    entry: Entry | UnreadableState | None
    expected: str
    timeout_seconds: float

    @property
    def account(self) -> ChunkAccount:
        chunk = self.sent.chunk
        if not isinstance(self.entry, Entry):
            return ChunkAccount(chunk.name)
        return account_of_chunk(Sought(chunk.name, chunk.records, chunk.crc32c), self.entry)

    @property
    def is_elsewhere(self) -> bool:
        return bool(self.destination and self.expected and self.destination != self.expected)


def exit_code(seen: Seen) -> int:
    account = seen.account
    if account.status in FAILED or isinstance(seen.entry, UnreadableState) or seen.is_elsewhere:
        return REFUSED
    if account.status != Status.DONE:
        return TRY_AGAIN
    return COUNTS_DIFFER if account.rejected or account.discrepancy else 0


def report(seen: Seen, deployment: Deployment, state: "Bucket") -> Iterator[str]:
    """Lines; dead letters are read for them."""
    if isinstance(seen.entry, Entry):
        yield from _figures(seen, seen.entry)
        yield from _reasons(seen.entry, deployment, state)
    yield from _verdict(seen, deployment)


def _figures(seen: Seen, entry: Entry) -> Iterator[str]:
    yield f"destination  {seen.destination}{'' if seen.expected else _HOW_TO_TELL}"
    yield f"accepted     {entry.accepted:,} of {seen.sent.chunk.records:,} records"
    yield f"rejected     {entry.rejected:,}"
    yield f"attempts     {entry.attempts:,}"
    if entry.finished:
        passed = max(0.0, (entry.finished - seen.stored.created).total_seconds())
        yield f"time         {passed:.1f} s from upload to {entry.status}"


_HOW_TO_TELL = (
    " (region and project id; of a token, the first 12 digits of: printf %s TOKEN | sha256sum. "
    "Is that your project?)"
)


def _reasons(entry: Entry, deployment: Deployment, state: "Bucket") -> Iterator[str]:
    kinds = refusals_in(entry.dead_letters, state)
    yield from refusal_lines(kinds, entry.dead_letters, str(deployment.state))
    if entry.rejected and not entry.accepted:
        yield (
            "  All of them: so does a project that refuses everything look with this few records. Check that "
            "it is the right one, and that it takes data"
        )


def _verdict(seen: Seen, deployment: Deployment) -> Iterator[str]:
    account = seen.account
    if isinstance(seen.entry, UnreadableState):
        yield f"Its ledger entry can't be read: {seen.entry}"
    elif account.status in FAILED:
        yield f"The chunk was {account.status}: {account.message}"
        yield _FIXES[Status(account.status)]
        yield f"    {_log_of(seen)}"
    elif account.status != Status.DONE:
        yield from _not_settled(seen, deployment)
    elif account.discrepancy:
        yield f"The counts don't add up: {account.discrepancy}"
    elif account.rejected:
        yield "The deployment delivers, and Mixpanel refuses records."
    elif not seen.is_elsewhere:
        yield (
            f"All well. In Mixpanel: the event {EVENT!r} where run is {seen.sent.run}. The chunk in the "
            f"bucket needs no cleaning up: it expires as all that are done"
        )
        yield f"Look at them: {events_page(seen.destination)}"
    if seen.is_elsewhere:
        yield (
            f"The function imports into {seen.destination}, not into {seen.expected}: the records went to "
            f"another project. Put right which of the two is wrong: the deployment's mixpanel_... variables "
            f"(with a new credential_version), then terraform apply; or --destination or MIXPANEL_... here"
        )


_FIXES = {
    Status.REFUSED: "Function and partitioner may be of different versions: terraform apply from this tree, "
    "and try again. Its log:",
    Status.QUARANTINED: "Its invocations died, time after time (too little memory?). Once the log has told "
    "why, and that is mended, try again:",
    Status.LOST: "Somebody, or a lifecycle rule of the bucket, deletes objects that aren't done. Put that "
    "right, and try again. Its log:",
}
_OF_FUNCTIONS = 'resource.type="cloud_run_revision"'  # where a function of the second generation runs


def _not_settled(seen: Seen, deployment: Deployment) -> Iterator[str]:
    """The likely causes first, each with the command that tells."""
    where = deployment.chunks.of(seen.sent.chunk.name)
    waited = show_seconds(seen.timeout_seconds)
    if seen.entry is None:
        yield f"Not settled within {waited}: no invocation has claimed {where}. Likely:"
        yield "- delivery is paused (then there is no pushEndpoint), or can't reach the function:"
        yield f"    gcloud pubsub subscriptions describe {deployment.subscription}"
        yield "- the bucket doesn't announce its objects:"
        yield f"    gcloud storage buckets notifications list {deployment.chunks}"
        yield "- the function doesn't start, or refuses its configuration (config.refused):"
        yield f"    {_log(f'severity>=WARNING AND {_OF_FUNCTIONS}')}"
        yield "- other chunks came first (chunk.progress, chunk.done): each waits its turn"
    else:
        account = seen.account
        yield (
            f"Not settled within {waited}: {where} is {account.status}, {account.records:,} records settled. "
            f"Likely:"
        )
        yield "- Mixpanel refuses the credential or the project (credentials.refused, project.refused), or"
        yield "  takes nothing just now (batch.retried); or the function has no access to a bucket:"
        yield f"    {_log_of(seen)}"
        yield "- its invocations die (too little memory?):"
        yield f"    {_log(f'severity>=ERROR AND {_OF_FUNCTIONS}')}"
    yield "gcloud has to be set to the deployment's project, or given --project."
    yield "The chunk stays, and is imported once it can be. To see whether it has been:"
    destination = seen.destination or seen.expected
    if destination:
        follow = f"{deployment.chunks}/{FOLDER} --state {deployment.state} --destination {destination}"
        yield f"    python -m partitioner follow {follow}"
    else:
        yield f"    gcloud storage cat '{deployment.state}/ledger/*/{seen.sent.chunk.name}.json'"


def _log_of(seen: Seen) -> str:
    return _log(f'jsonPayload.chunk="{seen.sent.chunk.name}"')


def _log(only: str) -> str:
    """Source: https://cloud.google.com/sdk/gcloud/reference/logging/read (2026-11)."""
    return f"gcloud logging read '{only}' --freshness=1h --limit=20"
