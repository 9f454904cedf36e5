"""What a run keeps, and what it leaves nothing of."""

import os
from pathlib import Path

import pytest

from local.folders import kept_or_temporary, locked, scratch
from partitioner.exits import Refused


def test_a_folder_is_one_processes(tmp_path: Path) -> None:
    """A second holder is refused and told who has it; afterwards it is free."""
    with locked(tmp_path / "home"), pytest.raises(Refused, match=f"in use by process {os.getpid()}"):
        locked(tmp_path / "home").__enter__()
    with locked(tmp_path / "home"):
        pass


def test_a_folder_of_the_users_own_stays(tmp_path: Path) -> None:
    with kept_or_temporary(tmp_path / "mine") as folder:
        (folder / "x").touch()
    assert (tmp_path / "mine" / "x").exists()
    with kept_or_temporary(None) as folder:
        assert folder.is_dir()
    assert not folder.exists()


def test_scratch_is_kept_when_asked_or_when_something_failed() -> None:
    with scratch() as gone:
        pass
    assert not gone.folder.exists()
    with scratch() as kept:
        kept.is_kept = True
    kept.folder.rmdir()
    with pytest.raises(Refused), scratch() as failed:
        raise Refused("no")
    failed.folder.rmdir()
    with pytest.raises(KeyboardInterrupt), scratch() as stopped:
        raise KeyboardInterrupt
    assert not stopped.folder.exists()
