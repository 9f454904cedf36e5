"""From a batch to settled records: which were accepted, which are at fault, and why.

`settle` is a generator: it yields the parcels to post next and is sent their answers, in the same order, each
one definite (never one to be retried). It decodes a batch only when Mixpanel refuses something in it.
"""

from collections import defaultdict
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

import msgspec

from .answers import Answer, Failure, Outcome
from .batches import Batch
from .control import Trial, complaint_of, parcel_of
from .logs import Reason
from .mixpanel import Parcel
from .records import Flaw
from .state import DeadLetter

# A 413 may name any number; below this one, following it would cost more requests than it could save.
LEAST_LIMIT_BYTES = 10_000

Piece = tuple[int, ...]
"""Indexes of some of a batch's records, ascending."""

Letter = tuple[Reason, DeadLetter]
"""Who rejected the record, our own rules or Mixpanel, and what is kept of it."""


@dataclass(slots=True)
class SizeLimit:
    """The smallest limit that a 413 has named so far, in bytes of JSON. One for the process."""

    json_bytes: int | None = None

    def learn(self, answer: Answer) -> None:
        named = answer.limit_bytes
        if named is not None and named >= LEAST_LIMIT_BYTES:
            self.json_bytes = named if self.json_bytes is None else min(self.json_bytes, named)

    def allows(self, json_bytes: int) -> bool:
        return self.json_bytes is None or json_bytes <= self.json_bytes


@dataclass(frozen=True, slots=True)
class Settled:
    """Every line of the batch is accepted or a letter. `good_index` is of a record that was accepted."""

    batch: Batch
    accepted: int
    letters: tuple[Letter, ...]
    good_index: int | None


@dataclass(frozen=True, slots=True)
class Ruling:
    """What an answer means for its piece: records at fault, and pieces to post again.

    Where it is `suspect`, both hold only once the trial has shown that the project isn't at fault.
    `good_index` is of a record that was taken for certain.
    """

    flaws: dict[int, Flaw] = field(default_factory=dict)
    again: tuple[Piece, ...] = ()
    suspect: bool = False
    good_index: int | None = None


def settle(batch: Batch, trial: Trial, limit: SizeLimit) -> Generator[list[Parcel], list[Answer], Settled]:
    """Returns once every record of the batch is accepted or at fault. Raises ProjectRefused (transient)."""
    own = tuple(
        (Reason.OWN_RULES, _letter(rejection.content, rejection.line, rejection.flaw))
        for rejection in batch.rejections
    )
    if batch.records == 0:
        return Settled(batch, 0, own, None)
    answer = None
    if limit.allows(batch.json_bytes):
        (answer,) = yield [Parcel(batch.body, batch.records, batch.json_bytes)]
        if answer.outcome is Outcome.ACCEPTED and answer.imported == batch.records:
            return Settled(batch, batch.records, own, 0)
    lines = batch.lines()
    flaws = yield from _examine(lines, answer, trial, limit)
    refused = tuple(
        (Reason.MIXPANEL, _letter(lines[index], batch.line_numbers[index], flaw))
        for index, flaw in sorted(flaws.items())
    )
    good_index = next((index for index in range(len(lines)) if index not in flaws), None)
    letters = tuple(sorted(own + refused, key=lambda letter: letter[1].line))
    return Settled(batch, len(lines) - len(refused), letters, good_index)


def _examine(
    lines: list[bytes], first: Answer | None, trial: Trial, limit: SizeLimit
) -> Generator[list[Parcel], list[Answer], dict[int, Flaw]]:
    whole: Piece = tuple(range(len(lines)))
    flaws: dict[int, Flaw] = {}
    again: list[Piece] = [] if first else [whole]
    verdicts: list[tuple[Piece, Answer]] = [(whole, first)] if first else []
    suspects: list[tuple[Piece, Ruling]] = []
    while verdicts or again or suspects:
        for piece, answer in verdicts:
            limit.learn(answer)
            ruling = rule(piece, answer, lines)
            if ruling.good_index is not None:
                trial.note_good(lines[ruling.good_index])
            if ruling.suspect:
                suspects.append((piece, ruling))
            else:
                flaws |= ruling.flaws
                again += ruling.again
        verdicts = []
        if suspects and not again:  # what is posted before the trial may be the control
            pieces = [[lines[index] for index in piece] for piece, _ in suspects]
            second = yield from trial.judge(pieces)
            for number, (piece, ruling) in enumerate(suspects):
                believed = _confirmed(ruling, rule(piece, second[number], lines)) if second else ruling
                flaws |= believed.flaws
                again += believed.again
            suspects = []
        again = _within(limit, again, lines)
        if again:
            answers = yield [parcel_of([lines[index] for index in piece]) for piece in again]
            verdicts = list(zip(again, answers, strict=True))
            again = []
    return flaws


def rule(piece: Piece, answer: Answer, lines: Sequence[bytes]) -> Ruling:
    """Pure. `lines` is the whole batch. A refusal is suspect where no record is known to have been taken."""
    if answer.outcome is Outcome.ACCEPTED and (answer.imported or 0) >= len(piece):
        return Ruling(good_index=piece[0])
    if answer.outcome is Outcome.PARTLY:
        flaws = match_failures(answer.failures, piece, lines)
        rest = tuple(index for index in piece if index not in flaws)
        if not rest:
            return Ruling(flaws, suspect=True)
        if flaws:
            # What a list leaves out may have been refused all the same, unless the answer counts it.
            if answer.imported == len(rest):
                return Ruling(flaws, good_index=rest[0])
            return Ruling(flaws, again=(rest,), suspect=not answer.imported)
    if len(piece) == 1:
        return Ruling({piece[0]: _lone_flaw(answer)}, suspect=True)
    middle = len(piece) // 2
    whole = len(piece) == len(lines) and answer.outcome is not Outcome.TOO_LARGE and not answer.imported
    return Ruling(again=(piece[:middle], piece[middle:]), suspect=whole)


def _confirmed(first: Ruling, second: Ruling) -> Ruling:
    """At fault is what both name, where the first names any; what only the second does is posted again."""
    named = first.flaws or second.flaws
    doubtful = tuple(index for index in second.flaws if index not in named)
    flaws = {index: flaw for index, flaw in second.flaws.items() if index in named}
    return Ruling(flaws, second.again + ((doubtful,) if doubtful else ()))


def match_failures(failures: Sequence[Failure], piece: Piece, lines: Sequence[bytes]) -> dict[int, Flaw]:
    """Which records the answer names: by `index` unless the id beside it says another, then by `$insert_id`.

    Indexes count within the piece. An id decides only where as many failures name it as records have it. What
    names no record of the piece for certain is left out: those records are posted again.
    """
    flaws: dict[int, Flaw] = {}
    of_id: dict[str, list[int]] = defaultdict(list)
    if any(failure.insert_id for failure in failures):
        for index in piece:
            of_id[insert_id_of(lines[index])].append(index)
        of_id.pop("", None)
    by_id: dict[str, list[Failure]] = defaultdict(list)
    for failure in failures:
        named = of_id.get(failure.insert_id, [])
        at = failure.index
        if at is not None and 0 <= at < len(piece) and (not named or piece[at] in named):
            flaws[piece[at]] = _flaw(failure)
        elif named:
            by_id[failure.insert_id].append(failure)
    for insert_id, same in by_id.items():
        left = [index for index in of_id[insert_id] if index not in flaws]
        if len(left) == len(same):
            flaws.update(zip(left, map(_flaw, same), strict=True))
    return flaws


def _within(limit: SizeLimit, pieces: list[Piece], lines: list[bytes]) -> list[Piece]:
    fitting: list[Piece] = []
    for piece in pieces:
        if len(piece) == 1 or limit.allows(sum(len(lines[index]) + 1 for index in piece)):
            fitting.append(piece)
        else:
            middle = len(piece) // 2
            fitting += _within(limit, [piece[:middle], piece[middle:]], lines)
    return fitting


def _letter(content: bytes, line: int, flaw: Flaw) -> DeadLetter:
    return DeadLetter(content, line, flaw.field, flaw.message)


def _flaw(failure: Failure) -> Flaw:
    return Flaw(failure.field, failure.message or "refused by Mixpanel")


def _lone_flaw(answer: Answer) -> Flaw:
    field_name = answer.failures[0].field if answer.failures else ""
    return Flaw(field_name, complaint_of(answer))


class _Properties(msgspec.Struct):
    insert_id: str = msgspec.field(name="$insert_id", default="")


class _Record(msgspec.Struct):
    properties: _Properties = msgspec.field(default_factory=_Properties)


def insert_id_of(line: bytes) -> str:
    """Empty where the record has none that is text."""
    try:
        return msgspec.json.decode(line, type=_Record).properties.insert_id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
