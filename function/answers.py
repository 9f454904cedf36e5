"""What Mixpanel's answer to one batch means, as a value. Pure: status, headers and body in, Answer out.

Statuses and bodies: https://docs.mixpanel.com/reference/import-events (2026-08). The sources contradict
each other in the details, so nothing here depends on `code`, on `status`, or on how many failures are listed.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any, Literal

# 2,000 failed records of 2 KB each; what is longer is not read to its end.
MAX_BODY_BYTES = 4 * 1024 * 1024
MAX_TEXT_CHARACTERS = 200
# An hour is longer than any invocation: whoever is told to wait longer ends first.
MAX_RETRY_AFTER_SECONDS = 3_600.0

# The retried ones are values of logs.Reason too.
AnswerReason = Literal[
    "",  # ACCEPTED
    "failed-records",  # PARTLY
    "refused",  # REFUSED
    "answer-too-long",  # REFUSED: a 400 that says more than is read; halves of the batch will say less
    "too-large",  # TOO_LARGE
    "rate-limited",  # RETRY, as are the next six
    "server-error",
    "timeout",
    "connection",
    "html",
    "half-body",
    "no-count",  # a 200 that doesn't say how many it took
    "credentials",  # STOP, as are the next three
    "forbidden",
    "redirect",
    "unexpected-status",
    "deadline",  # UNSENT, as are the next two
    "left",
    "closed",
]


class Outcome(StrEnum):
    """ACCEPTED, PARTLY, REFUSED and TOO_LARGE are about the batch, the others are not."""

    ACCEPTED = "accepted"
    PARTLY = "partly"  # all but the listed failures is stored
    REFUSED = "refused"  # the whole batch, and no record is named
    TOO_LARGE = "too-large"
    RETRY = "retry"  # may have got through all the same
    STOP = "stop"  # no later try changes it: someone has to put something right
    UNSENT = "unsent"  # never posted


@dataclass(frozen=True, slots=True)
class Failure:
    """One element of `failed_records`. Where that was a plain string, only `message` is set."""

    index: int | None
    insert_id: str
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` is 0 where none was read. `message` is a sentence of Mixpanel's or the network's, bounded."""

    outcome: Outcome
    status: int = 0
    reason: AnswerReason = ""
    imported: int | None = None
    failures: tuple[Failure, ...] = ()
    retry_after_seconds: float | None = None
    limit_bytes: int | None = None
    message: str = ""


_OF_STATUS: dict[int, tuple[Outcome, AnswerReason]] = {
    401: (Outcome.STOP, "credentials"),
    403: (Outcome.STOP, "forbidden"),
    408: (Outcome.RETRY, "timeout"),
    413: (Outcome.TOO_LARGE, "too-large"),
    429: (Outcome.RETRY, "rate-limited"),
}


def read_answer(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    complete: bool = True,
    secrets: Sequence[str] = (),
) -> Answer:
    """What the answer means. Never raises, whatever the body holds.

    Args:
        headers: looked up as `Content-Type`, `Retry-After` and `Date`.
        body: may go on past MAX_BODY_BYTES by any amount; then it isn't looked into.
        complete: False where the body broke off.
        secrets: taken out of the sentences, should a server echo them.
    """
    if status in (200, 400):
        unusable = _unusable(status, headers, body, complete=complete)
        return unusable or _read_word(status, _decode(body), secrets)
    outcome, reason = _OF_STATUS.get(status, (Outcome.STOP, "unexpected-status"))
    if 500 <= status < 600:
        outcome, reason = Outcome.RETRY, "server-error"
    elif 300 <= status < 400:
        reason = "redirect"
    content = _decode(body)
    message = plain_text(content.get("error"), secrets) if isinstance(content, dict) else ""
    return Answer(
        outcome,
        status,
        reason,
        retry_after_seconds=_retry_after_seconds(headers) if outcome is Outcome.RETRY else None,
        limit_bytes=_limit_bytes(message) if outcome is Outcome.TOO_LARGE else None,
        message=message,
    )


def _unusable(status: int, headers: Mapping[str, str], body: bytes, *, complete: bool) -> Answer | None:
    """A 200 or a 400 whose body can't be Mixpanel's whole word."""
    opening = body[:64].lstrip()
    if opening.startswith(b"<") or headers.get("Content-Type", "").lower().startswith("text/html"):
        return Answer(Outcome.RETRY, status, "html")
    if len(body) > MAX_BODY_BYTES:
        if status == 400:
            return Answer(Outcome.REFUSED, status, "answer-too-long")
        return Answer(Outcome.RETRY, status, "no-count")
    if not complete or (opening.startswith(b"{") and _decode(body) is None):
        return Answer(Outcome.RETRY, status, "half-body")
    return None


def _read_word(status: int, content: Any, secrets: Sequence[str]) -> Answer:
    """Reads a 200 or a 400, where the status alone says too little.

    A 200 that lists failed records is documented nowhere; it would say that the others are stored.
    """
    if not isinstance(content, dict):
        content = {}
    imported = content.get("num_records_imported")
    if type(imported) is not int or imported < 0:  # a bool is an int to isinstance
        imported = None
    message = plain_text(content.get("error"), secrets)
    failed = content.get("failed_records")
    if isinstance(failed, list) and failed:
        failures = tuple(_failure(element, secrets) for element in failed)
        return Answer(Outcome.PARTLY, status, "failed-records", imported, failures, message=message)
    if status == 400:
        return Answer(Outcome.REFUSED, status, "refused", imported, message=message)
    if imported is None:
        return Answer(Outcome.RETRY, status, "no-count", message=message)
    return Answer(Outcome.ACCEPTED, status, imported=imported)


def _failure(element: Any, secrets: Sequence[str]) -> Failure:
    """Prose says `$insert_id`, the OpenAPI file `insert_id`; for identity verbs plain strings were seen."""
    if not isinstance(element, dict):
        return Failure(None, "", "", plain_text(element, secrets))
    index = element.get("index")
    return Failure(
        index if type(index) is int and index >= 0 else None,
        plain_text(element.get("$insert_id") or element.get("insert_id")),
        plain_text(element.get("field"), secrets),
        plain_text(element.get("message"), secrets),
    )


def _decode(body: bytes) -> Any:
    """The JSON value, or None. Lenient, since a message may quote broken UTF-8 or control characters."""
    if len(body) > MAX_BODY_BYTES:
        return None
    try:
        return json.loads(body.decode("utf-8", "replace"), strict=False)
    except (ValueError, RecursionError):
        return None


def plain_text(value: Any, secrets: Sequence[str] = ()) -> str:
    """Fit for a log: bounded, encodable (JSON can spell a lone surrogate), and without any of `secrets`."""
    if value is None or isinstance(value, dict | list):
        return ""
    text = str(value).encode("utf-8", "replace").decode()
    for secret in secrets:
        text = text.replace(secret, "***")
    return text[:MAX_TEXT_CHARACTERS]


def _retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """Seconds, or a date (RFC 9110, 10.2.3), which is held against the answer's own, not our clock."""
    value = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", value):
        return min(float(value), MAX_RETRY_AFTER_SECONDS)
    try:
        wait = parsedate_to_datetime(value) - parsedate_to_datetime(headers.get("Date", ""))
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(wait.total_seconds(), 0.0), MAX_RETRY_AFTER_SECONDS)


def _limit_bytes(message: str) -> int | None:
    """From `request exceeds max limit of 2097152 bytes`."""
    found = re.search(r"([1-9][0-9]{0,14}) bytes", message)
    return int(found[1]) if found else None
