"""How a command ends that only reads, when one of its workers did."""

import contextlib
from collections.abc import Iterator

from partitioner.exits import Refused, TryAgain
from partitioner.pool import WorkerDied


@contextlib.contextmanager
def worker_errors() -> Iterator[None]:
    try:
        yield
    except WorkerDied as error:
        if not error.was_killed:
            raise Refused(f"{error}, by a fault of its own: see above") from error
        raise TryAgain(f"{error}: killed, or out of memory; run the same command again") from error
