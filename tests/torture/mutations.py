"""What is broken on purpose, one at a time, to see that the virtual suite notices."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Change:
    """`before` stands in the file exactly once."""

    file: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Mutation:
    name: str
    changes: tuple[Change, ...]


def mutation(name: str, file: str, *texts: str) -> Mutation:
    """`texts` are before and after, in turn."""
    pairs = zip(texts[::2], texts[1::2], strict=True)
    return Mutation(name, tuple(Change(file, before, after) for before, after in pairs))


MUTATIONS = (
    mutation(
        "the checkpoint passes an unsettled batch",
        "prefix.py",
        "        while self._open and (first := self._open[0].settled) is not None:\n"
        "            self._open.popleft()\n",
        "        for entry in [entry for entry in self._open if entry.settled]:\n"
        "            first = entry.settled\n            self._open.remove(entry)\n",
    ),
    mutation(
        "the ledger is written before its dead-letter parts",
        "chunk_import.py",
        "        write_part(self._doors.state_bucket, name, content, timeout_seconds=self._call_seconds())",
        "        self._write_late = lambda: write_part(\n"
        "            self._doors.state_bucket, name, content, timeout_seconds=self._call_seconds()\n"
        "        )",
        "        yield progress\n",
        "        yield progress\n        if letters:\n            self._write_late()\n",
    ),
    mutation(
        "parts are not listed",
        "lease.py",
        "dead_letters=entry.dead_letters + added,",
        "dead_letters=entry.dead_letters,",
    ),
    mutation(
        "the owner is not compared after a 412",
        "lease.py",
        "if standing.owner != entry.owner or standing.sequence > entry.sequence:",
        "if standing.sequence > entry.sequence:",
    ),
    mutation(
        "the sequence is not compared after a 412",
        "lease.py",
        "                if standing.sequence == entry.sequence:\n                    return if_generation",
        "                return if_generation",
    ),
    mutation(
        "vanished is counted on deferral",
        "ledger.py",
        "is_silent = standing.lease_until is not None and not self._saw_end(standing)",
        "is_silent = not self._saw_end(standing)",
    ),
    mutation(
        "vanished is never counted",
        "ledger.py",
        "return standing.vanished + counts",
        "return standing.vanished",
    ),
    mutation(
        "a lease is renewed past the invocation's end",
        "lease.py",
        "ends_at = min(self.clock.wall_seconds() + self.lease_seconds, self.ends_at_seconds)",
        "ends_at = self.clock.wall_seconds() + self.lease_seconds",
    ),
    mutation(
        "the checkpoint's offset is one member too far",
        "prefix.py",
        "position=settled.batch.end,",
        "position=self._open[0].batch.end if self._open else settled.batch.end,",
    ),
    mutation(
        "the checkpoint is one member too near, but counts are kept",
        "prefix.py",
        "position=settled.batch.end,",
        "position=settled.batch.start,",
    ),
    mutation(
        "counts are not carried over to a generation of the same content",
        "ledger.py",
        'again = replace(standing, generation=chunk.generation, vanished=0, finished=None, message="")',
        'again = replace(standing, generation=chunk.generation, vanished=0, finished=None, message="",'
        " records=0, accepted=0, rejected=0)",
    ),
    mutation(
        "counts are carried over to other content",
        "ledger.py",
        "fresh = replace(_fresh(chunk), previous=replace(standing, previous=None))",
        "fresh = replace(_fresh(chunk), previous=replace(standing, previous=None), records=standing.records,"
        " accepted=standing.accepted, rejected=standing.rejected)",
    ),
    mutation(
        "a lower generation is not ignored",
        "ledger.py",
        "if chunk.generation < standing.generation:",
        "if chunk.generation < 0:",
    ),
    mutation(
        "the custom time is set on deferral",
        "lease.py",
        "        self._write(replace(entry, status=Status.DEFERRED, lease_until=None))",
        "        self._write(replace(entry, status=Status.DEFERRED, lease_until=None))\n"
        "        self._page.set_custom_time(self.chunk)",
    ),
    mutation(
        "one half is dropped after a 413",
        "settlement.py",
        "    return Ruling(again=(piece[:middle], piece[middle:]), suspect=whole)",
        "    if answer.outcome is Outcome.TOO_LARGE:\n        return Ruling(again=(piece[:middle],))\n"
        "    return Ruling(again=(piece[:middle], piece[middle:]), suspect=whole)",
    ),
    mutation(
        "failed records are matched by id only",
        "settlement.py",
        "        if at is not None and 0 <= at < len(piece) and (not named or piece[at] in named):\n"
        "            flaws[piece[at]] = _flaw(failure)\n",
        "        if named:\n            flaws[named[0]] = _flaw(failure)\n",
    ),
    mutation(
        "a 200 without a count is taken as accepted",
        "answers.py",
        'return Answer(Outcome.RETRY, status, "no-count", message=message)',
        "return Answer(Outcome.ACCEPTED, status, imported=10**9)",
    ),
    mutation(
        "wrong credentials make dead letters",
        "answers.py",
        '    401: (Outcome.STOP, "credentials"),',
        '    401: (Outcome.REFUSED, "refused"),',
    ),
    mutation(
        "no control is posted",
        "control.py",
        "        yield from _confirm(control)\n"
        "        answers = yield [parcel_of(piece) for piece in pieces]\n"
        "        yield from _confirm(control)\n",
        "        answers = yield [parcel_of(piece) for piece in pieces]\n",
    ),
    mutation(
        "the batch is not posted again after the control",
        "control.py",
        "        answers = yield [parcel_of(piece) for piece in pieces]\n"
        "        yield from _confirm(control)\n"
        "        return answers",
        "        yield from _confirm(control)\n        return None",
    ),
    mutation(
        "done under a new generation is not written",
        "ledger.py",
        "            generation = page.put(standing, generation)\n        if standing.custom_time is None:",
        "            standing = replace(standing, custom_time=now)\n        if standing.custom_time is None:",
    ),
    mutation(
        "a chunk that vanished is not worked on alone",
        "ledger.py",
        "        if standing.vanished and not alone:\n            return NeedsAlone()\n",
        "",
    ),
    mutation(
        "a part's name has no sequence",
        "state.py",
        'return f"{folder}{first_offset}-{owner}-{sequence}.ndjson.gz"',
        'return f"{folder}{first_offset}-{owner}-0.ndjson.gz"',
    ),
    mutation(
        "an unsure write is replaced by a newer one under its sequence",
        "lease.py",
        "            self._write(self._unsure)\n        return sequence",
        "            sequence = self._unsure.sequence\n        return sequence",
    ),
    mutation(
        "an owner is a process, not a claim",
        "ledger.py",
        "        self._new_owner = new_owner\n",
        "        owner = new_owner()\n        self._new_owner = lambda: owner\n",
    ),
    mutation(
        "the custom time is not pinned to its generation",
        "lease.py",
        "            self.chunks.set_custom_time(chunk.name, chunk.generation, at, ",
        "            live = self.chunks.stat(chunk.name, timeout_seconds=self.call_seconds())\n"
        "            generation = live.generation if live else 0\n"
        "            self.chunks.set_custom_time(chunk.name, generation, at, ",
    ),
    Mutation(
        "unlisted parts are deleted before done is confirmed",
        (
            Change(
                "importer.py",
                '    work.finish(Status.DONE, "")\n',
                '    work.tidy_up()\n    work.finish(Status.DONE, "")\n',
            ),
            Change(
                "chunk_import.py",
                "        self._lease.mark_done()\n",
                "        if self._lease.entry.status is Status.DONE:\n"
                "            self._lease.mark_done()\n            return\n",
            ),
        ),
    ),
)
