"""Holds what is stored and what is rejected against the lines that were given."""

from collections import Counter
from collections.abc import Iterable

from function.state import Entry, Status
from tests.end_to_end.contents import BOM, Content, Line, content_of
from tests.end_to_end.fates import SPACE, Sent, fate_of, is_object
from tests.end_to_end.files import File
from tests.end_to_end.odd_records import NOW_SECONDS
from tests.end_to_end.one_process import Letter

PROBED_LINES = 1_000
# Of compressed files, UTF-16, and an array over many lines: no records, whatever follows.
FOREIGN = (b"\x1f\x8b", b"BZh", b"\xff\xfe", b"\xfe\xff", b"[")


class Accounts:
    """What must be stored, what may be, and what is; compared at the end."""

    def __init__(self) -> None:
        self.must: Counter[Sent] = Counter()
        self.may: set[Sent] = set()
        self.is_exact = True
        """Nothing was posted twice, as far as can be told."""
        self.may_be_anything = False

    def reject(self, letter: Letter) -> None:
        """One of those that must be stored is rejected instead; what was posted with it may stand twice."""
        sent = next(sent for sent, count in self.must.items() if count and sent.is_it(letter.content))
        self.must[sent] -= 1
        self.is_exact = False

    def check(self, stored: Counter[bytes]) -> None:
        whole = {sent.head: sent for sent in (*self.must, *self.may) if sent.tail is None}
        with_id = [sent for sent in (*self.must, *self.may) if sent.tail is not None]
        found: Counter[Sent] = Counter()
        for line, count in stored.items():
            sent = whole.get(line) or next((sent for sent in with_id if sent.is_it(line)), None)
            assert sent is not None or self.may_be_anything, f"stored, but nobody's: {line[:300]!r}"
            if sent is not None:
                assert sent not in found, f"stored with two ids: {sent}"
                found[sent] = count
        for sent, count in self.must.items():
            assert found[sent] >= count, f"neither stored nor rejected: {sent}"
            if self.is_exact and sent not in self.may:
                assert found[sent] == count, f"stored {found[sent]} times, not {count}: {sent}"


def settle_lines(
    accounts: Accounts, lines: Iterable[Line], letters: dict[int, Letter], *, is_lenient: bool
) -> int:
    """Each line is a letter, or must be stored, or blank. Returns how many are no letters."""
    accepted = 0
    for line in lines:
        own = line.content.strip(SPACE)
        fate = fate_of(line.content, NOW_SECONDS)
        sent = Sent(own) if line.ready else fate.sent
        letter = letters.pop(line.number, None)
        if not own:
            assert letter is None
        elif letter is None:
            assert sent is not None, f"neither: line {line.number}, {own[:300]!r}"
            accounts.must[sent] += 1
            accepted += 1
        elif sent is None or (line.ready and fate.verdict == "rejected"):
            assert letter.content == own
        else:
            assert sent.is_it(letter.content), f"{sent}: {letter}"
            assert not is_lenient or (line.ready and fate.sent != sent), letter
        accounts.is_exact &= letter is None or (fate.verdict == "rejected" and not line.ready)
    return accepted


def check_chunk(
    accounts: Accounts, file: File, entry: Entry, letters: list[Letter], *, is_lenient: bool
) -> None:
    by_line = {letter.line: letter for letter in letters}
    assert len(by_line) == len(letters) == entry.rejected
    assert all(letter.message and not letter.file for letter in letters)
    assert entry.records == entry.accepted + entry.rejected
    is_changed = file.damage == "changed"
    content = content_of(file.data)
    accounts.is_exact &= not is_changed
    if not is_changed:
        check_end(content, entry)
    elif entry.status is Status.REFUSED:
        content = before(file)
        accounts.may_be_anything = True
    elif not content.is_whole:  # by a checksum that the importer doesn't look at, of a gzip header
        content = content_of(file.original)
    settled = [line for line in content.lines if line.number <= entry.checkpoint.line]
    for line in content.lines[len(settled) :]:
        sent = Sent(line.content.strip(SPACE)) if line.ready else fate_of(line.content, NOW_SECONDS).sent
        accounts.may |= {sent} if sent else set()
    if is_changed and entry.status is Status.DONE:
        assert _texts(content) == _texts(content_of(file.original))
    elif is_changed and any(is_object(line.content) for line in content.lines):
        assert len(settled) == len(content.lines)
    accepted = settle_lines(accounts, settled, by_line, is_lenient=is_lenient)
    if not is_changed or entry.status is Status.DONE:
        assert (accepted, by_line) == (entry.accepted, {})


def before(file: File) -> Content:
    """The lines that end before the gzip member that damage lies in."""
    whole_bytes = content_of(file.data[: file.damaged_at]).whole_bytes
    content = content_of(file.data[:whole_bytes]) if whole_bytes else Content([])
    return Content(content.lines[:-1])


def check_end(content: Content, entry: Entry) -> None:
    """All lines are settled; or those before the damage; or none, since none is a record."""
    if content.is_whole and entry.status is Status.REFUSED:
        assert entry.checkpoint.line == 0
        assert may_be_foreign(content)
        return
    assert entry.checkpoint.line == len(content.lines)
    assert entry.status is (Status.DONE if content.is_whole else Status.REFUSED)
    assert not content.is_whole or not is_foreign(content)


def may_be_foreign(content: Content) -> bool:
    """By its first bytes, or since there is no object that every reader of JSON takes for one."""
    probed = _probed(content)
    looks_foreign = any(line.content.lstrip(SPACE).startswith(FOREIGN) for line in probed[:1])
    return looks_foreign or not any(line.ready or is_object(line.content) for line in probed)


def is_foreign(content: Content) -> bool:
    """Nothing in it even begins as an object does."""
    probed = _probed(content)
    return bool(probed) and not any(line.ready or b"{" in line.content[:8] for line in probed)


def _probed(content: Content) -> list[Line]:
    return [line for line in content.lines if line.content.strip(SPACE)][:PROBED_LINES]


def _texts(content: Content) -> list[bytes]:
    """A byte order mark is one where the first member is read as anybody's gzip."""
    return [line.content.removeprefix(BOM) for line in content.lines]
