"""Mutations beyond those that were asked for: what was found by the suite, and what stands close to it."""

from tests.torture.mutations import mutation

MORE_MUTATIONS = (
    mutation(
        "a short lease is not renewed while an answer is waited for",
        "chunk_import.py",
        "return min(due_seconds, self._lease.renew_at_seconds)",
        "return due_seconds",
    ),
    mutation(
        "the lease is not renewed while the last answers are waited for",
        "chunk_import.py",
        "            if self._lease.renew_due():\n                self._checkpoint()\n            with",
        "            with",
        "self._courier.step(min(self._answers_until_seconds, self._lease.renew_at_seconds))",
        "self._courier.step(self._answers_until_seconds)",
    ),
    mutation(
        "a retry that is due keeps its thread spinning at the end",
        "courier.py",
        "if self._retries and now_seconds < self._posts_until_seconds:",
        "if self._retries:",
    ),
    mutation(
        "a refusal that counts nothing as imported is believed",
        "settlement.py",
        "suspect=not answer.imported)",
        "suspect=False)",
    ),
    mutation(
        "what only the second refusal names is believed",
        "settlement.py",
        "named = first.flaws or second.flaws",
        "named = second.flaws",
    ),
    mutation(
        "all records of a large chunk are believed to be bad",
        "control.py",
        "        if is_large:\n            complaint",
        "        if False:\n            complaint",
    ),
    mutation(
        "the checksum is not compared at the end",
        "importer.py",
        "if ended is None and work.settled.position.crc32c != _checksum(chunk):",
        "if False:",
    ),
    mutation(
        "lost without a look for a newer generation",
        "importer.py",
        "if live is not None and live.generation > chunk.generation:",
        "if False:",
    ),
    mutation(
        "the ledger is written without a condition",
        "lease.py",
        "if_generation=if_generation,\n                    timeout",
        "if_generation=None,\n                    timeout",
    ),
    mutation(
        "a checkpoint forgets what was inflated",
        "lease.py",
        "checkpoint=progress.position,",
        "checkpoint=replace(progress.position, inflated=0),",
    ),
    mutation(
        "owners that this process saw end count as vanished",
        "ledger.py",
        "is_silent = standing.lease_until is not None and not self._saw_end(standing)",
        "is_silent = standing.lease_until is not None",
    ),
    mutation(
        "a 503 is taken as accepted",
        "answers.py",
        'outcome, reason = Outcome.RETRY, "server-error"',
        "return Answer(Outcome.ACCEPTED, status, imported=10**9)",
    ),
    mutation(
        "an entry keeps its older generation's custom time",
        "ledger.py",
        "                custom_time=None,\n",
        "",
    ),
    mutation(
        "what is rejected while a chunk is given back is forgotten",
        "lease.py",
        "        self._write(replace(entry, status=Status.DEFERRED, lease_until=None))",
        "        self._write(replace(entry, status=Status.DEFERRED, lease_until=None,"
        " dead_letters=self.entry.dead_letters))",
    ),
    mutation(
        "a refusal is taken for the project's though another record was just accepted",
        "control.py",
        "        if self._known_good.line is None:\n            self._known_good.line = line\n",
        "        del line\n",
    ),
    mutation(
        "an index beside another record's id is believed",
        "settlement.py",
        "0 <= at < len(piece) and (not named or piece[at] in named):",
        "0 <= at < len(piece):",
    ),
)
