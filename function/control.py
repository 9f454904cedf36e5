"""Is it the record, or the project? A refusal is believed only beside a record that is known to be accepted.

A wrong project, or one that takes nothing for a while, must not turn good records into dead letters.
"""

from collections import Counter
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from isal import isal_zlib

from .answers import Answer, Outcome
from .errors import ProjectRefused
from .mixpanel import Parcel

T = TypeVar("T")

# Without a control, so many of the refused records are posted one by one.
SAMPLE_RECORDS = 20

GZIP_WINDOW_BITS = 31


@dataclass(slots=True)
class KnownGood:
    """The process's control: a record, as sent, that was accepted. Posting it again is harmless."""

    line: bytes | None = None


class Trial:
    """What one chunk needs to tell a refused record from a refusing project.

    `is_large` says whether the chunk has at least 1,000 records; `recall` reads the control that the chunk's
    ledger entry points at; `ahead` gives up to so many records that follow, from as far apart as can be. All
    are asked only when a refusal is in doubt.
    """

    def __init__(
        self,
        known_good: KnownGood,
        is_large: Callable[[], bool],
        recall: Callable[[], bytes | None],
        ahead: Callable[[int], Sequence[bytes]],
    ) -> None:
        self._known_good = known_good
        self._is_large = is_large
        self._recall = recall
        self._ahead = ahead
        self._believes_refusals = False

    def judge(
        self, pieces: Sequence[Sequence[bytes]]
    ) -> Generator[list[Parcel], list[Answer], list[Answer] | None]:
        """Posts each refused piece once more, between two postings of the control: the answers.

        None: there is no control, and the refusals are to be believed as they are. Raises ProjectRefused
        (transient) where the project takes nothing.
        """
        control = self._control()
        if control is None and not self._believes_refusals:
            control = yield from self._find_control([line for piece in pieces for line in piece])
        if control is None:
            return None
        yield from _confirm(control)
        answers = yield [parcel_of(piece) for piece in pieces]
        yield from _confirm(control)
        return answers

    def note_good(self, line: bytes) -> None:
        """The destination has just accepted it."""
        if self._known_good.line is None:
            self._known_good.line = line

    def _control(self) -> bytes | None:
        if self._known_good.line is None:
            self._known_good.line = self._recall()
        return self._known_good.line

    def _find_control(self, lines: list[bytes]) -> Generator[list[Parcel], list[Answer], bytes | None]:
        is_large = self._is_large()
        # A large chunk may begin with a batch of bad records, too old ones for instance, and be good behind.
        ahead = self._ahead(SAMPLE_RECORDS // 2) if is_large else ()
        sample = [*spread(lines, SAMPLE_RECORDS - len(ahead)), *ahead]
        answers = yield [parcel_of([line]) for line in sample]
        for line, answer in zip(sample, answers, strict=True):
            if is_accepted(answer):
                self._known_good.line = line
                return line
        if is_large:
            complaint = Counter(map(complaint_of, answers)).most_common(1)[0][0]
            raise ProjectRefused(f"it refused all of {len(sample)} records, most of them so: {complaint}")
        self._believes_refusals = True
        return None


def spread(items: Sequence[T], most: int) -> Sequence[T]:
    """At most so many of them, at equal distances."""
    count = min(most, len(items))
    return [items[index * len(items) // count] for index in range(count)]


def parcel_of(lines: Sequence[bytes]) -> Parcel:
    """Compressed at level 1: only what was refused once, or found too large, comes this way."""
    content = b"".join(line + b"\n" for line in lines)
    body = isal_zlib.compress(content, level=1, wbits=GZIP_WINDOW_BITS)
    return Parcel(body=body, records=len(lines), json_bytes=len(content))


def is_accepted(answer: Answer) -> bool:
    return answer.outcome is Outcome.ACCEPTED and bool(answer.imported)


def complaint_of(answer: Answer) -> str:
    """What the answer to a single record complains of, in Mixpanel's words where it has any."""
    for failure in answer.failures:
        if failure.message:
            return failure.message
    return answer.message or f"HTTP {answer.status}"


def _confirm(control: bytes) -> Generator[list[Parcel], list[Answer], None]:
    (answer,) = yield [parcel_of([control])]
    if not is_accepted(answer):
        raise ProjectRefused(f"it refused a record that it had accepted before: {complaint_of(answer)}")
