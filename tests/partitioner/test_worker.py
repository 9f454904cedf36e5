"""What a worker meets and can't do anything about is told, and ends the command as it would there."""

import errno

import pytest

from function.errors import ObjectGone, StorageUnavailable
from partitioner.exits import REFUSED, TRY_AGAIN, Refused, TryAgain
from partitioner.jobs import Failed, FindEqual, Job, Recipe, Result, Setup
from partitioner.stored import BucketRefused
from partitioner.worker import tried

SETUP = Setup(Recipe("a", 0, 1, 1, 1, 1, keep_copies=False), "", "")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OSError(errno.ENOSPC, "full", "a"), Failed("full", "a", errno.ENOSPC)),
        (StorageUnavailable("later"), Failed("later; run the same command again", exit_code=TRY_AGAIN)),
        (TryAgain("later"), Failed("later", exit_code=TRY_AGAIN)),
        (BucketRefused("not yours"), Failed("not yours", exit_code=REFUSED)),
        (ObjectGone("gone"), Failed("gone", exit_code=REFUSED)),
        (Refused("no"), Failed("no", exit_code=REFUSED)),
    ],
)
def test_what_a_job_raises_is_told(error: Exception, expected: Failed) -> None:
    """With the exit that it has in the command itself."""

    def fail(_job: Job, _setup: Setup) -> Result:
        raise error

    assert tried(fail, FindEqual(0, 1, 1, ()), SETUP) == expected


def test_a_fault_of_its_own_is_none_of_these() -> None:
    """It ends the worker, with a traceback."""

    def fail(_job: Job, _setup: Setup) -> Result:
        raise KeyError

    with pytest.raises(KeyError):
        tried(fail, FindEqual(0, 1, 1, ()), SETUP)
