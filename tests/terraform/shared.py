"""What takes long to make, and is the same for every worker of a test run, is made once for all of them."""

import fcntl
import functools
import hashlib
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

Made = TypeVar("Made")

folder: Path | None = None
"""Of the test run, as conftest.py finds it."""


def shared(make: Callable[..., Made]) -> Callable[..., Made]:
    """Like functools.cache, over the workers of a test run. Arguments are told apart by their repr."""

    @functools.cache
    def once(*arguments: object) -> Made:
        assert folder, "conftest.py sets it"
        key = hashlib.sha256(repr((make.__module__, make.__name__, arguments)).encode()).hexdigest()
        path = folder / f"{make.__name__}-{key[:16]}.pickle"
        with path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if path.exists():
                made: Made = pickle.loads(path.read_bytes())
            else:
                made = make(*arguments)
                path.write_bytes(pickle.dumps(made))
        return made

    return once
