"""A goal of `make bench`: one figure beside its references, and whether it was met."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Goal:
    """What was measured, what was promised, and what the references did on the same scenario."""

    name: str
    figure: str
    goal: str
    met: bool
    references: dict[str, str]
    """What each reference measured in the same run, by the reference's name."""
    command: str
    """What prints this goal alone or with its neighbours."""
    argued: str = ""
    """Where a missed goal is the best that can be had: why."""
