"""Many at once, in order."""

import threading
from collections.abc import Iterator

import pytest

from partitioner.inputs.waiting import in_order


def test_results_come_in_order() -> None:
    """Whatever is done at once and what isn't, and whichever is done first."""
    done = in_order(range(500), lambda number: number * 2, lambda number: number % 7 > 2)
    assert list(done) == [(number, number * 2) for number in range(500)]


def test_what_waits_waits_together() -> None:
    """None of these would go on alone."""
    barrier = threading.Barrier(8, timeout=10)
    done = in_order(range(8), lambda _: barrier.wait() >= 0, lambda _: True)
    assert all(result for _, result in done)


def test_no_more_is_begun_than_is_soon_wanted() -> None:
    """So that results don't pile up."""
    begun = 0

    def items() -> Iterator[int]:
        nonlocal begun
        while begun < 10_000:
            begun += 1
            yield begun

    done = in_order(items(), lambda number: number, lambda _: True)
    for _ in range(10):
        next(done)
    assert begun < 100


def test_an_error_is_raised_in_its_turn() -> None:
    """And ends all."""

    def fail(number: int) -> int:
        if number == 3:
            raise KeyError(number)
        return number

    done = in_order(range(100), fail, lambda _: True)
    assert [next(done)[1] for _ in range(3)] == [0, 1, 2]
    with pytest.raises(KeyError):
        next(done)
