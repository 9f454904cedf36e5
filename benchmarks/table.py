"""Goals as text, one a line, and as JSON; and whether a run of them ends well.

A missed goal may be argued: it says why that is the best that can be had, and so does the README's page of
figures, under the goal's own name.
"""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from benchmarks.goals import Goal

NAME_WIDTH, FIGURE_WIDTH = 58, 36
README = Path(__file__).parent.parent / "README.md"
FIGURES = "## Figures"


def line_of(goal: Goal, *, small: bool = False) -> str:
    """Met, missed or argued; what was measured; what was promised; what the references did.

    Of a `small` run that is tried, no more: its figures say nothing of the goals.
    """
    status = "tried" if small else status_of(goal)
    beside = "; ".join(f"{name}: {figure}" for name, figure in goal.references.items())
    return (
        f"{status:7} {goal.name:{NAME_WIDTH}} {goal.figure:{FIGURE_WIDTH}} "
        f"(goal: {goal.goal}){f' beside {beside}' if beside else ''}"
    )


def status_of(goal: Goal, figures: str | None = None) -> str:
    """`met`, `missed` or `argued`. `figures` is what the README says, unless another text is given."""
    if goal.met:
        return "met"
    page = figures_page() if figures is None else figures
    return "argued" if goal.argued and goal.name in page else "missed"


@cache
def figures_page() -> str:
    """Empty where the README has none."""
    _, _, page = README.read_text(encoding="utf-8").partition(f"\n{FIGURES}\n")
    return page.partition("\n## ")[0]


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
