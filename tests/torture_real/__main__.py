"""`python -m tests.torture_real --runs 200 --seed 1`: real processes, struck at random moments.

Every plan is drawn from its seed, and printed with what happened when if a promise is broken.
"""

import secrets
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

import click

from local.processes import StackFailed
from local.stack import ended_by_signals
from local.web import NoAnswer
from tests.torture_real.journey import may_mount
from tests.torture_real.plan import Plan, draw_plan
from tests.torture_real.rig import rig
from tests.torture_real.run import Run


@click.command()
@click.option("--runs", type=click.IntRange(min=1), default=30, show_default=True)
@click.option("--seed", type=int, help="By default another one each time.")
@click.option("--only", type=click.IntRange(min=0), help="This run of the seed's alone.")
def main(runs: int, seed: int | None, only: int | None) -> None:
    """Imports through a stack of real processes that are killed, paused and cut off at random moments."""
    seed = secrets.randbelow(1_000_000) if seed is None else seed
    folder = Path(tempfile.mkdtemp(prefix="torture-"))
    began = time.monotonic()
    ended: Counter[str] = Counter()
    strikes = records = retried = 0
    with ended_by_signals(), rig(folder / "stack") as made:
        for number in range(runs) if only is None else [only]:
            plan = draw_plan(f"{seed}-{number}")
            run = Run(made, plan, folder / plan.seed)
            try:
                result = run.run()
            except (AssertionError, StackFailed, NoAnswer) as error:
                _tell_violation(error, plan, run, folder, f"--seed {seed} --only {number}")
                sys.exit(1)
            ended += result.ended
            strikes += len(plan.strikes)
            records += result.records
            retried += result.retried
            found = ", ".join(f"{count} {status}" for status, count in sorted(result.ended.items()))
            struck = "; ".join(f"{strike.what} {strike.target}" for strike in plan.strikes)
            click.echo(f"run {plan.seed}: {found} in {run.journal.passed_seconds():.1f} s ({struck})")
    shutil.rmtree(folder)
    count = runs if only is None else 1
    found = ", ".join(f"{count} {status}" for status, count in sorted(ended.items()))
    disk = "a tmpfs" if may_mount() else "a limit on file sizes, for want of the right to mount"
    click.echo(
        f"{count:,} runs of seed {seed}, {strikes:,} strikes, {records:,} records: no violation. "
        f"Chunks: {found}; {retried} announced again. Full disk by {disk}. {time.monotonic() - began:.0f} s"
    )


def _tell_violation(error: BaseException, plan: Plan, run: Run, folder: Path, again: str) -> None:
    click.echo("".join(traceback.format_exception(error)))
    click.echo("\n".join(["The plan:", *plan.lines(), "What happened:", *run.journal.lines()]))
    click.echo(f"VIOLATION in run {plan.seed}; objects and logs are in {folder}")
    click.echo(f"The same plan again: python -m tests.torture_real {again}")


if __name__ == "__main__":
    main()
