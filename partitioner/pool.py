"""The worker processes, and the threads that wait for them."""

import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain, repeat
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from partitioner.exits import TRY_AGAIN, Refused, TryAgain
from partitioner.jobs import Failed, Job, Result, Setup
from partitioner.key_hash import HASH_SEED
from partitioner.wire import receive, send

_ROOT = Path(__file__).resolve().parent.parent
_WAIT_SECONDS = 0.1
_ENVIRON = {
    "PYTHONHASHSEED": HASH_SEED,
    # numpy would start one thread a core, for what no worker does.
    "OPENBLAS_NUM_THREADS": "1",
    # Else glibc gives each block's memory back and asks for it anew: 0.3 µs a record.
    "MALLOC_MMAP_THRESHOLD_": str(32 * 1024 * 1024),
    "MALLOC_TRIM_THRESHOLD_": str(128 * 1024 * 1024),
}

SPLITTER = "partitioner.worker"

_decode_result = msgspec.msgpack.Decoder[Result](Result).decode

_Waiting = queue.Queue[Job | None]
_Results = queue.SimpleQueue[Result | BaseException | None]


class WorkerDied(Exception):  # noqa: N818 (what happened)
    """A worker process ended before its work. `was_killed` by a signal, as where memory runs out."""

    def __init__(self, code: int) -> None:
        super().__init__(f"a worker process ended with {code}")
        self.was_killed = code < 0


class _Worker:
    def __init__(self, setup: Setup, lock: int | None, module: str) -> None:
        path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
        self._process = subprocess.Popen(  # noqa: S603 (our own modules)
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path, **_ENVIRON},
            pass_fds=() if lock is None else (lock,),  # held as long as any worker lives
            process_group=0,  # Ctrl-C is the parent's business
        )
        assert self._process.stdin
        send(self._process.stdin, setup)

    def do(self, job: Job) -> Result:
        assert self._process.stdin
        assert self._process.stdout
        answer = b""
        with suppress(BrokenPipeError):
            send(self._process.stdin, job)
            answer = receive(self._process.stdout)
        if not answer:
            raise WorkerDied(self._process.wait())
        result: Result = _decode_result(answer)
        return result

    def kill(self) -> None:
        self._process.kill()

    def close(self) -> None:
        """When it was killed, and nobody waits for its answer any more."""
        with suppress(BrokenPipeError):
            self._process.communicate()


class Pool:
    """At most so many workers at once, each started when there is a job for it; `module` is their program."""

    def __init__(self, setup: Setup, workers: int, lock: int | None = None, module: str = SPLITTER) -> None:
        self._setup, self._lock, self._module = setup, lock, module
        self._workers: list[_Worker | None] = [None] * workers
        self._threads: list[threading.Thread] = []
        self._stopped = threading.Event()
        self._starting = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends the workers whatever they are at."""
        with self._starting:
            self._stopped.set()
        workers = [worker for worker in self._workers if worker]
        for worker in workers:
            worker.kill()
        for thread in self._threads:
            thread.join()
        for worker in workers:
            worker.close()

    @property
    def is_stopped(self) -> bool:
        return self._stopped.is_set()

    def run(self, jobs: Iterable[Job]) -> Iterator[Result]:
        """Yields results as they come. Jobs are taken in a thread, one more than there are workers for.

        Raises what the iteration over the jobs raises; OSError, Refused and TryAgain as a worker met them;
        and WorkerDied.
        """
        waiting: _Waiting = queue.Queue(maxsize=1)
        results: _Results = queue.SimpleQueue()
        threading.Thread(target=self._feed, args=(jobs, waiting, results), daemon=True).start()
        for at in range(len(self._workers)):
            thread = threading.Thread(target=self._work, args=(at, waiting, results), daemon=True)
            self._threads.append(thread)
            thread.start()
        at_work = len(self._workers)
        while at_work:
            result = results.get()
            if result is None:
                at_work -= 1
            elif isinstance(result, Failed):
                raise _error_of(result)
            elif isinstance(result, BaseException):
                raise result
            else:
                yield result

    def _feed(self, jobs: Iterable[Job], waiting: _Waiting, results: _Results) -> None:
        try:
            for job in chain(jobs, repeat(None, len(self._workers))):
                while not self.is_stopped:
                    with suppress(queue.Full):
                        waiting.put(job, timeout=_WAIT_SECONDS)
                        break
        except BaseException as error:  # noqa: BLE001 (raised again where the results are read)
            results.put(error)

    def _work(self, at: int, waiting: _Waiting, results: _Results) -> None:
        try:
            while not self.is_stopped:
                with suppress(queue.Empty):
                    job = waiting.get(timeout=_WAIT_SECONDS)
                    if job is None:
                        break
                    results.put(self._worker(at).do(job))
            results.put(None)
        except BaseException as error:  # noqa: BLE001 (the same)
            results.put(error)

    def _worker(self, at: int) -> _Worker:
        with self._starting:
            if self.is_stopped:
                raise InterruptedError
            worker = self._workers[at] = self._workers[at] or _Worker(self._setup, self._lock, self._module)
            return worker


def _error_of(failed: Failed) -> Exception:
    if failed.exit_code == TRY_AGAIN:
        return TryAgain(failed.message)
    return Refused(failed.message) if failed.exit_code else OSError(failed.errno, failed.message, failed.file)
