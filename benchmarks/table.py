"""Goals as text, one a line, and as JSON; and whether a run of them ends well."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime

from benchmarks.goals import Goal

NAME_WIDTH, FIGURE_WIDTH = 58, 36


def line_of(goal: Goal) -> str:
    """Met, missed or argued; what was measured; what was promised; what the references did."""
    beside = "; ".join(f"{name}: {figure}" for name, figure in goal.references.items())
    return (
        f"{status_of(goal):7} {goal.name:{NAME_WIDTH}} {goal.figure:{FIGURE_WIDTH}} "
        f"(goal: {goal.goal}){f' beside {beside}' if beside else ''}"
    )


def status_of(goal: Goal) -> str:
    """`argued` is missed, with the reason why it is the best that can be had."""
    if goal.met:
        return "met"
    return "argued" if goal.argued else "missed"


def is_well(goals: Sequence[Goal]) -> bool:
    return all(status_of(goal) != "missed" for goal in goals)


def summary_of(goals: Sequence[Goal]) -> str:
    """What came of them, the reasons of those that are argued, and the commands of those missed."""
    counts = [status_of(goal) for goal in goals]
    lines = [", ".join(f"{counts.count(status)} {status}" for status in ("met", "argued", "missed"))]
    lines += [f"argued: {goal.name}: {goal.argued}" for goal in goals if status_of(goal) == "argued"]
    lines += [f"missed: {goal.name}; again: {goal.command}" for goal in goals if status_of(goal) == "missed"]
    return "\n".join(lines)


def json_of(goals: Sequence[Goal], *, small: bool) -> str:
    """With the day, and on what it was measured."""
    machine = {
        "cpus": os.cpu_count(),
        "architecture": platform.machine(),
        "python": platform.python_version(),
    }
    content = {
        "date": datetime.now(UTC).date().isoformat(),
        "small": small,
        "machine": machine,
        "goals": [{"status": status_of(goal), **asdict(goal)} for goal in goals],
    }
    return json.dumps(content, indent=2, ensure_ascii=False)
