"""The log lines of one invocation. Their `…_delta` fields add up: each counts what no earlier line counted.

Only what the ledger has confirmed is counted, so that work that another owner does again is counted once.
"""

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from .answers import Answer
from .clock import Clock
from .cloud_event import ChunkRef
from .courier import Tally
from .logs import Line, Reason, log
from .settlement import Letter, insert_id_of
from .state import Entry, Position

SAMPLES_PER_CHUNK = 20
GROUPS_PER_CHECKPOINT = 20


@dataclass(frozen=True, slots=True)
class Totals:
    """A chunk's, as the ledger has them."""

    records: int = 0
    accepted: int = 0
    rejected: int = 0


def totals_of(entry: Entry) -> Totals:
    return Totals(entry.records, entry.accepted, entry.rejected)


class ChunkLog:
    """Lines before `begin` count nothing: no owner was at work."""

    def __init__(self, chunk: ChunkRef, destination: str, clock: Clock) -> None:
        self._clock = clock
        self._fields: dict[str, object] = {
            "chunk": chunk.name,
            "generation": chunk.generation,
            "destination": destination,
            "attempts": 0,
        }
        self._tally = Tally()
        self._logged_seconds = clock.monotonic_seconds()
        self.totals = self._logged = Totals()
        self._logged_tally = Tally()
        self._samples_left = SAMPLES_PER_CHUNK
        self._retry_reasons: set[str] = set()

    def begin(self, claimed: Entry, tally: Tally) -> None:
        """What an earlier owner has settled is no part of this one's deltas."""
        self._fields["attempts"] = claimed.attempts
        self._tally = tally
        self.totals = self._logged = totals_of(claimed)
        line = Line.CHUNK_STARTED if claimed.checkpoint == Position() else Line.CHUNK_RESUMED
        self.line(line, offset=claimed.checkpoint.offset, records=claimed.records)

    def line(self, line: Line, level: int = logging.INFO, **fields: object) -> None:
        log(line, level, **self._fields, **fields)

    def confirmed(self, confirmed: Entry, letters: Sequence[Letter]) -> None:
        """The ledger holds it by now, and the letters are in a listed part."""
        self.totals = totals_of(confirmed)
        self._rejected(letters)

    def progress(self) -> None:
        self._retry_reasons.clear()
        self.line(Line.CHUNK_PROGRESS, logging.INFO, **self._deltas())

    def end(self, line: Line, level: int = logging.INFO, **fields: object) -> None:
        """The line that ends the invocation."""
        self.line(line, level, **{**fields, **self._deltas()})

    def end_with_totals(self, line: Line, level: int = logging.INFO, **fields: object) -> None:
        self.end(line, level, **{**fields, **asdict(self.totals)})

    def retried(self, answer: Answer, attempt: int, delay_seconds: float) -> None:
        """One line for each reason between two lines of progress; `retried_delta` has them all."""
        if answer.reason not in self._retry_reasons:
            self._retry_reasons.add(answer.reason)
            self.line(
                Line.BATCH_RETRIED,
                logging.WARNING,
                reason=answer.reason,
                status=answer.status,
                detail=answer.message,
                attempt=attempt,
                delay_seconds=round(delay_seconds, 1),
            )

    def _rejected(self, letters: Sequence[Letter]) -> None:
        """One line for each group of equal reason, field and message, never a record's contents."""
        groups: dict[tuple[Reason, str, str], list[bytes]] = defaultdict(list)
        for reason, letter in letters:
            groups[reason, letter.field, letter.message].append(letter.content)
        largest = sorted(groups.items(), key=lambda group: -len(group[1]))
        for (reason, field, _), contents in largest[:GROUPS_PER_CHECKPOINT]:
            self.line(
                Line.BATCH_REJECTED,
                logging.WARNING,
                reason=reason,
                field=field,
                count=len(contents),
                sample_insert_ids=self._samples(contents),
            )
        if rest := sum(len(contents) for _, contents in largest[GROUPS_PER_CHECKPOINT:]):
            self.line(
                Line.BATCH_REJECTED,
                logging.WARNING,
                reason=Reason.MIXPANEL,
                field="",
                count=rest,
                sample_insert_ids=[],
            )

    def _samples(self, contents: Sequence[bytes]) -> list[str]:
        ids = (insert_id_of(content) for content in contents[: self._samples_left])
        samples = [insert_id[:36] for insert_id in ids if insert_id]
        self._samples_left -= len(samples)
        return samples

    def _deltas(self) -> dict[str, object]:
        now_seconds, totals, tally = self._clock.monotonic_seconds(), self.totals, self._tally
        deltas: dict[str, object] = {
            "records_delta": totals.records - self._logged.records,
            "accepted_delta": totals.accepted - self._logged.accepted,
            "rejected_delta": totals.rejected - self._logged.rejected,
            "bytes_delta": tally.posted_bytes - self._logged_tally.posted_bytes,
            "retried_delta": tally.retried - self._logged_tally.retried,
            "rate_limited_delta": tally.rate_limited - self._logged_tally.rate_limited,
            "seconds": round(now_seconds - self._logged_seconds, 3),
        }
        self._logged, self._logged_seconds, self._logged_tally = totals, now_seconds, replace(tally)
        return deltas
