"""The table of goals: what stands in a line, and when a run of them ends well."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.__main__ import show
from benchmarks.goals import Goal
from benchmarks.table import is_well, json_of, line_of, status_of, summary_of

MET = Goal(
    name="sending: CPU",
    figure="0.45 CPU-s/M",
    goal="at most 0.6 CPU-s/M",
    met=True,
    references={"as guides do": "24 CPU-s/M", "plain": "2 CPU-s/M"},
    command="python -m benchmarks sending",
)
MISSED = replace(MET, met=False)
ARGUED = replace(MISSED, argued="the disk is no faster")


def test_a_goal_is_one_line_with_all_that_was_measured() -> None:
    """Status, name, figure, promise, and each reference with its own figure."""
    line = line_of(MET)
    assert line.startswith("met ")
    assert "\n" not in line
    for part in (MET.name, MET.figure, MET.goal, *MET.references, *MET.references.values()):
        assert part in line


def test_a_small_run_holds_nothing_against_a_goal() -> None:
    """What takes seconds is measured to see that it works."""
    assert line_of(MISSED, small=True).startswith("tried ")
    assert line_of(MISSED).startswith("missed ")


@pytest.mark.parametrize(
    ("goal", "figures", "status"),
    [
        pytest.param(MET, "", "met", id="met"),
        pytest.param(MISSED, "sending: CPU", "missed", id="missed-and-named-alone"),
        pytest.param(ARGUED, "", "missed", id="argued-nowhere-else"),
        pytest.param(ARGUED, "| sending: CPU | 0.7 | the disk |", "argued", id="argued-in-the-readme-too"),
    ],
)
def test_only_what_the_readme_argues_too_is_argued(goal: Goal, figures: str, status: str) -> None:
    """A reason in the code alone doesn't make a run end well."""
    assert status_of(goal, figures) == status


def test_a_missed_goal_ends_the_run_badly_and_is_named() -> None:
    """With the command that measures it again."""
    assert is_well([MET])
    assert not is_well([MET, MISSED])
    assert summary_of([MET, MISSED]) == (
        "1 met, 0 argued, 1 missed\nmissed: sending: CPU; again: python -m benchmarks sending"
    )


def test_the_command_ends_with_1_for_a_missed_goal(tmp_path: Path) -> None:
    """After all goals were shown and written; a small run ends well whatever it measured."""
    written = tmp_path / "goals.json"
    with pytest.raises(SystemExit) as ended:
        show([MISSED, MET], small=False, json_file=written)
    assert ended.value.code == 1
    assert len(json.loads(written.read_text())["goals"]) == 2
    show([MET], small=False, json_file=None)
    show([MISSED], small=True, json_file=None)


def test_json_holds_every_goal_with_its_status() -> None:
    """And the day, and whether it was the small version."""
    content = json.loads(json_of([MET, MISSED], small=True))
    assert content["small"] is True
    assert len(content["date"]) == len("2026-11-24")
    assert [goal["status"] for goal in content["goals"]] == ["met", "missed"]
    assert content["goals"][0]["references"] == MET.references
