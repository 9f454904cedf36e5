"""`python -m tests.torture_real --runs 200 --seed 1`: real processes, struck at random moments.

Every plan is drawn from its seed, and printed with what happened when if a promise is broken.
"""

import queue
import secrets
import shutil
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from local.stack import ended_by_signals
from tests.torture_real.journey import may_mount
from tests.torture_real.plan import Plan, draw_plan
from tests.torture_real.rig import rig
from tests.torture_real.run import Result, Run


@dataclass(frozen=True, slots=True)
class Violation:
    """Of a promise, or of what the stack itself is good for."""

    error: BaseException
    run: Run | None


Outcome = tuple[Plan, Run, Result] | Violation


@click.command()
@click.option("--runs", type=click.IntRange(min=1), default=30, show_default=True)
@click.option("--seed", type=int, help="By default another one each time.")
@click.option("--only", type=click.IntRange(min=0), help="This run of the seed's alone.")
@click.option("--stacks", type=click.IntRange(min=1), default=2, show_default=True, help="Side by side.")
def main(runs: int, seed: int | None, only: int | None, stacks: int) -> None:
    """Imports through stacks of real processes that are killed, paused and cut off at random moments."""
    seed = secrets.randbelow(1_000_000) if seed is None else seed
    numbers = list(range(runs)) if only is None else [only]
    folder = Path(tempfile.mkdtemp(prefix="torture-"))
    began = time.monotonic()
    total, strikes, count = Result(), 0, 0
    with ended_by_signals():
        for outcome in outcomes([f"{seed}-{number}" for number in numbers], folder, stacks):
            if isinstance(outcome, Violation):
                tell_violation(outcome, folder)
                sys.exit(1)
            plan, run, result = outcome
            total, strikes, count = total + result, strikes + len(plan.strikes), count + 1
            struck = "; ".join(f"{strike.what} {strike.target}" for strike in plan.strikes)
            seconds = run.journal.passed_seconds()
            click.echo(f"run {plan.seed}: {show(result.ended)} in {seconds:.1f} s ({struck})")
    shutil.rmtree(folder)
    disk = "a tmpfs" if may_mount() else "a limit on file sizes, for want of the right to mount"
    click.echo(
        f"{count:,} runs of seed {seed}, {strikes:,} strikes, {total.records:,} records: no violation. "
        f"Chunks: {show(total.ended)}; {total.retried} announced again. Full disk by {disk}. "
        f"{time.monotonic() - began:.0f} s"
    )


def outcomes(seeds: Iterable[str], folder: Path, stacks: int) -> Iterator[Outcome]:
    """As they come. The threads end with the process, and what they have started with them."""
    waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
    found: queue.SimpleQueue[Outcome | None] = queue.SimpleQueue()
    for seed in seeds:
        waiting.put(seed)
    lanes = min(stacks, waiting.qsize())
    for lane in range(lanes):
        arguments = (waiting, found, folder, folder / f"stack-{lane}")
        threading.Thread(target=work, args=arguments, daemon=True).start()
    while lanes:
        outcome = found.get()
        lanes -= outcome is None
        if outcome is not None:
            yield outcome


def work(
    waiting: "queue.SimpleQueue[str]",
    found: "queue.SimpleQueue[Outcome | None]",
    folder: Path,
    stack: Path,
) -> None:
    """One stack, on which one run follows another."""
    run = None
    try:
        with rig(stack) as made:
            while not waiting.empty():
                plan = draw_plan(waiting.get())
                run = Run(made, plan, folder / plan.seed)
                found.put((plan, run, run.run()))
    except BaseException as error:  # noqa: BLE001 (the main thread tells it)
        found.put(Violation(error, run))
    found.put(None)


def tell_violation(violation: Violation, folder: Path) -> None:
    click.echo("".join(traceback.format_exception(violation.error)))
    run = violation.run
    if run:
        click.echo("\n".join(["The plan:", *run.plan.lines(), "What happened:", *run.journal.lines()]))
        seed, _, number = run.plan.seed.rpartition("-")
        click.echo(f"The same plan again: python -m tests.torture_real --seed {seed} --only {number}")
    click.echo(f"VIOLATION in {f'run {run.plan.seed}' if run else 'no run'}; objects and logs: {folder}")


def show(ended: Counter[str]) -> str:
    return ", ".join(f"{count} {status}" for status, count in sorted(ended.items()))


if __name__ == "__main__":
    main()
