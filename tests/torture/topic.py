"""Delivery at least once: doubled, in any order, late by days, again after each nack or silence."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from function.errors import Transient
from tests.torture.process import Notice, Process
from tests.torture.scheduler import Host, Violation
from tests.torture.wire import Wire

ACK_DEADLINE_SECONDS = 600.0
FIRST_BACKOFF_SECONDS, MAX_BACKOFF_SECONDS = 2.0, 60.0
MAX_DELIVERIES = 1_500


@dataclass(eq=False, slots=True)
class Message:
    name: str
    notice: Notice
    deliveries: int = 0
    at: Host | None = None
    """Where the delivery is that was not answered yet."""


class Topic:
    def __init__(self, wire: Wire, random: Random, takers: Callable[[], list[Process]]) -> None:
        self._wire, self._random, self._takers = wire, random, takers
        self._open: list[Message] = []
        self.deliveries = 0

    def publish(self, message: Message, seconds: float) -> None:
        self._open.append(message)
        self._wire.scheduler.after(seconds, lambda: self._deliver(message))

    def lost(self, host: Host) -> None:
        """The connections to a dead host break."""
        for message in self._open:
            if message.at is host:
                self._again(message)

    def _again(self, message: Message) -> None:
        message.at = None
        longest = min(MAX_BACKOFF_SECONDS, FIRST_BACKOFF_SECONDS * 2.0 ** min(message.deliveries, 10))
        self._wire.scheduler.after(self._random.uniform(0.3, 1.0) * longest, lambda: self._deliver(message))

    def _deliver(self, message: Message) -> None:
        scheduler = self._wire.scheduler
        takers = self._takers()
        if not takers:
            scheduler.after(1.0, lambda: self._deliver(message))
            return
        self.deliveries += 1
        if self.deliveries > MAX_DELIVERIES:
            scheduler.violate("livelock", f"{MAX_DELIVERIES} deliveries, and no end")
        message.deliveries += 1
        number = message.deliveries
        process = self._random.choice(takers)
        message.at = process
        scheduler.spawn(process, lambda: self._push(message, number, process))
        scheduler.after(ACK_DEADLINE_SECONDS, lambda: self._expire(message, number))

    def _push(self, message: Message, number: int, process: Process) -> None:
        self._wire.tell(process.name, f"delivery {number} of {message.name}", "begins")
        try:
            process.take(message.notice)
            told = "acknowledged"
        except Transient as error:
            told = f"nacked: {type(error).__name__}"
        except Violation:
            raise
        except Exception as error:  # noqa: BLE001 (it would be a 500)
            self._wire.scheduler.violate("an unforeseen error", f"{type(error).__name__}: {error}")
        self._wire.tell(process.name, f"delivery {number} of {message.name}", told)
        if message.at is not process or message.deliveries != number:
            return
        if told == "acknowledged":
            message.at = None
            self._open.remove(message)
        else:
            self._again(message)

    def _expire(self, message: Message, number: int) -> None:
        if message.at is not None and message.deliveries == number:
            self._wire.struck["ack-deadline"] += 1
            self._again(message)
