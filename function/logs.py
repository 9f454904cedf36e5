"""The names that log lines have, and the classes of reason in them. Nothing else of a log line is constant.

A line never holds a record's contents or a credential; the handler that prints it is log_handler's.
"""

import logging
from enum import StrEnum

LOGGER_NAME = "importer"  # `__name__` would be main.importer in the cloud and function.importer in tests


class Line(StrEnum):
    """Each one's fields are in the README."""

    CHUNK_STARTED = "chunk.started"
    CHUNK_RESUMED = "chunk.resumed"
    CHUNK_PROGRESS = "chunk.progress"
    CHUNK_DONE = "chunk.done"
    CHUNK_DEFERRED = "chunk.deferred"
    CHUNK_REFUSED = "chunk.refused"
    CHUNK_QUARANTINED = "chunk.quarantined"
    CHUNK_LOST = "chunk.lost"
    CHUNK_SKIPPED = "chunk.skipped"
    BATCH_RETRIED = "batch.retried"
    BATCH_REJECTED = "batch.rejected"
    CREDENTIALS_REFUSED = "credentials.refused"
    PROJECT_REFUSED = "project.refused"
    CONFIG_REFUSED = "config.refused"


class Reason(StrEnum):
    """Why a chunk or batch ended as it did: few, and safe as the label of a metric."""

    # refused: what the object holds
    NOT_RECORDS = "not-records"
    DAMAGED_GZIP = "damaged-gzip"
    LINE_TOO_LONG = "line-too-long"
    NO_RECORD = "no-record"
    CHECKSUM_MISMATCH = "checksum-mismatch"
    # lost, quarantined
    OBJECT_GONE = "object-gone"
    VANISHED = "vanished"
    # deferred
    BUSY = "busy"
    NEWER_GENERATION = "newer-generation"
    DEADLINE = "deadline"
    LEASE_LOST = "lease-lost"
    STORAGE = "storage"
    CREDENTIALS = "credentials"
    PROJECT = "project"
    UNFORESEEN = "unforeseen"
    UNREADABLE_STATE = "unreadable-state"
    # skipped: nothing to do
    EMPTY = "empty"
    NOT_A_CHUNK = "not-a-chunk"
    NAME_TOO_LONG = "name-too-long"
    OTHER_CLOUD_EVENT = "other-cloud-event"
    UNREADABLE_CLOUD_EVENT = "unreadable-cloud-event"
    OLDER_GENERATION = "older-generation"
    ALREADY_SETTLED = "already-settled"
    # retried: what Mixpanel or the way there did
    RATE_LIMITED = "rate-limited"
    SERVER_ERROR = "server-error"
    TIMEOUT = "timeout"
    CONNECTION = "connection"
    HTML = "html"
    HALF_BODY = "half-body"
    NO_COUNT = "no-count"
    # rejected
    MIXPANEL = "mixpanel"
    OWN_RULES = "own-rules"


def log(line: Line, level: int = logging.INFO, **fields: object) -> None:
    """`fields` become top-level keys of the printed JSON; the name is its `message`. Values must fit JSON."""
    logging.getLogger(LOGGER_NAME).log(level, line.value, extra={"json_fields": fields}, stacklevel=2)
