"""A call that goes unanswered is repeated, and ends in time."""

import time

import pytest

from function.bounded import call_within


class PassingError(Exception):
    pass


def passes(error: Exception) -> bool:
    return isinstance(error, PassingError)


def test_an_answer_comes_back_at_once() -> None:
    assert call_within(10, lambda _: "answer", passes) == "answer"


def test_each_attempt_has_half_of_what_is_left() -> None:
    """So that connecting and answering together fit, and there is time for another."""
    given: list[float] = []

    def call(seconds: float) -> str:
        given.append(seconds)
        if len(given) < 3:
            raise PassingError
        return "answer"

    assert call_within(4, call, passes) == "answer"
    assert given[0] == pytest.approx(2, abs=0.2)
    assert given[0] > given[1] > given[2] > 1


def test_what_will_not_pass_is_raised_at_once() -> None:
    calls = []

    def call(seconds: float) -> None:
        calls.append(seconds)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        call_within(10, call, passes)
    assert len(calls) == 1


def test_the_last_failure_is_raised_in_time() -> None:
    """No wait is begun that would outlast the time."""

    def call(seconds: float) -> None:
        raise PassingError(f"{seconds:.0f}")

    began_at = time.monotonic()
    with pytest.raises(PassingError):
        call_within(1, call, passes)
    assert time.monotonic() - began_at < 1.3
