"""Folders that a run keeps, or leaves nothing of."""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from partitioner.exits import Refused

PREFIX = "mixpanel-importer-"


@contextlib.contextmanager
def kept_or_temporary(folder: Path | None) -> Iterator[Path]:
    """`folder`, for this process alone; without one a temporary folder that is gone afterwards."""
    if folder is None:
        with temporary() as made:
            yield made
    else:
        with locked(folder):
            yield folder


@contextlib.contextmanager
def temporary() -> Iterator[Path]:
    """Under TMPDIR, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@dataclass(slots=True)
class Scratch:
    """A temporary folder; set `is_kept` to leave it there."""

    folder: Path
    is_kept: bool = False


@contextlib.contextmanager
def scratch() -> Iterator[Scratch]:
    """Under TMPDIR. Kept as well where something failed, since its logs say what."""
    made = Scratch(Path(tempfile.mkdtemp(prefix=PREFIX)))
    try:
        yield made
    except Exception:
        made.is_kept = True
        raise
    finally:
        if not made.is_kept:
            shutil.rmtree(made.folder, ignore_errors=True)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """The folder, made if need be, for this process alone. Raises Refused where another has it."""
    folder.mkdir(parents=True, exist_ok=True)
    # Compare-and-set in the bucket server holds within one server only: two on one folder could both write.
    with (folder / "lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip()
            raise Refused(f"{folder} is in use by process {holder}: wait for it, or end it") from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
