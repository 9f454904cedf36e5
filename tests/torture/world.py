"""One run: a plan carried out from the first upload until nothing is left that could happen."""

import random as global_random
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from random import Random

from function.cloud_event import ChunkRef
from function.state import decode_entry
from tests.fakes.memory_bucket import MemoryBucket, checksum_of
from tests.torture.account import Account
from tests.torture.contents import NOW_SECONDS, Object, build
from tests.torture.end_state import Ending, check_ending
from tests.torture.plan import Chunk, Plan, Upload
from tests.torture.process import Notice, Process, Surroundings, config_of
from tests.torture.scheduler import Host, Scheduler, Violation
from tests.torture.topic import Message, Topic
from tests.torture.virtual_mixpanel import Server
from tests.torture.wire import Step, Wire


@dataclass(frozen=True, slots=True)
class Ran:
    """`violation` is empty where all went well; its text up to the colon names the rule."""

    violation: str
    steps: list[Step]
    struck: Counter[str]
    calls: int
    seconds: float


class _State(MemoryBucket):
    def __init__(self, account: Account) -> None:
        super().__init__("state")
        self._account = account

    def _write(self, object_name: str, data: bytes, if_generation: int | None) -> int:
        before = self._objects.get(object_name)
        generation = super()._write(object_name, data, if_generation)
        self._account.written(object_name, before.data if before else None, data, self)
        return generation

    def _delete(self, object_name: str) -> None:
        super()._delete(object_name)
        self._account.deleted(object_name, self)


class _Chunks(MemoryBucket):
    def __init__(self, account: Account, state: MemoryBucket) -> None:
        super().__init__("chunks")
        self._account, self._state = account, state

    def _set_custom_time(self, object_name: str, generation: int, at: datetime) -> None:
        super()._set_custom_time(object_name, generation, at)
        self._account.marked(object_name, generation, self._state)


class World:
    def __init__(self, plan: Plan) -> None:
        global_random.seed(plan.seed)  # of the jitter in waits
        random = Random(plan.seed)
        self._plan = plan
        self._random = random
        self._scheduler = Scheduler(random, NOW_SECONDS)
        self._wire = Wire(self._scheduler, random, plan.strikes)
        self._wire.kill = self._kill
        self._wire.poison = self._poison
        self._wire.on_frozen = self._frozen
        self._wire.on_struck = self._struck
        self._config = config_of(plan)
        self._account = Account(self._scheduler, self._config)
        self._state = _State(self._account)
        self._account.state = self._state
        self._chunks = _Chunks(self._account, self._state)
        self._server = Server(self._wire, plan.switches, plan.weathers, self._account.stored)
        self._around = Surroundings(
            plan, self._scheduler, self._wire, self._chunks, self._state, self._server, self._account.tried
        )
        self._processes: list[Process] = []
        self._leaving: set[Process] = set()
        self._topic = Topic(self._wire, random, self._takers)
        self._newest: dict[str, tuple[Upload, Object, int]] = {}
        self._poisoned: set[str] = set()

    def run(self) -> Ran:
        violation = ""
        try:
            self._start()
            after = self._scheduler.after
            for chunk in self._plan.chunks:
                for upload in chunk.uploads:
                    after(upload.at_seconds, partial(self._upload, chunk, upload))
            for deployment in self._plan.deployments:
                after(deployment.at_seconds, partial(self._deploy, deployment.overlap_seconds))
            self._scheduler.run()
            self._check()
        except Violation as error:
            violation = str(error)
        finally:
            self._scheduler.end(list(self._processes))
            self._server.close()
        return Ran(
            violation,
            self._wire.steps,
            self._wire.struck,
            self._wire.calls["all"],
            self._scheduler.now_seconds,
        )

    def _takers(self) -> list[Process]:
        return [
            process for process in self._processes if not process.is_dead and process not in self._leaving
        ]

    def _start(self) -> None:
        number = len(self._processes)
        apart = self._plan.clocks_apart_seconds
        self._processes.append(Process(number, self._around, apart * (-0.5 if number % 2 else 0.5)))

    def _kill(self, host: Host) -> None:
        assert isinstance(host, Process)
        for name in set(host.at_work.values()):
            self._account.silent[name] += 1
        self._end(host)

    def _poison(self, host: Host) -> None:
        """It may take neighbours along before it is worked on alone, and not for long."""
        assert isinstance(host, Process)
        for name in set(host.at_work.values()) - self._poisoned:
            self._account.silent[name] += 1
        self._poisoned |= set(host.at_work.values())
        self._end(host)

    def _end(self, host: Process) -> None:
        self._account.disturbed.update(host.at_work.values())
        self._scheduler.kill(host)
        self._topic.lost(host)
        if host not in self._leaving:
            self._scheduler.after(self._random.uniform(1, 15), self._start)

    def _frozen(self, host: Host, seconds: float) -> None:
        assert isinstance(host, Process)
        self._account.disturbed.update(host.at_work.values())
        if seconds > self._config.lease_seconds / 2:
            for name in set(host.at_work.values()):
                self._account.silent[name] += 1

    def _struck(self, object_name: str) -> None:
        for chunk in self._plan.chunks:
            if chunk.name in object_name:
                self._account.unheard[chunk.name] += 1
                self._account.disturbed.add(chunk.name)

    def _deploy(self, overlap_seconds: float) -> None:
        self._wire.struck["deployment"] += 1
        old = self._takers()
        self._start()
        self._scheduler.after(overlap_seconds, lambda: self._leaving.update(old))

    def _upload(self, chunk: Chunk, upload: Upload) -> None:
        if upload.content < 0:
            self._wire.struck["deletion"] += 1
            self._wire.tell("user", f"deletes {chunk.name}", "ok")
            self._chunks._delete(chunk.name)
            return
        content = chunk.contents[upload.content]
        made = build(content, self._plan.batch_records, self._plan.switches.get("body_bytes"))
        checksum = checksum_of(made.data[1:] if made.damage == "checksum" else made.data)
        generation = self._chunks.put(chunk.name, made.data)
        self._wire.tell("user", f"uploads {chunk.name}", f"content {upload.content} as {generation}")
        ref = ChunkRef("chunks", chunk.name, generation, len(made.data), checksum)
        self._account.uploaded(ref, made, is_poison=content.poison >= 0)
        self._newest[chunk.name] = upload, made, generation
        resource = {
            "bucket": ref.bucket,
            "name": ref.name,
            "generation": str(generation),
            "size": str(ref.size),
            "crc32c": checksum,
        }
        for seconds in upload.arrivals:
            self._topic.publish(Message(f"{chunk.name} {generation}", Notice(resource)), seconds)

    def _check(self) -> None:
        for chunk in self._plan.chunks:
            if chunk.name not in self._newest:
                continue
            upload, made, generation = self._newest[chunk.name]
            name = self._account.entry_name(chunk.name)
            found = self._state._objects.get(name)
            check_ending(
                Ending(
                    name=chunk.name,
                    entry=None if found is None else decode_entry(found.data),
                    made=made,
                    generation=generation,
                    is_poison=chunk.contents[upload.content].poison >= 0,
                    live=self._chunks._objects.get(chunk.name),
                    # A process knows which of its own owners have ended.
                    silent=self._account.silent[chunk.name]
                    + (self._account.unheard[chunk.name] if len(self._processes) > 1 else 0),
                    max_attempts=self._config.max_attempts,
                    stored=self._account.lines_stored,
                ),
                self._scheduler,
            )
