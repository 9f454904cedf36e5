"""Whatever a fuzz test finds, it ends."""

import signal
from collections.abc import Iterator
from types import FrameType

import pytest

from tests.fakes.depth import EXAMPLES

# Of CPU, for a test: many times what any example takes here. Something that goes on for ever is told by it.
MOST_SECONDS = 60 + EXAMPLES


@pytest.fixture(autouse=True)
def nothing_hangs() -> Iterator[None]:
    def fail(_number: int, _frame: FrameType | None) -> None:
        raise AssertionError(f"still at it after {MOST_SECONDS} s of CPU")

    before = signal.signal(signal.SIGVTALRM, fail)
    signal.setitimer(signal.ITIMER_VIRTUAL, MOST_SECONDS)
    yield
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    signal.signal(signal.SIGVTALRM, before)
