"""`python -m local simulator`: the simulator from a command line."""

import signal
from pathlib import Path
from typing import Any

import click

from .projects import DEFAULT_TOKEN, Project, Projects
from .simulator import Simulator
from .state import State
from .switches import Switches, UnknownSwitch, turn


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=0, show_default=True, help="0: a free one")
@click.option(
    "--port-file", type=click.Path(path_type=Path), help="where the port is written once it listens"
)
@click.option(
    "--token", "tokens", multiple=True, help=f"a project's token; {DEFAULT_TOKEN} if no project is named"
)
@click.option(
    "--project", "accounts", multiple=True, metavar="ID:USER:SECRET", help="a project and its service account"
)
@click.option(
    "--store",
    type=click.Path(path_type=Path, file_okay=False),
    help="folder to keep records in, over restarts too",
)
@click.option("--records-per-second", type=float, help="Mixpanel's limit, over a rolling minute; 0: none")
@click.option("--megabytes-per-minute", type=float, help="Mixpanel's other limit, of JSON; 0: none")
@click.option(
    "--switch", "switches", multiple=True, metavar="NAME=VALUE", help="see GET /_simulator/switches"
)
def simulator(
    host: str,
    port: int,
    port_file: Path | None,
    tokens: tuple[str, ...],
    accounts: tuple[str, ...],
    store: Path | None,
    switches: tuple[str, ...],
    **limits: float | None,
) -> None:
    r"""A simulator of Mixpanel's ingestion API, until Ctrl-C.

    \b
    Example:
      python -m local simulator --token abc --switch future_time=refused
      curl -u abc: 'http://127.0.0.1:PORT/import?strict=1' --data-binary @events.ndjson
    """
    state = State(projects_from(tokens, accounts), switches_from(switches, limits), store)
    with Simulator(state, host, port) as running:
        click.echo(f"Mixpanel simulator: {running.url}")
        if port_file is not None:
            written = port_file.with_name(port_file.name + ".new")
            written.write_text(f"{running.port}\n")
            written.replace(port_file)
        wait_for_end()


def wait_for_end() -> None:
    """Returns at Ctrl-C or SIGTERM."""
    for number in (signal.SIGINT, signal.SIGTERM):  # SIGINT is ignored in the background of a shell
        signal.signal(number, signal.default_int_handler)
    try:
        while True:
            signal.pause()
    except KeyboardInterrupt:
        return


def projects_from(tokens: tuple[str, ...], accounts: tuple[str, ...]) -> Projects:
    projects = Projects()
    for account in accounts:
        number, _, pair = account.partition(":")
        if not number or ":" not in pair:
            raise click.BadParameter(f"{account!r} is not ID:USER:SECRET", param_hint="--project")
        known = projects.known.get(number, Project(number))
        projects.put(Project(number, accounts=(*known.accounts, pair)))
    for token in tokens or (() if accounts else (DEFAULT_TOKEN,)):
        projects.add_token(token)
    return projects


def switches_from(switches: tuple[str, ...], limits: dict[str, float | None]) -> Switches:
    wanted: dict[str, Any] = {name: value for name, value in limits.items() if value is not None}
    for each in switches:
        name, separator, value = each.partition("=")
        if not separator:
            raise click.BadParameter(f"{each!r} is not NAME=VALUE", param_hint="--switch")
        wanted[name] = value
    try:
        return turn(Switches(), wanted)
    except UnknownSwitch as error:
        raise click.BadParameter(str(error), param_hint="--switch") from error
