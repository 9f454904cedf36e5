"""The subscription's arithmetic, on a clock of our own."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.backlog import Backlog, Push, Settings, read_settings

SETTINGS = Settings(
    ack_deadline_seconds=600, minimum_backoff_seconds=10, maximum_backoff_seconds=60, retention_seconds=86_400
)


def backlog(count: int = 0, *, largest_window: int = 1_000) -> Backlog:
    made = Backlog(SETTINGS, Random(1), largest_window=largest_window)
    for number in range(count):
        made.add(f"m{number}", now=0)
    return made


def take_all(of: Backlog, now: float) -> list[Push]:
    pushes = []
    while push := of.take(now):
        pushes.append(push)
    return pushes


def test_settings_come_from_the_file_that_terraform_reads() -> None:
    """An ack deadline of 600 s, 31 days of retention."""
    settings = read_settings()
    assert (settings.ack_deadline_seconds, settings.retention_seconds) == (600, 31 * 86_400)


def test_the_window_starts_small_and_grows_by_one_an_ack() -> None:
    of = backlog(100)
    first = take_all(of, now=0)
    assert len(first) == 4
    for push in first:
        of.answer(push.number, 1, acked=True)
    assert len(take_all(of, now=1)) == 8


def test_the_window_never_grows_over_what_is_admitted() -> None:
    of = backlog(200, largest_window=6)
    for now in range(30):
        pushes = take_all(of, now)
        assert len(pushes) <= 6
        for push in pushes:
            of.answer(push.number, now, acked=True)
    assert of.counts().outstanding == 200 - 4 - 6 * 29


def test_a_nack_pauses_the_whole_subscription() -> None:
    """0.1 s for the first, twice as much for each in a row, at most 60 s, and an ack ends the row."""
    of = backlog(3)
    pauses, now = [], 0.0
    for _ in range(12):
        push = of.take(now)
        assert push
        of.answer(push.number, now, acked=False)
        assert of.take(now) is None
        of.add("another", now)
        wake_at = of.wake_at(now)
        assert wake_at is not None
        pauses.append(round(wake_at - now, 3))
        now = wake_at
    assert pauses == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2, 60, 60]
    push = of.take(now)
    assert push
    of.answer(push.number, now, acked=True)
    push = of.take(now)
    assert push
    of.answer(push.number, now, acked=False)
    assert of.wake_at(now) == pytest.approx(now + 0.1)


def test_nacks_that_come_together_are_one_pause() -> None:
    """A killed process breaks many pushes at once; that is one failure of the subscription, not thirty."""
    of = backlog(30)
    of.window = 30
    for push in take_all(of, now=0):
        of.answer(push.number, 0, acked=False)
    assert of.window == 15
    assert take_all(of, now=9.9) == []
    assert len(take_all(of, now=10)) == 15


def test_a_message_backs_off_by_itself() -> None:
    """10 s after the first nack, doubled to 60 s at most."""
    of, now, waits = backlog(1), 0.0, []
    for _ in range(5):
        push = of.take(now)
        assert push
        of.answer(push.number, now, acked=False)
        wake_at = of.wake_at(now)
        assert wake_at is not None
        waits.append(wake_at - now)
        now = wake_at
    assert waits == [10, 20, 40, 60, 60]


def test_a_push_without_an_answer_comes_again_after_the_ack_deadline() -> None:
    """The late answer counts for nothing."""
    of = backlog(1)
    push = of.take(0)
    assert push
    assert of.wake_at(0) == 600
    assert of.take(599) is None
    assert of.take(600) is None
    assert not of.answer(push.number, 601, acked=True)
    again = of.take(610)
    assert again
    assert (again.message_id, of.counts().nacked) == ("m0", 1)


def test_doubled_delivers_everything_twice() -> None:
    """The second copy comes whatever became of the first, and a nack of it alone repeats nothing."""
    of = backlog(1)
    of.doubled = True
    first = of.take(0)
    assert first
    assert of.answer(first.number, 0.1, acked=True)
    wake_at = of.wake_at(0.1)
    assert wake_at is not None
    copy = of.take(wake_at)
    assert copy
    assert (copy.message_id, copy.is_copy) == ("m0", True)
    of.answer(copy.number, wake_at, acked=False)
    assert (of.wake_at(wake_at), of.counts().outstanding) == (None, 0)


def test_shuffled_keeps_no_order() -> None:
    of = backlog(40)
    of.window, of.shuffled = 40, True
    order = [push.message_id for push in take_all(of, now=0)]
    assert sorted(order) == sorted(f"m{number}" for number in range(40))
    assert order != [f"m{number}" for number in range(40)]


def test_held_lets_nothing_out() -> None:
    of = backlog(2)
    of.held = True
    assert (of.take(0), of.wake_at(0)) == (None, None)
    of.held = False
    assert of.take(0)


def test_messages_expire_after_the_retention() -> None:
    of = backlog(1)
    assert of.take(86_401) is None
    assert (of.counts().expired, of.counts().outstanding) == (1, 0)


def test_everything_again() -> None:
    """Redelivered: what was acknowledged. What is outstanding comes anyway."""
    of = backlog(2)
    push = of.take(0)
    assert push
    of.answer(push.number, 0, acked=True)
    assert of.redeliver(["m0", "m1"], 0) == 1
    assert sorted(push.message_id for push in take_all(of, 0)) == ["m0", "m1"]


@given(st.integers(), st.lists(st.sampled_from(["ack", "nack", "silence"]), max_size=60), st.booleans())
def test_every_message_is_delivered_until_it_is_acked(seed: int, answers: list[str], doubled: bool) -> None:
    """Whatever the subscriber does for a while: once it acknowledges, all are acknowledged, and it ends."""
    of = Backlog(SETTINGS, Random(seed))
    of.doubled, of.shuffled = doubled, True
    for number in range(5):
        of.add(str(number), 0)
    now, acked = 0.0, set()
    while (wake_at := of.wake_at(now)) is not None:
        now = max(now, wake_at)
        push = of.take(now)
        if not push:
            continue
        answer = answers.pop() if answers else "ack"
        if answer != "silence":
            of.answer(push.number, now, acked=answer == "ack")
        if answer == "ack":
            acked.add(push.message_id)
    assert len(acked) == 5
    assert of.counts().outstanding == 0
