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
    "partitioning": "Splitting an export, beside split and pigz, which validate nothing.",
    "checking": "Looking an export through: a sample of it, and all of it.",
    "formats": "Parquet, Avro, CSV and JSON arrays, beside NDJSON and a library's bare read.",
    "presets": "What each preset costs a record, beside reading and writing it.",
    "large": "Files of 3 GB: each runs through, in bounded memory (half an hour on one core).",
    "governor": "The limit found and followed on virtual time, beside a fixed rate and plain backoff.",
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


def goals_of(sections: Sequence[str], *, small: bool) -> Iterator[Goal]:
    """Each as soon as it is measured."""
    for section in sections:
        measure: Callable[..., Iterable[Goal]] = importlib.import_module(f"benchmarks.{section}").goals
        # What takes no time as it is knows no smaller version.
        options = {"small": small} if "small" in inspect.signature(measure).parameters else {}
        yield from measure(**options)


def show(goals: Iterable[Goal], *, small: bool, json_file: Path | None) -> None:
    """Prints each goal as it comes. Ends with 1 where one is missed without an argument."""
    seen = []
    for goal in goals:
        seen.append(goal)
        click.echo(line_of(goal, small=small))
    if json_file:
        json_file.write_text(json_of(seen, small=small) + "\n", encoding="utf-8")
    if small:
        return
    click.echo(summary_of(seen))
    if not is_well(seen):
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
        show(goals_of(list(SECTIONS), small=small), small=small, json_file=json_file)


def _add(section: str, says: str) -> None:
    @main.command(section, help=says)
    @with_options
    def command(*, small: bool, json_file: Path | None) -> None:
        show(goals_of([section], small=small), small=small, json_file=json_file)


for _section, _says in SECTIONS.items():
    if _section != "cost":
        _add(_section, _says)
main.add_command(cost, "cost")


if __name__ == "__main__":
    main()
