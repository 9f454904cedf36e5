"""From answers to settled records: who is at fault, and whether it is the project."""

import gzip
import json
from collections.abc import Callable, Generator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from function.answers import Answer, Failure, Outcome
from function.batches import Batch, Rejection
from function.control import KnownGood, Trial
from function.errors import ProjectRefused
from function.mixpanel import Parcel
from function.records import Flaw
from function.settlement import Settled, SizeLimit, insert_id_of, match_failures, rule, settle
from function.state import Position

Server = Callable[[list[bytes]], Answer]


def line(number: int) -> bytes:
    properties = {"time": 1, "distinct_id": "d", "$insert_id": f"id-{number}"}
    return json.dumps({"event": "e", "properties": properties}).encode()


def batch_of(lines: Sequence[bytes], rejections: tuple[Rejection, ...] = ()) -> Batch:
    content = b"".join(line + b"\n" for line in lines)
    numbers = range(1, len(lines) + 1)
    end = Position(offset=len(content), line=len(lines))
    body = gzip.compress(content) if lines else b""
    return Batch(Position(), end, body, len(lines), len(content), numbers, rejections)


def accepted(lines: list[bytes]) -> Answer:
    return Answer(Outcome.ACCEPTED, 200, imported=len(lines))


def failure(index: int | None, insert_id: str = "", message: str = "bad") -> Failure:
    return Failure(index, insert_id, "properties.time", message)


class Strict:
    """Refuses the records of the set, in the form asked for, as long as the project is well."""

    def __init__(self, bad: set[bytes], form: str = "list") -> None:
        self.bad, self.form = bad, form
        self.refuses_all = False
        self.posts = 0
        self.stored: set[bytes] = set()

    def __call__(self, lines: list[bytes]) -> Answer:
        self.posts += 1
        failed = [index for index, content in enumerate(lines) if self.refuses_all or content in self.bad]
        if not failed:
            self.stored.update(lines)
            return accepted(lines)
        if self.form == "no list":
            return Answer(Outcome.REFUSED, 400, "refused", message="no")
        if self.form == "413":
            return Answer(Outcome.TOO_LARGE, 413, "too-large", message="too large")
        self.stored.update(content for index, content in enumerate(lines) if index not in failed)
        imported = len(lines) - len(failed)
        named = failed
        if self.form == "half a list":
            named = failed[: max(1, len(failed) // 2)]
        if self.form == "ids":
            failures = tuple(failure(None, _id(lines[index])) for index in named)
        elif self.form == "strings":
            failures = tuple(Failure(None, "", "", "not allowed") for _ in named)
        else:
            failures = tuple(failure(index) for index in named)
        return Answer(Outcome.PARTLY, 400, "failed-records", imported=imported, failures=failures)


def _id(content: bytes) -> str:
    insert_id: str = json.loads(content)["properties"].get("$insert_id", "")
    return insert_id


def run(
    batch: Batch,
    server: Server,
    *,
    known_good: KnownGood | None = None,
    large: bool = False,
    ahead: Sequence[bytes] = (),
) -> Settled:
    trial = Trial(
        known_good or KnownGood(),
        is_large=lambda: large,
        recall=lambda: None,
        ahead=lambda most: ahead[:most],
    )
    return finish(settle(batch, trial, SizeLimit()), lambda parcel: server(lines_of(parcel)))


def finish(work: Generator[list[Parcel], list[Answer], Settled], post: Callable[[Parcel], Answer]) -> Settled:
    try:
        parcels = next(work)
        while True:
            parcels = work.send([post(parcel) for parcel in parcels])
    except StopIteration as end:
        settled: Settled = end.value
        return settled


def lines_of(parcel: Parcel) -> list[bytes]:
    lines = gzip.decompress(parcel.body).splitlines()
    assert len(lines) == parcel.records
    assert sum(len(content) + 1 for content in lines) == parcel.json_bytes
    return lines


def test_an_accepted_batch_is_one_post() -> None:
    """200 with the batch's count settles it, and nothing is decoded."""
    server = Strict(set())
    settled = run(batch_of([line(n) for n in range(5)]), server)
    assert (settled.accepted, settled.letters, settled.good_index, server.posts) == (5, (), 0, 1)


def test_own_rejections_are_letters_without_a_post() -> None:
    """A batch in which our rules refuse every line is settled without Mixpanel."""
    rejection = Rejection(1, Flaw("event", "must not be missing"), b"{}")
    settled = run(batch_of([], (rejection,)), accepted)
    assert [(letter.line, letter.content) for _, letter in settled.letters] == [(1, b"{}")]


@pytest.mark.parametrize("form", ["list", "ids", "half a list", "no list", "413"])
@settings(deadline=None)
@given(bad=st.sets(st.integers(0, 29), max_size=29))
def test_exactly_the_refused_records_become_letters(form: str, bad: set[int]) -> None:
    """Whatever the form of the refusal: each record is stored or a letter, with its line."""
    lines = [line(n) for n in range(30)]
    server = Strict({lines[n] for n in bad}, form)
    settled = run(batch_of(lines), server, known_good=KnownGood(line(99)))
    assert [letter.line for _, letter in settled.letters] == [n + 1 for n in sorted(bad)]
    assert server.stored - {line(99)} == {lines[n] for n in range(30) if n not in bad}
    assert settled.accepted == 30 - len(bad)
    if bad:
        assert settled.good_index == min(set(range(30)) - bad)


@pytest.mark.parametrize("form", ["list", "ids", "half a list", "no list", "413", "strings"])
@pytest.mark.parametrize("known_good", [True, False])
def test_a_refusing_project_makes_no_letters(form: str, known_good: bool) -> None:
    """A project that takes nothing is told from bad records, and in few requests."""
    server = Strict(set(), form)
    server.refuses_all = True
    control = KnownGood(line(99)) if known_good else KnownGood()
    with pytest.raises(ProjectRefused):
        run(batch_of([line(n) for n in range(2000)]), server, known_good=control, large=True)
    # A 413 says the size, so the batch is halved down to a record before the project is in doubt.
    assert server.posts <= (4_019 if form == "413" else 21)


@pytest.mark.parametrize("count", [True, False])
@pytest.mark.parametrize("known_good", [True, False])
@pytest.mark.parametrize("heals_after", [1, 2, 3])
def test_a_refusal_that_names_one_record_and_counts_none_is_suspect(
    count: bool, known_good: bool, heals_after: int
) -> None:
    """The project may have refused all: the record that it names is not at fault before that is known."""
    refusal = Answer(Outcome.PARTLY, 400, imported=0 if count else None, failures=(failure(0),))
    server = Strict(set())

    def healing(posted: list[bytes]) -> Answer:
        is_ill = server.posts < heals_after
        answer = server(posted)
        return refusal if is_ill else answer

    control = KnownGood(line(99)) if known_good else KnownGood()
    try:
        settled = run(batch_of([line(n) for n in range(9)]), healing, known_good=control, large=True)
    except ProjectRefused:
        return
    assert (settled.accepted, settled.letters) == (9, ())


def test_only_what_both_refusals_name_is_at_fault() -> None:
    """Of a batch refused in part and then, in between two controls, wholly: the others are posted again."""
    lines = [line(n) for n in range(8)]
    posts = []

    def refusing(posted: list[bytes]) -> Answer:
        posts.append(posted)
        failed = posted if posts.count(lines) == 2 and posted == lines else [lines[3]]
        failures = tuple(failure(index) for index, content in enumerate(posted) if content in failed)
        return Answer(Outcome.PARTLY, 400, failures=failures) if failures else accepted(posted)

    settled = run(batch_of(lines), refusing, known_good=KnownGood(line(99)), large=True)
    assert [letter.line for _, letter in settled.letters] == [4]
    assert settled.accepted == 7


def test_a_record_that_was_accepted_a_moment_ago_is_the_control() -> None:
    """A large chunk almost all of whose records are too long: the first that is not clears the project."""
    lines = [line(n) for n in range(100)]

    def refusing(posted: list[bytes]) -> Answer:
        if posted == [lines[0]]:
            return accepted(posted)
        return Answer(Outcome.TOO_LARGE, 413, "too-large", message="too large")

    settled = run(batch_of(lines), refusing, large=True)
    assert (settled.accepted, len(settled.letters)) == (1, 99)


def test_the_rest_of_a_batch_is_posted_before_the_project_is_in_doubt() -> None:
    """One half is refused whole while a record of the other is still to be accepted."""
    lines = [line(n) for n in range(4)]

    def refusing(posted: list[bytes]) -> Answer:
        if posted == [lines[0]]:
            return accepted(posted)
        if lines[0] in posted:
            return Answer(Outcome.TOO_LARGE, 413, "too-large", message="too large")
        failures = tuple(failure(index) for index in range(len(posted)))
        return Answer(Outcome.PARTLY, 400, imported=0, failures=failures)

    settled = run(batch_of(lines), refusing, large=True)
    assert (settled.accepted, len(settled.letters)) == (1, 3)


def test_complaints_that_differ_do_not_clear_the_project() -> None:
    """It may say something else of each record; what it says most often is what someone has to read."""
    lines = [line(n) for n in range(100)]

    def refusing(posted: list[bytes]) -> Answer:
        number = lines.index(posted[0])
        own = f"record {number} is too old" if number % 3 else "project takes nothing"
        return Answer(Outcome.REFUSED, 400, "refused", message=own)

    with pytest.raises(ProjectRefused, match="project takes nothing"):
        run(batch_of(lines), refusing, large=True)


@pytest.mark.parametrize("form", ["list", "no list", "strings"])
def test_a_small_chunk_of_bad_records_is_believed(form: str) -> None:
    """300 records, all refused, and no control: they are at fault."""
    lines = [line(n) for n in range(300)]
    settled = run(batch_of(lines), Strict(set(lines), form), large=False)
    assert settled.accepted == 0
    assert len(settled.letters) == 300


def test_a_sampled_record_that_is_accepted_becomes_the_control() -> None:
    """Refused whole without a control: one of the sample is accepted, so the rest of the batch is judged."""
    lines = [line(n) for n in range(100)]
    known_good = KnownGood()
    settled = run(batch_of(lines), Strict({lines[1]}, "no list"), known_good=known_good, large=True)
    assert [letter.line for _, letter in settled.letters] == [2]
    assert known_good.line == lines[0]


@pytest.mark.parametrize("heals_after", range(1, 8))
def test_a_project_that_heals_in_the_middle_loses_nothing(heals_after: int) -> None:
    """Refused, then well again at any moment: no good record becomes a letter."""
    lines = [line(n) for n in range(100)]
    server = Strict(set(), "no list")

    def healing(posted: list[bytes]) -> Answer:
        server.refuses_all = server.posts < heals_after
        return server(posted)

    try:
        settled = run(batch_of(lines), healing, known_good=KnownGood(line(999)), large=True)
    except ProjectRefused:
        return
    assert (settled.accepted, settled.letters) == (100, ())


@pytest.mark.parametrize("breaks_after", range(1, 8))
def test_a_project_that_breaks_in_the_middle_loses_nothing(breaks_after: int) -> None:
    """Well, then refusing from any moment on: no good record becomes a letter."""
    lines = [line(n) for n in range(100)]
    server = Strict({lines[7]}, "no list")

    def breaking(posted: list[bytes]) -> Answer:
        server.refuses_all = server.posts >= breaks_after
        return server(posted)

    with pytest.raises(ProjectRefused):
        run(batch_of(lines), breaking, known_good=KnownGood(line(999)), large=True)


def test_a_count_that_falls_short_is_not_believed() -> None:
    """200 for fewer records than were posted: halved until the missing one is found."""
    lines = [line(n) for n in range(8)]

    def short(posted: list[bytes]) -> Answer:
        return Answer(Outcome.ACCEPTED, 200, imported=sum(content != lines[5] for content in posted))

    settled = run(batch_of(lines), short, known_good=KnownGood(line(99)))
    assert [letter.line for _, letter in settled.letters] == [6]


def test_a_limit_that_a_413_names_is_remembered() -> None:
    """The next batch over it is cut before it is posted."""
    limit = SizeLimit()
    lines = [line(n) + b" " * 20_000 for n in range(4)]
    trial = Trial(KnownGood(line(99)), is_large=lambda: True, recall=lambda: None, ahead=lambda _: ())
    sizes: list[int] = []

    def narrow(parcel: Parcel) -> Answer:
        sizes.append(parcel.json_bytes)
        if parcel.json_bytes > 50_000:
            return Answer(Outcome.TOO_LARGE, 413, "too-large", limit_bytes=50_000)
        return Answer(Outcome.ACCEPTED, 200, imported=parcel.records)

    for _ in range(2):
        work = settle(batch_of(lines), trial, limit)
        assert finish(work, narrow).accepted == 4
    assert sum(size > 50_000 for size in sizes) == 1


def test_an_id_beside_a_wrong_index_decides() -> None:
    """`index` counts within what was posted; an id that contradicts it is the better witness."""
    lines = [line(n) for n in range(5)]
    flaws = match_failures([failure(0, "id-3")], (1, 2, 3), lines)
    assert list(flaws) == [3]
    assert list(match_failures([failure(1)], (1, 2, 3), lines)) == [2]
    assert match_failures([failure(9), failure(None, "unknown")], (1, 2, 3), lines) == {}


def test_the_same_id_twice_names_two_records() -> None:
    """Copies share an id: two failures by id alone are two records."""
    lines = [line(1), line(1), line(2)]
    flaws = match_failures([failure(None, "id-1"), failure(None, "id-1")], (0, 1, 2), lines)
    assert sorted(flaws) == [0, 1]


def test_a_failure_that_names_nothing_is_nobodys() -> None:
    """No index and no id, beside records that have no id either: none of them is blamed."""
    lines = [b'{"event":"e","properties":{"time":1}}', b"no json", line(2)]
    assert list(match_failures([failure(None), failure(None, "id-2")], (0, 1, 2), lines)) == [2]


def test_an_id_that_fits_more_records_than_failures_decides_nothing() -> None:
    """Of two records with one id, one is refused: which, the id alone can't say."""
    lines = [line(1), line(1), line(2)]
    assert match_failures([failure(None, "id-1")], (0, 1, 2), lines) == {}
    assert list(match_failures([failure(1, "id-1")], (0, 1, 2), lines)) == [1]


@given(data=st.data(), form=st.sampled_from(["list", "ids", "half a list", "strings"]))
def test_shared_and_missing_ids_blame_no_other_record(data: st.DataObject, form: str) -> None:
    """Records that share an id, or have none: exactly the refused ones become letters all the same."""
    names = data.draw(st.lists(st.sampled_from(["", "a", "b", "c"]), min_size=2, max_size=12))
    lines = [
        json.dumps({"event": "e", "properties": {"n": n} | ({"$insert_id": name} if name else {})}).encode()
        for n, name in enumerate(names)
    ]
    bad = data.draw(st.sets(st.integers(0, len(lines) - 1), max_size=len(lines) - 1))
    server = Strict({lines[n] for n in bad}, form)
    settled = run(batch_of(lines), server, known_good=KnownGood(line(99)))
    assert [letter.content for _, letter in settled.letters] == [lines[n] for n in sorted(bad)]
    assert server.stored - {line(99)} == {lines[n] for n in range(len(lines)) if n not in bad}


def test_the_rest_is_posted_again_where_counts_disagree() -> None:
    """A list that is shorter than the count of what is missing: the rest is not taken as accepted."""
    lines = [line(n) for n in range(4)]
    answer = Answer(Outcome.PARTLY, 400, imported=1, failures=(failure(0),))
    ruling = rule((0, 1, 2, 3), answer, lines)
    assert list(ruling.flaws) == [0]
    assert ruling.again == ((1, 2, 3),)


@pytest.mark.parametrize(
    "content", [b"", b"oops", b"[]", b"\xff", b'{"properties":{"$insert_id":1}}', b'{"a":' * 3_000]
)
def test_what_is_no_record_tells_no_id(content: bytes) -> None:
    """Dead letters are asked for their ids too, and nothing that a line holds may end an invocation."""
    assert insert_id_of(content) == ""


@pytest.mark.parametrize("count", [1, 30])
def test_a_bad_batch_does_not_condemn_the_project_while_other_records_are_accepted(count: int) -> None:
    """Of a large chunk, records that follow are asked too: the first batch may be bad and the rest not."""
    lines, following = [line(n) for n in range(count)], [line(100 + n) for n in range(50)]
    server = Strict(set(lines))
    known_good = KnownGood()
    settled = run(batch_of(lines), server, known_good=known_good, large=True, ahead=following)
    assert (settled.accepted, len(settled.letters)) == (0, count)
    assert known_good.line in following


@pytest.mark.parametrize("count", [1, 30])
def test_a_project_is_refused_after_few_posts_however_many_records_follow(count: int) -> None:
    """The batch, and 20 records at most."""
    server = Strict(set())
    server.refuses_all = True
    with pytest.raises(ProjectRefused):
        run(batch_of([line(n) for n in range(count)]), server, large=True, ahead=[line(100)] * 50)
    assert server.posts <= 21
