"""One run: upload, strike, let all calm down, and see whether every promise holds."""

import time
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

from function.state import Entry, Status, decode_entry, ledger_name
from local.stack import CHUNKS_BUCKET, STATE_BUCKET
from local.web import NoAnswer
from tests.end_to_end.accounts import Accounts
from tests.end_to_end.splitting import Split, check_rejected
from tests.torture_real import journey
from tests.torture_real.contents import STOLEN, export_of, files_of
from tests.torture_real.outcome import (
    check_files,
    check_mark,
    check_stored,
    is_rejected,
    is_stolen,
    letters_of,
)
from tests.torture_real.plan import Plan
from tests.torture_real.rig import Rig
from tests.torture_real.strikes import Journal, Striker

ENDED = (Status.DONE, Status.REFUSED, Status.LOST, Status.QUARANTINED)
# Three invocations: the first may be waited out, as after a 429, and the second be killed.
PATIENCE_SECONDS = 165
# With nothing to deliver so long after the last strike, what has no ledger entry was never announced.
ANNOUNCED_SECONDS = 3


@dataclass(frozen=True, slots=True)
class Result:
    """How the chunks ended, and how many of them had to be announced again."""

    ended: Counter[str] = field(default_factory=Counter)
    records: int = 0
    retried: int = 0

    def __add__(self, other: "Result") -> "Result":
        records, retried = self.records + other.records, self.retried + other.retried
        return Result(self.ended + other.ended, records, retried)


class Run:
    def __init__(self, rig: Rig, plan: Plan, folder: Path) -> None:
        self.journal = Journal()
        self.plan, self._rig, self._folder = plan, rig, folder
        self._up = rig.stack
        self._destination = rig.stack.destination.name
        self._retried = 0

    def run(self) -> Result:
        """Raises AssertionError, StackFailed, NoAnswer: a violation, or a stack that can't go on."""
        plan, up = self.plan, self._up
        files = files_of(plan)
        export, made = [], None
        if plan.splitting:
            export = export_of(plan)
            made = journey.split(export, plan.seed, plan.splitting, self._folder, self.journal)
        up.simulator.call("POST", "reset")
        up.simulator.switch(refuse_where=STOLEN)
        up.simulator.add_faults(plan.answers)
        up.topic.switch(doubled=plan.doubled, shuffled=plan.doubled)
        self.journal.begin()
        striker = Striker(self._rig, plan, self.journal)
        try:
            for chunk, (name, file) in zip(plan.chunks, files.items(), strict=True):
                for _ in range(1 + chunk.again):
                    self._upload(name, file.data)
            if plan.splitting and made:
                killed_after = plan.splitting.upload_killed_after_seconds
                target, environ = f"gs://{CHUNKS_BUCKET}/{self._folder_name}", self._rig.client_environ
                journey.upload(self._folder / "chunks", target, environ, killed_after, self.journal)
        finally:
            striker.finish()
        split_names = [f"{self._folder_name}/{path.name}" for path in made.chunks] if made else []
        entries = self._settle([name for name, file in files.items() if file.data] + split_names)
        self.journal.note("settled")
        accounts = Accounts()
        ended = check_files(up, files, entries, accounts)
        if made:
            ended["done"] += self._check_split(export, made, entries, accounts)
        check_stored(up, accounts, plan.seed)
        return Result(ended, sum(entry.records for entry in entries.values()), self._retried)

    @property
    def _folder_name(self) -> str:
        return f"split-{self.plan.seed}"

    def _upload(self, name: str, data: bytes) -> None:
        """Until it is there: what has no answer may have arrived all the same, as a generation of its own."""
        bucket = replace(self._up.bucket, url=self._rig.client_environ["STORAGE_EMULATOR_HOST"])
        ends_at = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                bucket.write(CHUNKS_BUCKET, name, data)
            except NoAnswer:
                if time.monotonic() > ends_at:
                    raise
                time.sleep(0.2)
                continue
            self.journal.note(f"uploaded {name}, {len(data):,} bytes")
            return

    def _settle(self, names: list[str]) -> dict[str, Entry]:
        """Waits until every chunk has ended and nothing waits for delivery."""
        began = time.monotonic()
        while True:
            entries = self._entries(names)
            waiting = [name for name in names if name not in entries or entries[name].status not in ENDED]
            state = self._up.topic.state()
            if not waiting and not state["outstanding"] and not state["under_way"]:
                return entries
            passed_seconds = time.monotonic() - began
            if passed_seconds > ANNOUNCED_SECONDS and not state["outstanding"] and not self._retried:
                self._announce([name for name in waiting if name not in entries])
            if passed_seconds > PATIENCE_SECONDS:
                found = {name: entries.get(name) for name in waiting}
                raise AssertionError(f"not settled after {passed_seconds:.0f} s: {found}; topic: {state}")
            time.sleep(0.2)

    def _announce(self, names: list[str]) -> None:
        """The bucket server announces an object after storing it: struck in between, it may lose that."""
        if names:
            assert self.plan.may_lose_announcements, f"never delivered: {names}"
            self._retried = len(names)
            self.journal.note(f"retry {', '.join(names)}")
            environ = self._up.bucket.environ
            journey.retry(CHUNKS_BUCKET, names, self._destination, environ)

    def _entries(self, names: list[str]) -> dict[str, Entry]:
        prefixes = {ledger_name(self._destination, name): name for name in names}
        found = {}
        for folder in (f"run-{self.plan.seed}-", f"{self._folder_name}/"):
            prefix = ledger_name(self._destination, folder).removesuffix(".json")
            for name in self._up.bucket.names(STATE_BUCKET, prefix):
                found[prefixes[name]] = decode_entry(self._up.bucket.read(STATE_BUCKET, name))
        return found

    def _check_split(
        self, export: list[bytes], made: Split, entries: dict[str, Entry], accounts: Accounts
    ) -> int:
        """An export's lines are in chunks or in `_rejected`; what is in chunks, stored or a dead letter."""
        check_rejected(accounts, export, made)
        journey.follow(self._folder / "chunks", self._destination, self._up.bucket.environ)
        for path in made.chunks:
            name = f"{self._folder_name}/{path.name}"
            entry = entries[name]
            letters = letters_of(self._up, entry)
            assert (entry.status, entry.rejected) == (Status.DONE, len(letters))
            assert all(is_rejected(letter.content) for letter in letters)
            assert entry.records == entry.accepted + entry.rejected
            check_mark(self._up, name, entry)
            for letter in letters:
                accounts.reject(letter)
        assert not any(is_stolen(sent.head) for sent, count in accounts.must.items() if count)
        return len(made.chunks)
