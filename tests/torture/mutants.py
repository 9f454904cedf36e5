"""Applies each mutation to a copy of the function and runs the virtual suite on it until it is caught.

python -m tests.torture.mutants --runs 2000 --seed 1 --jobs 2
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from tests.torture.more_mutations import MORE_MUTATIONS
from tests.torture.mutations import MUTATIONS, Mutation

ROOT = Path(__file__).parent.parent.parent
ALL = (*MUTATIONS, *MORE_MUTATIONS)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`rule` is empty for a mutant that survived."""

    mutation: Mutation
    runs: int
    rule: str


def mutated(mutation: Mutation) -> dict[str, str]:
    """The changed files' texts by name. Raises ValueError where a text doesn't stand there exactly once."""
    texts: dict[str, str] = {}
    for change in mutation.changes:
        text = texts.get(change.file) or (ROOT / "function" / change.file).read_text()
        if text.count(change.before) != 1:
            found = f"found {text.count(change.before)} times in {change.file}: {change.before!r}"
            raise ValueError(f"{mutation.name}: {found}")
        texts[change.file] = text.replace(change.before, change.after)
    return texts


def try_out(mutation: Mutation, runs: int, seed: int) -> Verdict:
    with TemporaryDirectory() as folder:
        copy = Path(folder)
        shutil.copytree(ROOT / "function", copy / "function", ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("partitioner", "local", "tests"):
            (copy / name).symlink_to(ROOT / name)
        for name, text in mutated(mutation).items():
            (copy / "function" / name).write_text(text)
        options = ["--runs", str(runs), "--seed", str(seed), "--jobs", "1", "--first-failure"]
        ran = subprocess.run(
            [sys.executable, "-P", "-m", "tests.torture", *options],
            cwd=copy,
            env={**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
    if ran.returncode == 1 and not ran.stderr:
        count, _, violation = ran.stdout.strip().partition(" ")
        return Verdict(mutation, int(count), violation.partition(":")[0])
    if ran.returncode == 0:
        return Verdict(mutation, runs, "")
    raise RuntimeError(f"{mutation.name}: {ran.stderr}")


def try_all(mutations: tuple[Mutation, ...], runs: int, seed: int, jobs: int) -> Iterator[Verdict]:
    with ThreadPoolExecutor(jobs) as pool:
        yield from pool.map(lambda mutation: try_out(mutation, runs, seed), mutations)


@click.command(help=__doc__)
@click.option("--runs", default=2_000, show_default=True, help="of the virtual suite, at most, for each")
@click.option("--seed", default=1, show_default=True, help="of the first run")
@click.option("--jobs", default=2, show_default=True, help="mutants tried at once")
@click.option("--only", default="", help="those whose name has this in it")
def main(runs: int, seed: int, jobs: int, only: str) -> None:
    chosen = tuple(mutation for mutation in ALL if only in mutation.name)
    for mutation in chosen:
        mutated(mutation)
    width = max(len(mutation.name) for mutation in chosen)
    survived = 0
    for verdict in try_all(chosen, runs, seed, jobs):
        survived += not verdict.rule
        told = f"{verdict.runs:5}  {verdict.rule}" if verdict.rule else f"{verdict.runs:5}  SURVIVED"
        click.echo(f"{verdict.mutation.name:<{width}}  {told}")
    click.echo(f"{len(chosen)} mutants, {survived} survived {runs} runs")
    sys.exit(1 if survived else 0)


if __name__ == "__main__":
    main(prog_name="python -m tests.torture.mutants")
