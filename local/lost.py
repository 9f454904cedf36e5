"""Makes up for notifications that an earlier run lost: chunks that are there, and nobody would deliver."""

import os

from local.stack import CHUNKS_BUCKET, STATE_BUCKET, Stack
from partitioner.places import open_bucket
from partitioner.redelivery import Standing, deliver_again, find_all


def deliver_lost(stack: Stack) -> int:
    """What `retry --missing` does, for everything in the chunks bucket; how many chunks that were.

    The bucket server announces an object after storing it, so that a kill in between loses the announcement;
    and Google's emulator forgets what it was told. Raises what Bucket raises.
    """
    # The storage client knows no other way to say where the emulator is.
    os.environ.update(stack.bucket.environ)
    destination = stack.destination.name
    with open_bucket(CHUNKS_BUCKET) as chunks, open_bucket(STATE_BUCKET) as state:
        found = find_all(chunks.objects(), state, destination)
        missing = [each for each in found if each.standing is Standing.MISSING]
        return sum(1 for _ in deliver_again(chunks, state, destination, missing))
