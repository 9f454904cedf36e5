"""The commands of `python -m benchmarks`; without one, all of them, which is what `make bench` runs."""

import importlib
import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from benchmarks.cost import command as cost
from benchmarks.goals import Goal
from benchmarks.table import is_well, json_of, line_of, summary_of

SECTIONS = {
    "sending": "CPU, wall and requests at once of the function, by kind of chunk.",
    "memory": "The function's peak memory: 32 chunks at once, and whatever a chunk's size.",
    "ledger": "What a chunk asks of the buckets, counted.",
    "start": "From the start of the process to the first answer.",
    "simulator": "What the simulator of Mixpanel takes, at most.",
    "cost": "What an import costs at Google.",
}
EPILOG = """\b
Examples:
  python -m benchmarks --json figures.json
  python -m benchmarks sending --small
"""


def goals_of(section: str, *, small: bool) -> Iterator[Goal]:
    """Each as soon as it is measured."""
    measure: Callable[..., Iterable[Goal]] = importlib.import_module(f"benchmarks.{section}").goals
    # What takes no time as it is knows no smaller version.
    options = {"small": small} if "small" in inspect.signature(measure).parameters else {}
    yield from measure(**options)


def run(sections: Sequence[str], *, small: bool, json_file: Path | None) -> None:
    """Prints each goal as it comes. Ends with 1 where one is missed without an argument."""
    goals = []
    for section in sections:
        for goal in goals_of(section, small=small):
            goals.append(goal)
            click.echo(line_of(goal))
    click.echo(summary_of(goals))
    if json_file:
        json_file.write_text(json_of(goals, small=small) + "\n", encoding="utf-8")
    if small:
        click.echo("small: what was measured says nothing of the goals")
    elif not is_well(goals):
        raise SystemExit(1)


def with_options(command: Callable[..., Any]) -> Callable[..., Any]:
    small = click.option("--small", is_flag=True, help="In seconds, to see that it works: no goal counts.")
    json_file = click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write this too.")
    return small(json_file(command))


@click.group(invoke_without_command=True, epilog=EPILOG)
@with_options
@click.pass_context
def main(context: click.Context, *, small: bool, json_file: Path | None) -> None:
    """Measure, and hold each goal of the project against what was measured, beside its references."""
    if context.invoked_subcommand is None:
        run(list(SECTIONS), small=small, json_file=json_file)


def _add(section: str, says: str) -> None:
    @main.command(section, help=says)
    @with_options
    def command(*, small: bool, json_file: Path | None) -> None:
        run([section], small=small, json_file=json_file)


for _section, _says in SECTIONS.items():
    if _section != "cost":
        _add(_section, _says)
main.add_command(cost, "cost")


if __name__ == "__main__":
    main()
