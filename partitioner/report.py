"""What a run says at its end."""

from collections.abc import Iterator

import msgspec

from function.records import Added
from partitioner.jobs import Damage, Reason
from partitioner.meter import show_bytes
from partitioner.paths import Skipped
from partitioner.tracking.verdict import TrackingReport
from partitioner.work import OTHER_FOLDER, REJECTED_FOLDER

_MAX_REASONS_SHOWN = 5


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

    @property
    def rejected_share(self) -> float:
        return self.rejected / max(1, self.rejected + self.records)

    def lines(self, output: str) -> Iterator[str]:
        """For people. `output` is where it was written, empty after a dry run."""
        sizes = f"{show_bytes(self.json_bytes)} of JSON"
        where = f" ({show_bytes(self.bytes)}, {sizes}) in {output}" if output else f" ({sizes})"
        yield f"{_count(self.records, 'record')} in {_count(self.chunks, 'chunk')}{where}"
        if self.rejected:
            where = f", kept in {output}/{REJECTED_FOLDER}" if output else ""
            yield f"{self.rejected:,} rejected ({self.rejected_share:.2%}){where}"
            yield from self.reason_lines()
        if self.asides:
            kinds = ", ".join(f"{count:,} {kind}" for kind, count in self.asides.items())
            where = f", kept in {output}/{OTHER_FOLDER}" if output else ""
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
