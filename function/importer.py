"""Imports one chunk into Mixpanel: `import_chunk(chunk, doors) -> Report` is what all the rest is for."""

import base64
import logging
from dataclasses import dataclass

from .chunk_import import ChunkImport
from .chunk_log import ChunkLog, Totals, totals_of
from .cloud_event import ChunkRef
from .doors import Doors
from .errors import (
    Busy,
    CredentialsRefused,
    DeadlineReached,
    LeaseLost,
    NotImportable,
    ObjectGone,
    ProjectRefused,
    StorageUnavailable,
    Transient,
    UnreadableState,
)
from .ledger import Finished, Held, Lease
from .logs import Line, Reason
from .state import Status

STAT_TIMEOUT_SECONDS = 10.0

REASONS: dict[type[BaseException], Reason] = {
    Busy: Reason.BUSY,
    CredentialsRefused: Reason.CREDENTIALS,
    DeadlineReached: Reason.DEADLINE,
    LeaseLost: Reason.LEASE_LOST,
    ProjectRefused: Reason.PROJECT,
    StorageUnavailable: Reason.STORAGE,
}


@dataclass(frozen=True, slots=True)
class Report:
    """What the ledger says of the chunk. `reason` is empty where this very call has finished an import."""

    status: Status
    totals: Totals
    reason: str = ""


def import_chunk(chunk: ChunkRef, doors: Doors) -> Report:
    """Returns once there is nothing left to do for this delivery: acknowledge it.

    Raises Transient (deliver it again) for a lease that another owner holds, the deadline, credentials or a
    project that are refused, and a bucket that doesn't answer; what was settled by then is in the ledger.
    """
    chunk_log = ChunkLog(chunk, doors.config.destination, doors.clock)
    ends_at_seconds = doors.clock.monotonic_seconds() + doors.config.timeout_seconds
    try:
        return _import_in_turn(chunk, doors, chunk_log, ends_at_seconds)
    except UnreadableState as error:
        # Someone has to mend the entry: delivering it again and again would slow all others down.
        again = f"mend or delete it, then: python -m partitioner retry gs://{chunk.bucket} {chunk.name}"
        chunk_log.end(
            Line.CHUNK_REFUSED, logging.ERROR, reason=Reason.UNREADABLE_STATE, detail=f"{error}; {again}"
        )
        return Report(Status.REFUSED, Totals(), Reason.UNREADABLE_STATE)
    except Exception as error:
        reason = REASONS.get(type(error), Reason.UNFORESEEN)
        level = logging.INFO if isinstance(error, Transient) else logging.ERROR
        chunk_log.end(Line.CHUNK_DEFERRED, level, reason=reason, detail=str(error))
        raise


def _import_in_turn(chunk: ChunkRef, doors: Doors, chunk_log: ChunkLog, ends_at_seconds: float) -> Report:
    ticket = doors.admission.arrive(chunk.name)
    deadline_seconds = ends_at_seconds - doors.config.margin_seconds
    alone = False
    while True:
        with doors.admission.turn(ticket, alone=alone, deadline_seconds=deadline_seconds):
            left_seconds = ends_at_seconds - doors.clock.monotonic_seconds()
            ends_at_wall_seconds = doors.clock.wall_seconds() + left_seconds
            claim = doors.ledger.claim(chunk, alone=alone, ends_at_seconds=ends_at_wall_seconds)
            if isinstance(claim, Lease):
                return _import_leased(chunk, claim, doors, chunk_log, ends_at_seconds)
        if isinstance(claim, Finished):
            return _acknowledge(claim, chunk_log)
        if isinstance(claim, Held):
            raise Busy("another owner holds the chunk")
        alone = True


def _import_leased(
    chunk: ChunkRef, lease: Lease, doors: Doors, chunk_log: ChunkLog, ends_at_seconds: float
) -> Report:
    work = ChunkImport(chunk, lease, doors, chunk_log, ends_at_seconds)
    try:
        ended = work.run()
        return _end(work, ended, chunk, doors, chunk_log)
    except LeaseLost:
        raise
    except Exception as error:
        if isinstance(error, CredentialsRefused | ProjectRefused) and doors.admission.pause(error):
            _log_refusal(error, chunk_log)
        work.release(error)
        raise
    finally:
        work.close()


def _end(
    work: ChunkImport,
    ended: NotImportable | ObjectGone | None,
    chunk: ChunkRef,
    doors: Doors,
    chunk_log: ChunkLog,
) -> Report:
    if isinstance(ended, ObjectGone):
        live = doors.chunks_bucket(chunk.bucket).stat(chunk.name, timeout_seconds=STAT_TIMEOUT_SECONDS)
        if live is not None and live.generation > chunk.generation:
            work.release(ended)
            chunk_log.end(Line.CHUNK_SKIPPED, reason=Reason.NEWER_GENERATION)
            return Report(Status.DEFERRED, chunk_log.totals, Reason.NEWER_GENERATION)
        work.finish(Status.LOST, "the object was deleted before all of it was imported")
        chunk_log.end_with_totals(Line.CHUNK_LOST, logging.ERROR, reason=Reason.OBJECT_GONE)
        return Report(Status.LOST, chunk_log.totals)
    if ended is None and work.settled.position.crc32c != _checksum(chunk):
        ended = NotImportable(Reason.CHECKSUM_MISMATCH, "what was read is not what was uploaded", chunk.size)
    if isinstance(ended, NotImportable):
        message = _refusal(ended, chunk)
        work.finish(Status.REFUSED, message)
        chunk_log.end_with_totals(
            Line.CHUNK_REFUSED, logging.ERROR, reason=ended.reason, detail=message, offset=ended.offset
        )
        return Report(Status.REFUSED, chunk_log.totals)
    work.finish(Status.DONE, "")
    chunk_log.end_with_totals(Line.CHUNK_DONE)
    work.tidy_up()
    return Report(Status.DONE, chunk_log.totals)


def _acknowledge(claim: Finished, chunk_log: ChunkLog) -> Report:
    entry = claim.entry
    if claim.reason is Reason.VANISHED:
        chunk_log.end(Line.CHUNK_QUARANTINED, logging.ERROR, reason=claim.reason, detail=entry.message)
    else:
        chunk_log.end(Line.CHUNK_SKIPPED, reason=claim.reason, status=entry.status)
    return Report(entry.status, totals_of(entry), claim.reason)


def _refusal(ended: NotImportable, chunk: ChunkRef) -> str:
    split = "python -m partitioner split EXPORT --output DIR"
    upload = f"python -m partitioner upload DIR gs://{chunk.bucket}"
    read = f"records were read up to byte {ended.offset} of {chunk.size}"
    return f"{ended}; {read}. Make chunks of the export: {split} && {upload}"


def _log_refusal(error: CredentialsRefused | ProjectRefused, chunk_log: ChunkLog) -> None:
    if isinstance(error, CredentialsRefused):
        line = Line.CREDENTIALS_REFUSED
        account = "MIXPANEL_SERVICE_ACCOUNT and MIXPANEL_PROJECT_ID"
        fix = f"check MIXPANEL_TOKEN (or {account}), MIXPANEL_REGION, MIXPANEL_URL"
    else:
        line = Line.PROJECT_REFUSED
        fix = "check that this is the right project, and in Mixpanel that it takes data"
    detail = f"Mixpanel takes nothing: {error}; {fix}. What waits is tried again by itself"
    chunk_log.line(line, logging.ERROR, detail=detail)


def _checksum(chunk: ChunkRef) -> int:
    return int.from_bytes(base64.b64decode(chunk.crc32c), "big")
