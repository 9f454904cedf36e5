"""A backlog of chunks that drains through the topic: the real backlog and admission, on virtual time.

local/pusher.py's dispatcher is an event here, and a delivery a process that waits for its turn as
function/importer.py has it; the ledger is what is left of each chunk.
"""

from random import Random

from benchmarks.governor.engine import Engine, Process
from benchmarks.governor.sending import ChunkWork, Pool
from function.admission import Admission
from function.config import Config
from function.errors import Transient
from function.mixpanel import Parcel
from local.backlog import Backlog, Push, read_settings
from local.pusher import PUSHES_AT_ONCE

KNOBS = Config()


class Delivery:
    """All chunks are there from the start, `batches` in each."""

    def __init__(
        self, engine: Engine, pool: Pool, random: Random, *, chunks: int, batches: int, parcel: Parcel
    ) -> None:
        self._engine, self._pool, self._random, self._parcel = engine, pool, random, parcel
        self._backlog = Backlog(read_settings(), random, largest_window=PUSHES_AT_ONCE)
        self._admission = Admission(KNOBS.chunks_at_once, engine.clock, pause_seconds=KNOBS.pause_seconds)
        self._left = {str(number): batches for number in range(chunks)}
        self._first_delivered: dict[str, float] = {}
        self._wakes_at = float("inf")
        self._begun: set[str] = set()
        self.begun: list[int] = []
        """Chunks in the order in which they were first worked on."""
        self.seconds: dict[str, float] = {}
        """Of each chunk that is done, from its first delivery to its acknowledgement."""
        for name in self._left:
            self._backlog.add(name, engine.now)
        engine.after(0, self._dispatch)

    @property
    def nacked_share(self) -> float:
        counts = self._backlog.counts()
        return counts.nacked / max(1, counts.delivered)

    @property
    def is_drained(self) -> bool:
        return self._backlog.counts().outstanding == 0

    def _dispatch(self) -> None:
        engine = self._engine
        if engine.now >= self._wakes_at:
            self._wakes_at = float("inf")
        while push := self._backlog.take(engine.now):
            self._first_delivered.setdefault(push.message_id, engine.now)
            Process(engine, lambda push=push: self._deliver(push))  # type: ignore[misc]
        wake_at = self._backlog.wake_at(engine.now)
        if wake_at is not None and wake_at < self._wakes_at:
            self._wakes_at = wake_at
            engine.at(wake_at + 0.001, self._dispatch)

    def _deliver(self, push: Push) -> None:
        """A process: from the push to its answer."""
        posts_until = self._engine.now + KNOBS.timeout_seconds - KNOBS.margin_seconds
        ticket = self._admission.arrive(push.message_id)
        try:
            with self._admission.turn(ticket, alone=False, deadline_seconds=posts_until):
                self._work(push, posts_until)
        except Transient:
            pass  # no turn came in time
        now = self._engine.now
        is_done = self._left[push.message_id] == 0
        if self._backlog.answer(push.number, now, acked=is_done) and is_done:
            self.seconds[push.message_id] = now - self._first_delivered[push.message_id]
        self._engine.after(0, self._dispatch)

    def _work(self, push: Push, posts_until: float) -> None:
        name = push.message_id
        if name not in self._begun:
            self._begun.add(name)
            self.begun.append(int(name))
        changed = self._engine.clock.condition()
        ended: list[int] = []

        def done(left: int) -> None:
            ended.append(left)
            changed.notify()

        lane = f"{name}-{push.number}"
        ChunkWork(
            self._engine,
            self._pool,
            lane,
            self._left[name],
            self._parcel,
            self._random,
            posts_until=posts_until,
            done=done,
        )
        with changed:
            while not ended:
                changed.wait()
        self._left[name] = ended[0]
