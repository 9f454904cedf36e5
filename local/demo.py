"""`demo`: everything at once, with made-up records of which it is known what must become of them."""

import contextlib

import click

from local.folders import temporary
from local.generate import REFUSED_WHERE, describe, generate
from local.importing import exits, import_into_simulator
from local.splitting import Wish
from local.stack import ended_by_signals


@click.command(short_help="Everything at once, with made-up records.")
@click.option("--records", default=500_000, show_default=True, type=click.IntRange(min=1))
@click.pass_context
def command(context: click.Context, records: int) -> None:
    """Generate an export and import it into the simulator: split, upload, function, all of it.

    Ends with one table, and with 0 if it adds up. Leaves nothing behind.
    """
    with ended_by_signals(), exits(), temporary() as folder:
        click.echo(f"Making an export of {records:,} records")
        generated = generate(folder / "demo.ndjson", records)
        click.echo(describe(generated))
        # From within, so that what is printed names demo.ndjson and not a long temporary path.
        with contextlib.chdir(folder):
            wish = Wish(("demo.ndjson",))
            switches = {"refuse_where": REFUSED_WHERE}
            context.exit(import_into_simulator(wish, switches=switches, generated=generated))
