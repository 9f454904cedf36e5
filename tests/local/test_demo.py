"""`python -m local demo`, what `make demo` runs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from local.cli import COMMANDS, main
from local.processes import own_environ


def test_help_names_every_command() -> None:
    """Each of them can be imported, and has a line of its own that isn't cut off."""
    result = CliRunner().invoke(main, ["--help"])
    assert result.exit_code == 0
    lines = result.output.split("Commands:\n")[1].splitlines()
    assert [line.split()[0] for line in lines] == sorted(COMMANDS)
    assert not any(line.endswith("...") for line in lines)


@pytest.mark.slow
def test_ends_with_a_table_that_adds_up(tmp_path: Path) -> None:
    """Every number is known beforehand; afterwards no file is left, nor in the tree."""
    (tmp_path / "tmp").mkdir()
    (tmp_path / "here").mkdir()
    result = subprocess.run(
        [sys.executable, "-m", "local", "demo", "--records", "20000"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path / "here",
        env=own_environ() | {"TMPDIR": str(tmp_path / "tmp"), "HOME": str(tmp_path / "here")},
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.endswith("\nIt adds up.\n")
    assert os.listdir(tmp_path / "tmp") == os.listdir(tmp_path / "here") == []  # noqa: PTH208 (names do)
