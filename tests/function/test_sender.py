import gzip
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from function.clock import Clock
from function.governor import Governor
from function.mixpanel import Answer, Mixpanel, Outcome, Parcel
from function.sender import SHORTEST_POST_SECONDS, Sender
from tests.fakes.fake_mixpanel import FakeMixpanel

ACCEPTED = Answer(Outcome.ACCEPTED, 200, imported=1)
UNAVAILABLE = Answer(Outcome.RETRY, 503, "server-error")
RATE_LIMITED = Answer(Outcome.RETRY, 429, "rate-limited")


def parcel(number: int = 0, records: int = 1) -> Parcel:
    return Parcel(str(number).encode(), records, 100)


@dataclass
class Door:
    """Answers as `answer` says; each POST waits until `gate` is open, and then `seconds` more."""

    answer: Callable[[Parcel], Answer] = lambda _: ACCEPTED
    seconds: float = 0.0
    gate: threading.Event = field(default_factory=threading.Event)
    posted: list[Parcel] = field(default_factory=list)
    timeouts: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.gate.set()

    def post(self, parcel: Parcel, timeout_seconds: float) -> Answer:
        self.posted.append(parcel)
        self.timeouts.append(timeout_seconds)
        self.gate.wait(10)
        time.sleep(self.seconds)
        return self.answer(parcel)

    def wait_until_posted(self, count: int) -> None:
        until = time.monotonic() + 5
        while len(self.posted) < count and time.monotonic() < until:
            time.sleep(0.001)
        assert len(self.posted) == count


@contextmanager
def running(
    door: Door, *, threads: int = 20, governor: Governor | None = None, post_seconds: float = 30.0
) -> Iterator[Sender]:
    sender = Sender(door, governor or Governor(0, 0), Clock(), threads=threads, post_seconds=post_seconds)
    yield sender
    door.gate.set()
    sender.close()


def soon(seconds: float = 60.0) -> float:
    return time.monotonic() + seconds


def no_matter() -> None:
    pass


def test_a_parcel_is_posted_and_answered() -> None:
    """The future holds Mixpanel's answer."""
    door = Door()
    with running(door) as sender:
        sender.join("a", no_matter)
        assert sender.submit("a", parcel(7), soon()).result(5) == ACCEPTED
        assert door.posted == [parcel(7)]


def pool_threads() -> int:
    return sum(thread.name == "sender" for thread in threading.enumerate())


def test_starts_no_thread_before_it_is_needed() -> None:
    """Threads made at import would not live in the forked worker; one parcel needs one."""
    with running(Door(), threads=20) as sender:
        sender.join("a", no_matter)
        assert pool_threads() == 0
        sender.submit("a", parcel(), soon()).result(5)
        assert pool_threads() == 1
        for _ in range(50):
            sender.submit("a", parcel(), soon()).result(5)
        assert pool_threads() == 20
    assert pool_threads() == 0


def test_as_many_posts_at_once_as_threads() -> None:
    """That is the number of batches in flight for the whole process."""
    door = Door()
    door.gate.clear()
    with running(door, threads=5) as sender:
        for lane in "ab":
            sender.join(lane, no_matter)
        answers = [sender.submit(lane, parcel(), soon()) for lane in "ab" for _ in range(20)]
        door.wait_until_posted(5)
        time.sleep(0.05)
        assert len(door.posted) == 5
        door.gate.set()
        assert {answer.result(5).outcome for answer in answers} == {Outcome.ACCEPTED}


def test_lanes_take_turns() -> None:
    """A chunk that has queued a hundred parcels keeps no other waiting for more than one of them."""
    door = Door()
    door.gate.clear()
    with running(door, threads=1) as sender:
        for lane in "abc":
            sender.join(lane, no_matter)
        answers = [sender.submit("a", parcel(100 + number), soon()) for number in range(6)]
        door.wait_until_posted(1)
        answers += [sender.submit("b", parcel(200 + number), soon()) for number in range(3)]
        answers += [sender.submit("c", parcel(300), soon())]
        door.gate.set()
        wait(answers, 5)
    order = [int(posted.body) for posted in door.posted]
    assert order == [100, 200, 300, 101, 201, 102, 202, 103, 104, 105]


def test_leaving_answers_what_is_queued_at_once() -> None:
    """What is being posted gets its own answer, the other lanes' parcels theirs."""
    door = Door()
    door.gate.clear()
    with running(door, threads=1) as sender:
        sender.join("a", no_matter)
        sender.join("b", no_matter)
        posting = sender.submit("a", parcel(0), soon())
        door.wait_until_posted(1)
        queued = [sender.submit("a", parcel(1), soon()) for _ in range(5)]
        other = sender.submit("b", parcel(2), soon())
        sender.leave("a")
        assert all(answer.done() for answer in queued)
        assert {answer.result() for answer in queued} == {Answer(Outcome.UNSENT, reason="left")}
        assert not posting.done()
        assert not other.done()
        door.gate.set()
        assert posting.result(5) == other.result(5) == ACCEPTED
    assert parcel(1) not in door.posted


def test_a_lane_that_was_left_sends_nothing_more() -> None:
    """Its name is free again, and leaving twice is nothing."""
    door = Door()
    with running(door) as sender:
        sender.join("a", no_matter)
        sender.leave("a")
        sender.leave("a")
        assert sender.submit("a", parcel(), soon()).result(0) == Answer(Outcome.UNSENT, reason="left")
        sender.join("a", no_matter)
        assert sender.submit("a", parcel(), soon()).result(5) == ACCEPTED
    assert len(door.posted) == 1


def test_a_lane_has_one_owner() -> None:
    """Two under one name would take each other's parcels along when they leave."""
    with running(Door()) as sender:
        sender.join("a", no_matter)
        with pytest.raises(ValueError, match="taken"):
            sender.join("a", no_matter)


@pytest.mark.parametrize("left_seconds", [-10.0, 0.0, SHORTEST_POST_SECONDS / 2])
def test_a_parcel_without_time_is_not_sent(left_seconds: float) -> None:
    """Its answer would come too late."""
    door = Door()
    with running(door) as sender:
        sender.join("a", no_matter)
        answer = sender.submit("a", parcel(), soon(left_seconds)).result(5)
        assert answer == Answer(Outcome.UNSENT, reason="deadline")
    assert not door.posted


def test_no_post_goes_on_past_the_deadline() -> None:
    """Each has the shorter of its own bound and what is left."""
    door = Door()
    with running(door, post_seconds=30.0) as sender:
        sender.join("a", no_matter)
        sender.submit("a", parcel(), soon(5.0)).result(5)
        sender.submit("a", parcel(), soon(500.0)).result(5)
    assert 3.0 < door.timeouts[0] <= 5.0
    assert door.timeouts[1] == 30.0


def test_a_wait_beyond_the_deadline_is_not_waited() -> None:
    """Behind the governor a parcel that can't go in time is answered at once, also from behind others."""
    governor = Governor(1, 0)
    governor.delay_seconds(time.monotonic(), 1_000, 0)
    with running(Door(), governor=governor) as sender:
        sender.join("a", no_matter)
        patient = sender.submit("a", parcel(), soon(5_000))
        hasty = sender.submit("a", parcel(), soon(500))
        assert hasty.result(5) == Answer(Outcome.UNSENT, reason="deadline")
        assert not patient.done()


def test_the_governor_stands_in_front_of_every_post() -> None:
    """2,000 records at 4,000 a second with a second's burst: the last begins after 1.5 s."""
    started = time.monotonic()
    with running(Door(), governor=Governor(4_000, 0)) as sender:
        for lane in "ab":
            sender.join(lane, no_matter)
        answers = [sender.submit("ab"[n % 2], parcel(n, 1_000), soon()) for n in range(11)]
        wait(answers, 10)
        assert 1.4 < time.monotonic() - started < 5  # the upper bound is for busy machines


def test_a_429_holds_back_every_lane() -> None:
    """The limit is the project's, not the chunk's."""
    door = Door(lambda posted: RATE_LIMITED if posted.body == b"429" else ACCEPTED)
    with running(door, governor=Governor(0, 0)) as sender:
        for lane in "ab":
            sender.join(lane, no_matter)
        sender.submit("a", parcel(429), soon()).result(5)
        started = time.monotonic()
        sender.submit("b", parcel(), soon()).result(5)
        assert time.monotonic() - started > 1.8


def recoveries(*answers: Answer) -> list[str]:
    """Which of two lanes were told of a recovery, and how often, after all of these."""
    told: list[str] = []
    script = iter(answers)
    with running(Door(lambda _: next(script)), threads=1) as sender:
        sender.join("a", lambda: told.append("a"))
        sender.join("b", lambda: told.append("b"))
        for _ in answers:
            sender.submit("a", parcel(), soon()).result(5)
    return sorted(told)


def test_the_first_success_after_an_outage_wakes_every_lane() -> None:
    """Once: the waiting batches need not sit out a minute's backoff."""
    assert recoveries(UNAVAILABLE, UNAVAILABLE, ACCEPTED, ACCEPTED) == ["a", "b"]
    assert recoveries(UNAVAILABLE, Answer(Outcome.PARTLY, 400, "failed-records")) == ["a", "b"]
    assert recoveries(UNAVAILABLE, ACCEPTED, UNAVAILABLE, ACCEPTED) == ["a", "a", "b", "b"]


@pytest.mark.parametrize(
    "answer", [Answer(Outcome.REFUSED, 400, "refused"), Answer(Outcome.STOP, 401, "credentials")]
)
def test_no_other_answer_ends_an_outage(answer: Answer) -> None:
    """Only what is stored shows that storing works again."""
    assert recoveries(UNAVAILABLE, answer) == []
    assert recoveries(ACCEPTED, answer, ACCEPTED) == []


def test_a_429_is_no_outage() -> None:
    """Waking everyone after it would be no backoff."""
    assert recoveries(Answer(Outcome.RETRY, 429, "rate-limited", retry_after_seconds=0.0), ACCEPTED) == []


def test_a_lane_that_fails_to_wake_harms_no_other(caplog: pytest.LogCaptureFixture) -> None:
    """The mistake is logged; the thread lives on."""
    told: list[str] = []
    script = iter([UNAVAILABLE, ACCEPTED, ACCEPTED])
    with running(Door(lambda _: next(script)), threads=1) as sender:
        sender.join("a", lambda: told.remove("nothing"))
        sender.join("b", lambda: told.append("b"))
        assert [sender.submit("a", parcel(), soon()).result(5) for _ in range(3)][2] == ACCEPTED
    assert told == ["b"]
    assert "ValueError" in caplog.text


def test_the_unforeseen_reaches_who_waits_for_the_answer() -> None:
    """A mistake of ours is the invocation's to raise, and costs no thread."""

    def fail_once(posted: Parcel) -> Answer:
        if posted.body == b"1":
            raise ZeroDivisionError
        return ACCEPTED

    with running(Door(fail_once), threads=1) as sender:
        sender.join("a", no_matter)
        failing = sender.submit("a", parcel(1), soon())
        with pytest.raises(ZeroDivisionError):
            failing.result(5)
        assert sender.submit("a", parcel(2), soon()).result(5) == ACCEPTED


def test_a_governor_that_fails_fails_who_waits_and_nobody_later() -> None:
    """The pool must not lose a thread to it: with the last one nothing would ever be sent again."""

    class Failing(Governor):
        fails = 30

        def delay_seconds(self, now: float, records: int, json_bytes: int) -> float:
            self.fails -= 1
            if self.fails >= 0:
                raise ZeroDivisionError
            return super().delay_seconds(now, records, json_bytes)

    governor = Failing(0, 0)
    with running(Door(), threads=2, governor=governor) as sender:
        sender.join("a", lambda: None)
        for _ in range(30):
            with pytest.raises(ZeroDivisionError):
                sender.submit("a", parcel(), time.monotonic() + 30).result(5)
        assert sender.submit("a", parcel(), time.monotonic() + 30).result(5) == ACCEPTED


def test_closing_answers_all_that_is_queued() -> None:
    """And waits for what is being posted."""
    door = Door(seconds=0.1)
    with running(door, threads=2) as sender:
        sender.join("a", no_matter)
        answers = [sender.submit("a", parcel(n), soon()) for n in range(10)]
        door.wait_until_posted(2)
        sender.close()
        assert all(answer.done() for answer in answers)
        assert sender.submit("a", parcel(), soon()).result(0).outcome is Outcome.UNSENT
    outcomes = Counter(answer.result().outcome for answer in answers)
    assert outcomes == {Outcome.ACCEPTED: 2, Outcome.UNSENT: 8}


def answer_by_number(posted: Parcel) -> Answer:
    number = int(posted.body) % 10
    if number == 7:
        raise ZeroDivisionError
    return UNAVAILABLE if number in (3, 4) else ACCEPTED


def come_and_go(
    sender: Sender, lane: int, dice: random.Random, submitted: list[tuple[Parcel, Future[Answer]]]
) -> None:
    """One owner: joins and leaves three times, some of its parcels with no time left, some cancelled."""
    for visit in range(3):
        sender.join(str(lane), no_matter)
        for number in range(dice.randrange(40)):
            sent = parcel(lane * 1_000_000 + visit * 1_000 + number, dice.randrange(20))
            future = sender.submit(str(lane), sent, soon(dice.choice([-1.0, 0.5, 0.51, 60.0])))
            submitted.append((sent, future))
            if dice.random() < 0.1:
                future.cancel()
            if dice.random() < 0.1:
                time.sleep(0.001)
        sender.leave(str(lane))


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32), threads=st.integers(1, 8), rate=st.sampled_from([0, 3_000]))
def test_every_parcel_is_answered_exactly_once(seed: int, threads: int, rate: int) -> None:
    """Whatever four owners do, each future ends, and its parcel was posted once, or not if it is UNSENT.

    A second answer to one parcel would kill its thread, which pytest notices.
    """
    door = Door(answer_by_number, seconds=0.0002)
    sender = Sender(door, Governor(rate, 0), Clock(), threads=threads)
    submitted: list[tuple[Parcel, Future[Answer]]] = []
    owners = [
        threading.Thread(target=come_and_go, args=(sender, lane, random.Random(seed + lane), submitted))
        for lane in range(4)
    ]
    for owner in owners:
        owner.start()
    for owner in owners:
        owner.join(10)
    _, not_done = wait([future for _, future in submitted], 10)
    sender.close()
    assert not not_done
    posts = Counter(posted.body for posted in door.posted)
    for sent, future in submitted:
        unsent = future.cancelled() or (
            future.exception() is None and future.result().outcome is Outcome.UNSENT
        )
        assert posts[sent.body] == (0 if unsent else 1)


def test_posts_to_a_real_server() -> None:
    """With faults in between: what was answered as accepted is there, as often as it was."""
    with FakeMixpanel([200, 503, "reset-before", "half-body", 502, "html-200", 200, 200]) as server:
        mixpanel = Mixpanel(server.url, ("token", ""), pool_size=4)
        sender = Sender(mixpanel, Governor(0, 0), Clock(), threads=4)
        sender.join("a", no_matter)
        body = gzip.compress(b"{}\n")
        answers = [sender.submit("a", Parcel(body, 1, 3), soon()) for _ in range(8)]
        outcomes = Counter(answer.result(10).outcome for answer in answers)
        sender.close()
        mixpanel.close()
        assert server.spent
        assert outcomes == {Outcome.ACCEPTED: 3, Outcome.RETRY: 5}
        assert len(server.stored) == 4  # the half answer's too
