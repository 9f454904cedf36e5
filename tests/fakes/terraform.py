"""A program named terraform that answers as the real one does."""

import json
import os
import shlex
from pathlib import Path

import pytest


def outputs(**values: object) -> str:
    """The shape of `terraform output -json` (1.11)."""
    return json.dumps(
        {name: {"sensitive": False, "type": "string", "value": value} for name, value in values.items()}
    )


def put_terraform_on_the_path(
    folder: Path, monkeypatch: pytest.MonkeyPatch, answer: str, *, errors: str = "", exit_code: int = 0
) -> Path:
    """The first on the PATH from now on. The words it is called with are in the file returned."""
    folder.mkdir()
    words = folder / "words"
    script = folder / "terraform"
    script.write_text(
        "#!/bin/sh\n"
        f'echo "$@" >{shlex.quote(str(words))}\n'
        f"printf %s {shlex.quote(answer)}\n"
        f"printf %s {shlex.quote(errors)} >&2\n"
        f"exit {exit_code}\n"
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return words
