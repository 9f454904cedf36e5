"""Fixtures that start the local stack's real processes."""

import contextlib
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local.bucket import BucketServer, bucket_server
from local.stack import Stack, stack

# Where a shell has started the tests in the background, Ctrl-C is ignored, in all that they start too.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def bucket(tmp_path: Path) -> Iterator[BucketServer]:
    """A bucket server with gs://chunks and gs://state, both empty."""
    with bucket_server(tmp_path / "objects") as server:
        yield server


@pytest.fixture
def start_stack(tmp_path: Path) -> Iterator[Callable[..., Stack]]:
    """Starts stacks with the arguments of local.stack.stack, each in its own folder unless told otherwise."""
    with contextlib.ExitStack() as started:
        count = 0

        def start(folder: Path | None = None, **arguments: Any) -> Stack:
            nonlocal count
            count += 1
            return started.enter_context(stack(folder or tmp_path / f"stack-{count}", **arguments))

        yield start
