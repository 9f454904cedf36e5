"""The help of every command ends in a line to paste."""

import click
import pytest
from click.testing import CliRunner

from partitioner.cli import main


@pytest.mark.parametrize("name", sorted(main.commands))
def test_the_help_ends_in_an_example(name: str) -> None:
    """One of that very command, whose options it has."""
    said = CliRunner().invoke(main, [name, "--help"])
    assert said.exit_code == 0
    last = said.output.rstrip().splitlines()[-1].strip()
    command = main.commands[name]
    assert f"python -m partitioner {name}" in last
    options = {option for each in command.params if isinstance(each, click.Option) for option in each.opts}
    pasted = last.partition("python -m partitioner")[2]
    assert {word for word in pasted.split() if word.startswith("--")} <= options
