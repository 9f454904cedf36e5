"""`up`: the stack stays up, for the partitioner's commands in another terminal."""

import shlex
import time
from pathlib import Path

import click

from local.folders import kept_or_temporary
from local.lost import deliver_lost
from local.processes import StackFailed
from local.simulator import TOKEN
from local.stack import CHUNKS_BUCKET, STATE_BUCKET, Stack, ended_by_signals, stack
from partitioner.exits import Refused, as_exits

LOOK_SECONDS = 1.0


@click.command(short_help="Bucket, topic, function and simulator, until Ctrl-C.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep objects, messages, records and logs there; another `up` goes on with them. By default a "
    "temporary folder, deleted at the end.",
)
@click.option(
    "--topic",
    type=click.Choice(["embedded", "google"]),
    default="embedded",
    show_default=True,
    help="google: Google's Pub/Sub emulator, where it is installed.",
)
def command(folder: Path | None, topic: str) -> None:
    """Start bucket, topic, function and the simulator of Mixpanel, until Ctrl-C.

    A second one beside the first is fine.
    """
    with ended_by_signals(), as_exits("ended"), kept_or_temporary(folder) as place:
        try:
            with stack(place, topic=topic, keep_records=folder is not None) as running:
                if folder and (again := deliver_lost(running)):
                    click.echo(f"{again:,} chunks of before weren't finished: they are delivered again\n")
                click.echo(_lines(running, is_kept=folder is not None))
                while True:
                    time.sleep(LOOK_SECONDS)
                    running.check()
        except StackFailed as error:
            raise Refused(str(error)) from error
        except KeyboardInterrupt:
            click.echo("\nEnded.")


def _lines(running: Stack, *, is_kept: bool) -> str:
    exports = {**running.bucket.environ, "MIXPANEL_TOKEN": TOKEN, "MIXPANEL_URL": running.simulator.url}
    export_lines = "\n".join(f"  export {name}={shlex.quote(value)}" for name, value in exports.items())
    return f"""\
bucket     {running.bucket.url}  (gs://{CHUNKS_BUCKET}, gs://{STATE_BUCKET})
topic      {running.topic.host}  {running.topic.admin_url and "counts: " + running.topic.admin_url}
function   {running.function.url}
Mixpanel   {running.simulator.url}  (a simulator; counts: {running.simulator.url}/_simulator/state)
logs       {running.logs}{"" if is_kept else " (deleted at the end)"}

In another terminal:

{export_lines}
  unset MIXPANEL_SERVICE_ACCOUNT MIXPANEL_PROJECT_ID
  python -m partitioner split EXPORT --output chunks/
  python -m partitioner upload chunks/ gs://{CHUNKS_BUCKET}
  python -m partitioner follow chunks/ --state gs://{STATE_BUCKET}

Ctrl-C ends it.
"""
