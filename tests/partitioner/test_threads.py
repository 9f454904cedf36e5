"""The same work for many things at a time."""

import threading
import time

import pytest

from partitioner.threads import each


def test_everything_once() -> None:
    """Each thing comes back with its own result, in whatever order."""
    assert sorted(each(range(100), lambda n: n * n, threads=8)) == [(n, n * n) for n in range(100)]
    assert list(each([], lambda n: n, threads=8)) == []


def test_begins_in_order_and_so_many_at_a_time() -> None:
    """Of four threads each waits for three others: the first four things are begun, then the next."""
    begun: list[int] = []
    barrier = threading.Barrier(4, timeout=20)

    def work(number: int) -> None:
        begun.append(number)
        barrier.wait()

    for _ in each(range(40), work, threads=4):
        pass
    assert all(sorted(begun[i : i + 4]) == [i, i + 1, i + 2, i + 3] for i in range(0, 40, 4))


def test_the_first_error_ends_it() -> None:
    """It is raised to the reader, and what hadn't begun never does."""
    begun = []

    def work(number: int) -> None:
        begun.append(number)
        if number == 3:
            raise ValueError("three")
        time.sleep(0.01)

    with pytest.raises(ValueError, match="three"):
        list(each(range(1000), work, threads=2))
    seen = len(begun)
    assert seen < 20
    time.sleep(0.05)
    assert len(begun) <= seen + 1


def test_a_reader_that_goes_away() -> None:
    """Nothing new begins after it."""
    begun: list[int] = []

    def work(number: int) -> None:
        begun.append(number)
        time.sleep(0.005)

    results = each(range(1000), work, threads=2)
    next(results)
    results.close()  # type: ignore[attr-defined]
    seen = len(begun)
    time.sleep(0.05)
    assert len(begun) <= seen + 2
