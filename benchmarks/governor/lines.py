"""From what a scenario came to, for each rate, to the goals that are read off it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from benchmarks.goals import Goal
from benchmarks.governor.rates import OURS, RATES

COMMAND = "python -m benchmarks.governor"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Line(Generic[T]):
    name: str
    show: Callable[[T], str]
    goal: str
    is_met: Callable[[T], bool]
    argued: str = ""


def each(run: Callable[[str], T], *lines: Line[T]) -> Iterator[Goal]:
    """One run for each rate, several goals of it."""
    runs = {rate: run(rate) for rate in RATES}
    ours = runs[OURS]
    for line in lines:
        references = {rate: line.show(came) for rate, came in runs.items() if rate != OURS}
        met = line.is_met(ours)
        argued = "" if met else line.argued
        yield Goal(line.name, line.show(ours), line.goal, met, references, COMMAND, argued)
