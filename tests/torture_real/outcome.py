"""What must be true once all is calm: every promise of the README's, held against a run's chunks."""

import json
from collections import Counter
from urllib.parse import quote

from function.state import Entry, Status
from local.stack import CHUNKS_BUCKET, STATE_BUCKET, Stack
from local.web import call
from tests.end_to_end.accounts import Accounts, check_chunk
from tests.end_to_end.chunks import stored_lines
from tests.end_to_end.contents import content_of
from tests.end_to_end.fates import SPACE, fate_of
from tests.end_to_end.files import File
from tests.end_to_end.odd_records import NOW_SECONDS
from tests.end_to_end.one_process import Letter, read_letters
from tests.torture_real.contents import STOLEN

_STOLEN = json.dumps(STOLEN).strip("{}").encode()


def check_files(
    up: Stack, files: dict[str, File], entries: dict[str, Entry], accounts: Accounts
) -> Counter[str]:
    """Each line of each chunk is accepted or rejected, and counted. Returns how the chunks ended."""
    ended: Counter[str] = Counter()
    for name, file in files.items():
        if not file.data:
            assert name not in entries, f"{name} is empty, and has a ledger entry"
            ended["empty"] += 1
            continue
        entry = entries[name]
        ended[entry.status] += 1
        letters = letters_of(up, entry)
        check_chunk(accounts, file, entry, letters, is_lenient=False)
        check_letters(file, entry, letters)
        check_mark(up, name, entry)
    return ended


def check_letters(file: File, entry: Entry, letters: list[Letter]) -> None:
    """Exactly the settled lines that must be rejected, by our rules or by Mixpanel's."""
    settled = [line for line in content_of(file.data).lines if line.number <= entry.checkpoint.line]
    rejected = {line.number for line in settled if is_rejected(line.content)}
    assert {letter.line for letter in letters} == rejected


def check_stored(up: Stack, accounts: Accounts, seed: str) -> None:
    """What the run has sent, as Mixpanel shows it: each once."""
    mark = f'"run": "{seed}/"'.encode()
    stored = Counter(line for line in stored_lines(up) if mark in line)
    doubled = [line for line, count in stored.items() if count > 1]
    assert not doubled, f"shown twice: {doubled[:3]}"
    accounts.check(stored)


def check_mark(up: Stack, name: str, entry: Entry) -> None:
    """The custom time, by which objects are deleted, is set on done chunks alone."""
    stored = call("GET", f"{up.bucket.url}/storage/v1/b/{CHUNKS_BUCKET}/o/{quote(name, safe='')}")
    assert (stored.get("customTime") is not None) == (entry.status is Status.DONE), (name, stored, entry)


def letters_of(up: Stack, entry: Entry) -> list[Letter]:
    parts = [read_letters(up.bucket.read(STATE_BUCKET, part)) for part in entry.dead_letters]
    return [letter for part in parts for letter in part]


def is_rejected(line: bytes) -> bool:
    return is_stolen(line) or (bool(line.strip(SPACE)) and fate_of(line, NOW_SECONDS).verdict == "rejected")


def is_stolen(line: bytes) -> bool:
    """Mixpanel refuses it, the partitioner does not."""
    return _STOLEN in line
