"""Between two steps of an upload: waits until what went up is settled, and stops where it isn't well."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from function.clock import Clock
from function.errors import UnreadableState
from function.state import Entry, Status, ledger_name
from partitioner.account import FAILED, Account, Sought
from partitioner.canary_report import canary_lines, unforeseen
from partitioner.exits import COUNTS_DIFFER, REFUSED, Refused
from partitioner.ledgers import Ledgers, find_destination, read_entry
from partitioner.manifest import Manifest, ManifestChunk
from partitioner.meter import show_chunks
from partitioner.places import Place
from partitioner.refusals import refusals_in
from partitioner.steps import Step, steps_of
from partitioner.stored import StoredObject
from partitioner.watch import INTERVAL_SECONDS, watch

if TYPE_CHECKING:
    from partitioner.storage import Bucket

SAMPLES = 8  # of the chunks that went up, of which one tells the destination


@dataclass(frozen=True, slots=True)
class Terms:
    """What is waited for, and whether anybody is asked once the canary is settled."""

    by_window: bool
    canary: bool
    asks: bool


class Barriers:
    """`destination` is empty where nothing names it: it is then the one where the first chunks come in."""

    def __init__(
        self, state: "Bucket", target: Place, destination: str, terms: Terms, clock: Clock | None = None
    ) -> None:
        self._state, self._target, self.destination = state, target, destination
        self._terms, self._clock = terms, clock or Clock()
        self._sought: list[Sought] = []

    def steps(self, manifest: Manifest) -> tuple[Step, ...]:
        return steps_of(manifest, by_window=self._terms.by_window, canary=self._terms.canary)

    def done(self, chunks: Iterable[ManifestChunk]) -> set[str]:
        """The names of those that were imported before, and may have expired since."""
        if not self.destination:
            return set()
        wanted = {self._target.folder + chunk.name: chunk for chunk in chunks}
        return {
            wanted[name].name
            for name, entry in Ledgers(self._state, self.destination, wanted).changes()
            if isinstance(entry, Entry)
            and entry.status is Status.DONE
            and entry.crc32c == wanted[name].crc32c
        }

    def passed(self, step: Step, sent: Mapping[str, StoredObject], manifest: Manifest, left: int) -> None:
        """Returns when the next step may begin; `left` is how many chunks are in it and behind it.

        Raises Refused, and click's exits.
        """
        self._sought = [
            Sought(
                self._target.folder + chunk.name,
                chunk.records,
                chunk.crc32c,
                sent[chunk.name].generation if chunk.name in sent else 0,
            )
            for chunk in step.chunks
        ]
        if step.is_last and not step.is_canary:
            return
        what = "the canary" if step.is_canary else f"{show_chunks(len(step.chunks))} of window {step.name}"
        account = self._wait(what)
        if step.is_canary:
            self._judge(step.chunks[0], manifest, left)
        elif account.has_failed or not account.adds_up:
            raise Refused(self._what_is_wrong(step, account))

    def wait_for_last(self) -> None:
        """Returns when the last step is settled, however."""
        self._wait(f"the last {show_chunks(len(self._sought))}")

    def _wait(self, what: str) -> Account:
        self._find_destination()
        account = watch(
            self._sought,
            f"Waiting for {what} in {self.destination}",
            self._state,
            self.destination,
            clock=self._clock,
        )
        if not account.is_settled:
            raise KeyboardInterrupt
        return account

    def _find_destination(self) -> None:
        """The one that the function imports what was just uploaded into; until it does, nothing tells.

        (What isn't new in the bucket may have been imported into another project before.)
        """
        new = [chunk for chunk in self._sought if chunk.generation][:SAMPLES]
        if not self.destination:
            click.echo("Waiting for the function to begin", err=True)
        while not self.destination:
            found = self._state.folders("ledger/")
            if new:
                found = [each for each in found if any(self._has_begun(each, chunk) for chunk in new)]
            if found:
                self.destination = found[0] if new else find_destination(self._state, {})
            else:
                self._clock.sleep(INTERVAL_SECONDS)

    def _has_begun(self, destination: str, chunk: Sought) -> bool:
        entry = read_entry(self._state, ledger_name(destination, chunk.name))
        return isinstance(entry, Entry) and entry.generation >= chunk.generation

    def _judge(self, chunk: ManifestChunk, manifest: Manifest, left: int) -> None:
        entry = read_entry(self._state, ledger_name(self.destination, self._target.folder + chunk.name))
        if isinstance(entry, UnreadableState):
            raise Refused(f"the canary's ledger entry can't be read: {entry}")
        kinds = refusals_in(entry.dead_letters, self._state) if entry else {}
        new = unforeseen(kinds, manifest)
        for line in canary_lines(chunk, entry, kinds, new, self.destination, self._state.name):
            click.echo(line)
        if entry is None or entry.status in FAILED:
            raise click.exceptions.Exit(REFUSED)
        if new or entry.accepted + entry.rejected != chunk.records:
            click.echo("Nothing else was uploaded. To upload the rest all the same: leave out --canary")
            raise click.exceptions.Exit(COUNTS_DIFFER)
        if left and self._terms.asks and not click.confirm(f"Upload the rest ({show_chunks(left)})?"):
            raise Refused("the rest was not uploaded; the same command shows the canary and asks again")

    def _what_is_wrong(self, step: Step, account: Account) -> str:
        if not account.has_failed:
            wrong = account.discrepancies
            what = f"counts don't add up: {wrong[0].name}: {wrong[0].discrepancy}"
        else:
            failed = [each for each in account.not_done if each.status in FAILED]
            what = ", ".join(
                f"{account.chunks(status):,} {status}" for status in FAILED if account.chunks(status)
            )
            what += f" (the first: {failed[0].name}: {failed[0].message})" if failed else ""
        state = f"gs://{self._state.name}"
        return (
            f"window {step.name} isn't done, so the next was not begun: {what}.\n"
            f"See: python -m partitioner follow {self._target} --state {state} "
            f"--destination {self.destination} --once\n"
            f"Once that is mended, the same command goes on; without --follow it waits for nothing"
        )
