"""`demo`: everything at once, with made-up records of which it is known what must become of them."""

import click

from local.folders import temporary
from local.generate import REFUSED_WHERE, describe, generate
from local.importing import exits, import_into_simulator
from local.splitting import Wish
from local.stack import ended_by_signals


@click.command()
@click.option("--records", default=500_000, show_default=True, type=click.IntRange(min=1))
@click.pass_context
def command(context: click.Context, records: int) -> None:
    """Generate an export and import it into the simulator: split, upload, function, all of it.

    Ends with one table, and with 0 if it adds up. Leaves nothing behind.
    """
    with ended_by_signals(), exits(), temporary() as folder:
        export = folder / "demo.ndjson"
        click.echo(f"Generating an export of {records:,} records ...")
        generated = generate(export, records)
        click.echo(describe(generated))
        context.exit(
            import_into_simulator(
                Wish((str(export),)), switches={"refuse_where": REFUSED_WHERE}, generated=generated
            )
        )
