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

from partitioner.jobs import Failed, Job, Result, Setup
from partitioner.keys import HASH_SEED
from partitioner.worker import receive, send

_ROOT = Path(__file__).resolve().parent.parent
_WAIT_SECONDS = 0.1

_decode_result = msgspec.msgpack.Decoder[Result](Result).decode

_Waiting = queue.Queue[Job | None]
_Results = queue.SimpleQueue[Result | BaseException | None]


class WorkerDied(Exception):  # noqa: N818 (what happened)
    """A worker process ended without a word. The message says how."""


class _Worker:
    def __init__(self, setup: Setup, lock: int | None) -> None:
        path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "partitioner.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": HASH_SEED},
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
            raise WorkerDied(f"a worker process ended with {self._process.wait()}")
        result: Result = _decode_result(answer)
        return result

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()


class Pool:
    """At most so many workers at once, each started when there is a job for it."""

    def __init__(self, setup: Setup, workers: int, lock: int | None = None) -> None:
        self._setup, self._lock = setup, lock
        self._workers: list[_Worker | None] = [None] * workers
        self._stopped = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends the workers whatever they are at."""
        self._stopped.set()
        for worker in self._workers:
            if worker:
                worker.end()

    @property
    def is_stopped(self) -> bool:
        return self._stopped.is_set()

    def run(self, jobs: Iterable[Job]) -> Iterator[Result]:
        """Yields results as they come. Jobs are taken in a thread, one more than there are workers for.

        Raises what the iteration over the jobs raises, OSError as a worker met it, and WorkerDied.
        """
        waiting: _Waiting = queue.Queue(maxsize=1)
        results: _Results = queue.SimpleQueue()
        threading.Thread(target=self._feed, args=(jobs, waiting, results), daemon=True).start()
        for at in range(len(self._workers)):
            threading.Thread(target=self._work, args=(at, waiting, results), daemon=True).start()
        at_work = len(self._workers)
        while at_work:
            result = results.get()
            if result is None:
                at_work -= 1
            elif isinstance(result, Failed):
                raise OSError(result.errno, result.message, result.file)
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
                    worker = self._workers[at] = self._workers[at] or _Worker(self._setup, self._lock)
                    results.put(worker.do(job))
            results.put(None)
        except BaseException as error:  # noqa: BLE001 (the same)
            results.put(error)
