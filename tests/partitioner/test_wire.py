"""Messages come through as they were, and an end is told from a message."""

import io

import pytest

from partitioner.jobs import Failed
from partitioner.wire import receive, send


def sent(*messages: Failed) -> bytes:
    stream = io.BytesIO()
    for message in messages:
        send(stream, message)
    return stream.getvalue()


def test_messages_come_one_by_one() -> None:
    """Each whole, in order; then nothing."""
    stream = io.BytesIO(sent(Failed("full", "a", 28), Failed("", "", 0)))
    first, second, end = receive(stream), receive(stream), receive(stream)
    assert b"full" in first
    assert second
    assert end == b""


@pytest.mark.parametrize("length", [0, 3, 4, 5])
def test_a_message_that_is_cut_off_is_an_end(length: int) -> None:
    """Wherever the other side stopped writing."""
    assert receive(io.BytesIO(sent(Failed("full", "a", 28))[:length])) == b""
