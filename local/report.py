"""The one table that an import ends with, and whether it adds up."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from function.state import Status
from local.generate import Generated
from partitioner.account import Account
from partitioner.exits import COUNTS_DIFFER, REFUSED
from partitioner.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Report:
    """`simulator` is the state of one that held nothing before; `generated` what is known of the export."""

    manifest: Manifest
    account: Account
    seconds: float
    simulator: dict[str, Any] | None = None
    generated: Generated | None = None

    @property
    def exit_code(self) -> int:
        if self.account.has_failed:
            return REFUSED
        return COUNTS_DIFFER if list(self.differences()) else 0

    def differences(self) -> Iterator[str]:
        """Every sentence is something that should be equal and isn't."""
        manifest, total = self.manifest, self.account.total
        if manifest.records != total.accepted + total.rejected:
            yield (
                f"{manifest.records:,} records were uploaded, but {total.accepted:,} are accepted and "
                f"{total.rejected:,} rejected"
            )
        yield from (f"{chunk.name}: {chunk.discrepancy}" for chunk in self.account.discrepancies)
        yield from self._differences_there()
        if self.generated:
            yield from self._differences_from(self.generated)

    def _differences_there(self) -> Iterator[str]:
        """A rejected record may be the first of its copies, or one of them."""
        if self.simulator is None or self.account.has_failed:
            return
        shows, least = self.manifest.shows, self.manifest.shows - self.account.total.rejected
        there = self.simulator["deduplicated"]
        if not least <= there <= shows:
            wanted = f"{shows:,}" if least == shows else f"{least:,} to {shows:,}"
            yield f"the simulator shows {there:,} records, not {wanted}"

    def _differences_from(self, generated: Generated) -> Iterator[str]:
        there = self.simulator["deduplicated"] if self.simulator else generated.shows
        for what, is_now, should_be in (
            ("rejected before upload", self.manifest.rejected, generated.flawed),
            ("rejected by Mixpanel", self.account.total.rejected, generated.refused),
            ("copies", self.manifest.copies, generated.copies),
            ("shown by Mixpanel", there, generated.shows),
        ):
            if is_now != should_be:
                yield f"{what}: {is_now:,}, but {should_be:,} were generated"

    def lines(self) -> Iterator[str]:
        manifest, total = self.manifest, self.account.total
        rate = total.records / self.seconds if self.seconds else 0
        yield ""
        yield _row("records in", manifest.records + manifest.rejected)
        yield _row("rejected before upload", manifest.rejected)
        yield _row("accepted", total.accepted)
        yield _row("rejected by Mixpanel", total.rejected)
        yield _row("copies, shown once", manifest.copies)
        if self.simulator:
            yield _row("Mixpanel shows", self.simulator["deduplicated"])
        yield _row("chunks", total.chunks, self._not_done())
        yield _row("seconds", round(self.seconds), f"{rate:,.0f} records/s, all included")
        yield ""

    def verdict(self) -> Iterator[str]:
        if self.account.has_failed:
            yield "Not everything could be imported:"
            yield from (f"  {chunk.name}: {chunk.status}. {chunk.message}" for chunk in self.account.not_done)
        differences = list(self.differences())
        if differences:
            yield "It doesn't add up:"
            yield from (f"  {difference}" for difference in differences)
        elif not self.account.has_failed:
            yield "It adds up."

    def _not_done(self) -> str:
        others = [
            f"{tally.chunks:,} {status}"
            for status, tally in self.account.tallies.items()
            if status != Status.DONE
        ]
        return ", ".join(others) or "all done"


def _row(name: str, number: int, note: str = "") -> str:
    return f"  {name:24}{number:>14,}  {note}".rstrip()
