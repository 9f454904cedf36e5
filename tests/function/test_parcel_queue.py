from dataclasses import dataclass

import pytest

from function.answers import Answer, Outcome
from function.governor import Governor
from function.mixpanel import Parcel
from function.parcel_queue import ParcelQueue

ACCEPTED = Answer(Outcome.ACCEPTED, 200, imported=1)
PARCEL = Parcel(b"", 1, 100)
UNAVAILABLE = Answer(Outcome.RETRY, 503, "server-error")


@dataclass(frozen=True)
class Waiting:
    name: str
    begins_before: float = 1_000.0
    parcel: Parcel = PARCEL


def no_matter() -> None:
    pass


def queue_of(*lanes: str, records_per_second: float = 0) -> ParcelQueue[Waiting]:
    queue: ParcelQueue[Waiting] = ParcelQueue(Governor(records_per_second, 0))
    for lane in lanes:
        queue.join(lane, no_matter)
    return queue


def taken(queue: ParcelQueue[Waiting], now: float) -> str:
    """The name of what may go; empty where nothing may."""
    turn = queue.turn(now)
    return turn.taken.name if turn.taken is not None else ""


def test_lanes_take_turns() -> None:
    """However much one of them has waiting."""
    queue = queue_of("a", "b", "c")
    for lane, count in (("a", 3), ("b", 2), ("c", 1)):
        for number in range(count):
            queue.add(lane, Waiting(f"{lane}{number}"))
    assert [taken(queue, 0.0) for _ in range(7)] == ["a0", "b0", "c0", "a1", "b1", "a2", ""]


def test_an_empty_queue_waits_for_whatever_changes() -> None:
    """It knows of no time."""
    turn = queue_of("a").turn(0.0)
    assert (turn.taken, turn.late, turn.wait_seconds) == (None, (), None)


def test_the_governor_decides_when() -> None:
    """What it lets through is booked; until then nothing is taken out."""
    queue = queue_of("a", records_per_second=1)
    for number in range(4):
        queue.add("a", Waiting(f"a{number}"))
    assert [taken(queue, 0.0) for _ in range(3)] == ["a0", "a1", ""]
    assert queue.turn(0.0).wait_seconds == 1.0
    assert taken(queue, 1.0) == "a2"


def test_what_would_be_late_is_taken_out_at_once() -> None:
    """From every lane, also from behind others, as soon as it is known how long the governor holds back."""
    queue = queue_of("a", "b", records_per_second=1)
    queue.add("a", Waiting("first", begins_before=0.0))
    queue.add("a", Waiting("second", begins_before=0.0))
    assert [taken(queue, 0.0) for _ in range(2)] == ["first", "second"]
    queue.add("a", Waiting("patient", begins_before=2.0))
    queue.add("a", Waiting("hasty", begins_before=0.5))
    queue.add("b", Waiting("hasty too", begins_before=0.9))
    turn = queue.turn(0.0)
    assert {each.name for each in turn.late} == {"hasty", "hasty too"}
    assert turn.taken is None
    assert queue.turn(0.0).late == ()
    assert taken(queue, 2.0) == "patient"
    queue.add("b", Waiting("over", begins_before=2.5))
    assert [each.name for each in queue.turn(3.0).late] == ["over"]


def test_what_waits_in_vain_is_taken_out_in_its_time() -> None:
    """Whoever waits for what the next answer may lift is told once there is no time left, and not before."""
    queue = queue_of("a")
    for _ in range(12):
        queue.learn(UNAVAILABLE, 0.0, 0.0)  # by now one probe each 5 s
    queue.add("a", Waiting("probe"))
    queue.add("a", Waiting("impatient", begins_before=2.0))
    assert taken(queue, 0.0) == "probe"
    assert queue.turn(0.5).wait_seconds == 1.5
    assert [each.name for each in queue.turn(2.1).late] == ["impatient"]


def test_leaving_gives_back_what_waits() -> None:
    """A lane has one owner; what nobody has joined takes nothing."""
    queue = queue_of("a", "b")
    with pytest.raises(ValueError, match="taken"):
        queue.join("a", no_matter)
    assert queue.add("a", Waiting("a0"))
    assert queue.add("b", Waiting("b0"))
    assert [each.name for each in queue.leave("a")] == ["a0"]
    assert queue.leave("a") == []
    assert not queue.add("a", Waiting("a1"))
    assert [each.name for each in queue.clear()] == ["b0"]
    assert not queue.add("b", Waiting("b1"))


def test_the_first_success_after_failures_wakes_every_lane() -> None:
    """Once; a 429 is no failure of the kind, and nothing but what is stored ends it."""
    queue = queue_of("a", "b")
    limited = Answer(Outcome.RETRY, 429, "rate-limited", retry_after_seconds=0.0)
    told = [
        len(queue.learn(answer, 1.0, 0.5))
        for answer in (
            ACCEPTED,
            limited,
            ACCEPTED,
            UNAVAILABLE,
            Answer(Outcome.REFUSED, 400, "refused"),
            ACCEPTED,
            ACCEPTED,
            UNAVAILABLE,
            Answer(Outcome.PARTLY, 400, "failed-records"),
        )
    ]
    assert told == [0, 0, 0, 0, 0, 2, 0, 0, 2]
