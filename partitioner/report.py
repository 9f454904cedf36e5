"""What a run says at its end."""

from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from function.records import Added
from partitioner.jobs import Damage, Reason
from partitioner.meter import show_bytes
from partitioner.paths import Skipped
from partitioner.tracking.verdict import TrackingReport
from partitioner.work import OTHER_FOLDER, REJECTED_FOLDER

_MAX_REASONS_SHOWN = 5


class WindowReport(msgspec.Struct, frozen=True):
    """Times are the least and the greatest of its records, in Unix seconds; None where it has none."""

    name: str
    folder: str
    records: int
    chunks: int
    first_time: int | None
    last_time: int | None

    def line(self) -> str:
        if self.first_time is None or self.last_time is None:
            return f"  {self.folder:12} no records"
        first, last = (datetime.fromtimestamp(each, UTC).date() for each in (self.first_time, self.last_time))
        what = f"{_count(self.records, 'record')} in {_count(self.chunks, 'chunk')}"
        return f"  {self.folder:12} {what}, of {first}" + ("" if first == last else f" to {last}")


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """`shows` is how many of the records Mixpanel will show. `bytes`, of the chunks, is 0 after a dry run."""

    name: str
    as_of: float
    records: int
    chunks: int
    bytes: int
    json_bytes: int
    rejected: int
    reasons: tuple[Reason, ...]
    damages: tuple[Damage, ...]
    skipped: tuple[Skipped, ...]
    added: Added
    copies: int
    copies_kept: bool
    shows: int
    asides: dict[str, int] = {}
    not_finite: int = 0
    tracking: TrackingReport | None = None
    outside: int = 0
    canary: int = 0
    """How many records the canary has."""
    windows: tuple[WindowReport, ...] = ()

    @property
    def rejected_share(self) -> float:
        return self.rejected / max(1, self.rejected + self.records + self.outside)

    def lines(self, output: str, folder: str = "") -> Iterator[str]:
        """For people. `output` is where chunks are, empty after a dry run; `folder` has all but them."""
        kept_in = folder or output
        sizes = f"{show_bytes(self.json_bytes)} of JSON"
        where = f" ({show_bytes(self.bytes)}, {sizes}) in {output}" if output else f" ({sizes})"
        yield f"{_count(self.records, 'record')} in {_count(self.chunks, 'chunk')}{where}"
        yield from self._when_lines()
        if self.rejected:
            where = f", kept in {kept_in}/{REJECTED_FOLDER}" if output else ""
            yield f"{self.rejected:,} rejected ({self.rejected_share:.2%}){where}"
            yield from self.reason_lines()
        if self.asides:
            kinds = ", ".join(f"{count:,} {kind}" for kind, count in self.asides.items())
            where = f", kept in {kept_in}/{OTHER_FOLDER}" if output else ""
            yield f"set aside, since they are no events: {kinds}{where}"
        for damage in self.damages:
            yield f"damaged: {damage.file}, from line {damage.line:,} on: {damage.message}"
        for skipped in self.skipped:
            yield f"skipped: {skipped.file}: {skipped.why}"
        added = self.added
        yield (
            f"added: $insert_id to {added.insert_ids:,}, ip to {added.ips:,}, "
            f"distinct_id to {added.distinct_ids:,}"
        )
        if self.not_finite:
            yield f"NaN and infinite values left out: {self.not_finite:,}"
        if self.tracking:
            yield from self.tracking.lines()
        if self.copies:
            kept = "each got an id of its own" if self.copies_kept else "counted once without --keep-copies"
            yield f"copies: {self.copies:,} have event, distinct_id, $insert_id and day of another; {kept}"
        yield f"Mixpanel will show {self.shows:,}"

    def _when_lines(self) -> Iterator[str]:
        for window in self.windows:
            yield window.line()
        if self.canary:
            yield f"the first chunk is a canary of {_count(self.canary, 'record')}: see upload --canary"
        if self.outside:
            yield f"outside --since and --until: {_count(self.outside, 'record')} left out"

    def reason_lines(self) -> Iterator[str]:
        """The commonest, each with the places of its first lines."""
        for reason in self.reasons[:_MAX_REASONS_SHOWN]:
            places = ", ".join(f"{sample.file}:{sample.line}" for sample in reason.samples)
            more = ", …" if reason.count > len(reason.samples) else ""
            yield f"  {reason.count:>9,}  {reason.message}  ({places}{more})"
        rest = self.reasons[_MAX_REASONS_SHOWN:]
        if rest:
            yield f"  {sum(reason.count for reason in rest):>9,}  for {len(rest)} other reasons"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
