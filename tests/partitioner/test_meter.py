"""Progress that tells something, on a terminal and in a log."""

import io
from dataclasses import dataclass, field

import pytest

from function.clock import Clock
from partitioner.meter import Meter, show_bytes, show_records, show_seconds


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@dataclass
class Time:
    """Stands still but for `pass_`."""

    seconds: float = 1000.0
    clock: Clock = field(init=False)

    def __post_init__(self) -> None:
        self.clock = Clock(monotonic_seconds=lambda: self.seconds)


def test_a_log_gets_a_line_now_and_then() -> None:
    """Amount, rate and time left; nothing in between."""
    stream, time = io.StringIO(), Time()
    with Meter("uploaded", 10_000_000, show_bytes, stream=stream, clock=time.clock) as meter:
        for _ in range(60):
            time.seconds += 1
            meter.add(100_000)
    lines = stream.getvalue().splitlines()
    assert lines[0] == "uploaded 3.0 MB of 10.0 MB, 100.0 kB/s, 70 s left"
    assert len(lines) == 2


def test_a_terminal_gets_one_line() -> None:
    """It rewrites itself and is gone in the end; a sentence stays."""
    stream, time = Terminal(), Time()
    with Meter("settled", 1000, show_records, stream=stream, clock=time.clock) as meter:
        time.seconds += 10
        meter.set(500, "1 of 2 chunks done")
        meter.say("a sentence")
        time.seconds += 10
        meter.set(600)
    written = stream.getvalue()
    assert written.count("\n") == 1
    assert "a sentence\n" in written
    assert written.endswith("\r")


def test_what_was_there_before_is_not_our_speed() -> None:
    """A watch that begins late doesn't promise a miracle."""
    stream, time = io.StringIO(), Time()
    meter = Meter("settled", 1_000_000, show_records, stream=stream, clock=time.clock)
    meter.set(900_000)
    time.seconds += 100
    meter.set(901_000, "nothing else")
    assert stream.getvalue() == (
        "settled 901,000 records of 1,000,000 records, 10 records/s, 2 h 45 min left, nothing else\n"
    )


def test_quiet() -> None:
    """Not a word."""
    stream, time = io.StringIO(), Time()
    with Meter("uploaded", 10, show_bytes, quiet=True, stream=stream, clock=time.clock) as meter:
        time.seconds += 100
        meter.add(5)
        meter.say("a sentence")
    assert not stream.getvalue()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (119, "119 s"), (150, "2 min"), (7_300, "2 h 1 min"), (200_000, "2 days")],
)
def test_spans_of_time(seconds: float, text: str) -> None:
    """As precise as anybody needs."""
    assert show_seconds(seconds) == text


@pytest.mark.parametrize(
    ("amount", "text"), [(0, "0 bytes"), (999, "999 bytes"), (1500, "1.5 kB"), (2.5e9, "2.5 GB")]
)
def test_bytes(amount: float, text: str) -> None:
    """In powers of ten, as disks and clouds are sold."""
    assert show_bytes(amount) == text
