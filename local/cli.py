"""The commands of `python -m local`."""

import importlib
from typing import Any

import click

# Imported when they are run: Google's clients alone take a second.
COMMANDS = {
    "demo": "local.demo:command",
    "generate": "local.generate:command",
    "import": "local.importing:command",
    "simulator": "local.mixpanel.command:simulator",
    "up": "local.up:command",
}


class LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *COMMANDS})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: Any = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)
        return command


@click.group(
    cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
def main() -> None:
    """The whole path on this machine: an export becomes records in Mixpanel, or in a simulator of it."""
