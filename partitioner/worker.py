"""One worker process: does one job after another, and ends with its parent.

Jobs come on stdin, results go to stdout (wire.py). (Processes, since msgspec holds the GIL. Not
multiprocessing's, which would import the whole command into each.)
"""

import os
import queue
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path

import click
import msgspec

from function.errors import Terminal, Transient
from partitioner.copies import find_equal, group, locate
from partitioner.exits import REFUSED, TRY_AGAIN
from partitioner.jobs import (
    Failed,
    FindEqual,
    Group,
    Job,
    Join,
    Locate,
    ProfileSegment,
    Result,
    Settle,
    Setup,
    WriteChunk,
)
from partitioner.join import join
from partitioner.settle import settle
from partitioner.stored import BucketRefused
from partitioner.wire import receive, send
from partitioner.work import Work
from partitioner.write import write_chunk

_decode_setup = msgspec.msgpack.Decoder(Setup).decode
_decode_job = msgspec.msgpack.Decoder(Job).decode


def do(job: Job, setup: Setup) -> Result:
    work = Work(Path(setup.output) if setup.output else None, Path(setup.work_folder))
    result: Result
    match job:
        case WriteChunk():
            result = write_chunk(job.segment, setup.recipe, work)
        case FindEqual():
            result = find_equal(job, work)
        case Locate():
            result = locate(job, setup.recipe.as_of, work)
        case Group():
            result = group(job, work)
        case Settle():
            result = settle(job, setup.recipe, work)
        case Join():
            result = join(job, setup.recipe, work)
        case ProfileSegment():
            raise NotImplementedError("check.worker does it")
    return result


def tried(do: Callable[[Job, Setup], Result], job: Job, setup: Setup) -> Result:
    """A worker reads exports in buckets too, and so may meet whatever the command itself may."""
    try:
        return do(job, setup)
    except OSError as error:
        return Failed(str(error.strerror), str(error.filename or ""), error.errno or 0)
    except Transient as error:
        return Failed(f"{error}; run the same command again", exit_code=TRY_AGAIN)
    except (BucketRefused, Terminal) as error:
        return Failed(str(error), exit_code=REFUSED)
    except click.ClickException as error:
        return Failed(error.message, exit_code=error.exit_code)


def main(do: Callable[[Job, Setup], Result]) -> None:
    """Ends at once, since at an ordinary end Python would wait for what the other thread has locked."""
    code = 1
    try:
        _serve(do)
    except BrokenPipeError:
        code = 0  # the parent is gone, which the other thread is about to see
    except BaseException:  # noqa: BLE001 (told, and then the parent sees that this process has failed)
        traceback.print_exc()
    finally:
        os._exit(code)


def _serve(do: Callable[[Job, Setup], Result]) -> None:
    """The thread that reads jobs sees that the parent is gone, however it went, and ends the process."""
    jobs: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def read() -> None:
        while data := receive(sys.stdin.buffer):
            jobs.put(data)
        os._exit(0)

    threading.Thread(target=read, daemon=True).start()
    setup = _decode_setup(jobs.get())
    while True:
        send(sys.stdout.buffer, tried(do, _decode_job(jobs.get()), setup))


if __name__ == "__main__":
    main(do)
