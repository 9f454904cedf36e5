"""The virtual fault suite: thousands of imports, each with faults of its own, and none may lose a record.

python -m tests.torture --runs 10000 --seed 1 --jobs 2
python -m tests.torture --only 4711        # one run again, step by step
"""

import logging
import sys

import click

from function.logs import LOGGER_NAME
from tests.torture.draw import draw
from tests.torture.runs import run_all
from tests.torture.shrink import shrink
from tests.torture.summary import never_struck, show_failure, show_steps, show_summary, show_table
from tests.torture.world import World

# With fewer runs a rare fault may be missing by chance.
ENOUGH_RUNS = 2_000


@click.command(help=__doc__)
@click.option("--runs", default=300, show_default=True, help="how many imports")
@click.option("--seed", default=1, show_default=True, help="of the first run; each further run has the next")
@click.option("--jobs", default=2, show_default=True, help="processes at work")
@click.option("--only", type=int, help="replays the run of one seed, step by step")
@click.option("--shrink/--no-shrink", "is_shrunk", default=True, help="whether a failing run is made smaller")
@click.option("--first-failure", is_flag=True, help="prints its seed and rule alone, and ends")
def main(runs: int, seed: int, jobs: int, only: int | None, is_shrunk: bool, first_failure: bool) -> None:
    logging.getLogger(LOGGER_NAME).disabled = True
    if only is not None:
        ran = World(draw(only)).run()
        click.echo(show_steps(draw(only), ran))
        sys.exit(1 if ran.violation else 0)
    total = run_all(range(seed, seed + runs), jobs, has_progress=not first_failure)
    if first_failure:
        click.echo(f"{total.runs} {total.violation}")
        sys.exit(1 if total.violation else 0)
    click.echo(show_summary(total))
    click.echo(show_table(total))
    if total.violation:
        plan = draw(total.failed_seed)
        ran = World(plan).run()
        smaller = shrink(plan, ran) if is_shrunk and ran.violation else None
        click.echo(show_failure(total, plan, ran, smaller))
        sys.exit(1)
    missing = never_struck(total)
    if missing and runs >= ENOUGH_RUNS:
        click.echo(f"never met: {', '.join(missing)}")
        sys.exit(1)


if __name__ == "__main__":
    main(prog_name="python -m tests.torture")
