"""The process's one sender: threads that post parcels, lane by lane in turn, behind the governor."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Protocol

from .answers import Answer
from .clock import Clock
from .governor import Governor
from .mixpanel import Parcel

POST_SECONDS = 30.0


class Door(Protocol):
    """What the sender needs of Mixpanel."""

    def post(self, parcel: Parcel, timeout_seconds: float) -> Answer: ...


class Sender:
    def __init__(
        self,
        mixpanel: Door,
        governor: Governor,
        clock: Clock,
        *,
        threads: int,
        post_seconds: float = POST_SECONDS,
    ) -> None:
        raise NotImplementedError

    def join(self, lane: str, on_recovered: Callable[[], None]) -> None:
        """Opens a lane; its name must be its owner's own. `on_recovered` is called from a pool thread."""
        raise NotImplementedError

    def leave(self, lane: str) -> None:
        """Answers what the lane has queued with UNSENT at once. What is being posted gets its own answer."""
        raise NotImplementedError

    def submit(self, lane: str, parcel: Parcel, deadline_seconds: float) -> Future[Answer]:
        """Queues the parcel, and never blocks. `deadline_seconds` is monotonic: no POST goes on past it."""
        raise NotImplementedError

    def close(self) -> None:
        """Answers all that is queued with UNSENT and ends the threads."""
        raise NotImplementedError
