"""Parcels out, definite answers home: retries wait their time, or for the destination's recovery."""

import threading
from collections.abc import Callable, Generator
from concurrent.futures import Future

import pytest

from function.answers import Answer, Outcome
from function.clock import Clock, Condition
from function.courier import Courier
from function.errors import CredentialsRefused, ProjectRefused
from function.mixpanel import Parcel

ACCEPTED = Answer(Outcome.ACCEPTED, 200, imported=1)
BUSY = Answer(Outcome.RETRY, 429, "rate-limited")


class ScriptedSender:
    """Answers each parcel at once with the next of the script; keeps what it was given."""

    def __init__(self, *script: Answer) -> None:
        self.script = list(script)
        self.given: list[Parcel] = []
        self.recover: Callable[[], None] = lambda: None
        self.lanes: list[str] = []

    def join(self, lane: str, on_recovered: Callable[[], None]) -> None:
        self.lanes.append(lane)
        self.recover = on_recovered

    def leave(self, lane: str) -> None:
        self.lanes.remove(lane)

    def submit(self, lane: str, parcel: Parcel, deadline_seconds: float) -> Future[Answer]:
        assert lane in self.lanes
        assert deadline_seconds == 200
        self.given.append(parcel)
        answer: Future[Answer] = Future()
        answer.set_result(self.script.pop(0))
        return answer


class Bench:
    """A courier on a clock that a test moves."""

    def __init__(self, *script: Answer, condition: Callable[[], Condition] = threading.Condition) -> None:
        self.now_seconds = 0.0
        self.sender = ScriptedSender(*script)
        self.delays_seconds: list[float] = []
        self.courier = Courier(
            self.sender,
            "lane",
            Clock(monotonic_seconds=lambda: self.now_seconds, condition=condition),
            posts_until_seconds=100,
            answers_until_seconds=200,
            on_retry=lambda _answer, _attempt, delay_seconds: self.delays_seconds.append(delay_seconds),
            random=lambda: 0.0,
        )

    def step(self) -> None:
        self.courier.step(self.now_seconds)


def parcel(name: bytes) -> Parcel:
    return Parcel(name, 1, len(name))


def post_each(*names: bytes) -> Generator[list[Parcel], list[Answer], list[Answer]]:
    """One parcel after the other; returns all answers."""
    answers = []
    for name in names:
        answers += yield [parcel(name)]
    return answers


def test_a_work_is_sent_its_answers_until_it_returns() -> None:
    """Two posts in turn, then done with what the generator returns."""
    bench, done = Bench(ACCEPTED, ACCEPTED), list[list[Answer]]()
    bench.courier.begin(post_each(b"1", b"2"), done.append)
    assert (bench.courier.under_way, done) == (1, [])
    bench.step()
    assert (bench.courier.under_way, done) == (0, [[ACCEPTED, ACCEPTED]])
    assert bench.courier.tally.posted_bytes == 2


def test_a_transient_answer_never_reaches_the_work() -> None:
    """429, then accepted: the work sees the second; the delay is the backoff's."""
    bench, done = Bench(BUSY, BUSY, ACCEPTED), list[list[Answer]]()
    bench.courier.begin(post_each(b"1"), done.append)
    bench.step()
    assert len(bench.sender.given) == 1
    bench.now_seconds = 2.9
    bench.step()
    assert len(bench.sender.given) == 1
    bench.now_seconds = 3.1
    bench.step()
    bench.step()
    bench.now_seconds = 9
    bench.step()
    bench.step()
    assert done == [[ACCEPTED]]
    assert bench.delays_seconds == [3.0, 5.0]
    assert (bench.courier.tally.retried, bench.courier.tally.rate_limited) == (2, 2)


def test_a_recovery_wakes_whatever_waits() -> None:
    """The first 200 after an outage, of whichever chunk: nothing waits for its backoff any more."""
    bench, done = Bench(BUSY, ACCEPTED), list[list[Answer]]()
    bench.courier.begin(post_each(b"1"), done.append)
    bench.step()
    bench.sender.recover()
    bench.step()
    bench.step()
    assert done == [[ACCEPTED]]


def test_nothing_is_posted_after_the_deadline() -> None:
    """A retry that falls due too late stays unposted, and the work unfinished."""
    bench, done = Bench(BUSY, ACCEPTED), list[list[Answer]]()
    bench.courier.begin(post_each(b"1"), done.append)
    bench.step()
    bench.now_seconds = 101
    bench.step()
    assert (len(bench.sender.given), bench.courier.posted, done) == (1, 0, [])


class NotedWaits(threading.Condition):
    """Waits for no time at all, and says for how long it was to be."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.seconds.append(timeout)
        return False


def test_the_last_answers_are_waited_for_and_not_asked_for_again_and_again() -> None:
    """A retry that was due and can't be posted any more is no reason to wake."""
    waits = NotedWaits()
    bench = Bench(BUSY, condition=lambda: waits)
    bench.courier.begin(post_each(b"1"), lambda _: None)
    bench.step()
    bench.now_seconds = 101
    bench.courier.step(130)
    assert waits.seconds == [29]


def test_refused_credentials_end_the_invocation() -> None:
    """The message says the status, and what Mixpanel said."""
    bench = Bench(Answer(Outcome.STOP, 401, "credentials", message="Invalid credentials"))
    bench.courier.begin(post_each(b"1"), lambda _: None)
    with pytest.raises(CredentialsRefused, match="HTTP 401: Invalid credentials"):
        bench.step()


def test_a_work_that_raises_is_no_longer_under_way() -> None:
    """What a work raises comes out of the step, once."""
    bench = Bench(ACCEPTED)

    def failing() -> Generator[list[Parcel], list[Answer], None]:
        yield [parcel(b"1")]
        raise ProjectRefused("no")

    bench.courier.begin(failing(), lambda _: None)
    with pytest.raises(ProjectRefused):
        bench.step()
    assert bench.courier.under_way == 0
