"""Pushes a topic's messages to an address over HTTP, whenever the backlog says so."""

import base64
import http.client
import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from random import Random
from typing import Any
from urllib.parse import urlsplit

from local.backlog import Backlog, Push, Settings
from local.messages import Message, Messages

# As many as the function admits; in the cloud Cloud Run holds back what is over its concurrency.
PUSHES_AT_ONCE = 32
# Source: https://cloud.google.com/pubsub/docs/push (2026-11)
ACKNOWLEDGING = frozenset({102, 200, 201, 202, 204})
SUBSCRIPTION = "projects/local/subscriptions/importer"
SWITCHES = ("doubled", "shuffled", "held")


class Pusher:
    """Delivers what was published, from a thread of its own until `close`."""

    def __init__(
        self,
        messages: Messages,
        settings: Settings,
        push_to: str,
        *,
        pushes_at_once: int = PUSHES_AT_ONCE,
        seed: int | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._messages, self._push_to, self._now = messages, push_to, now
        self._backlog = Backlog(settings, Random(seed), largest_window=pushes_at_once)  # noqa: S311 (order only)
        self._changed = threading.Condition()
        self._closing = False
        for message_id, published_at in messages.outstanding():
            self._backlog.add(message_id, now(), published_at)
        self._pool = ThreadPoolExecutor(pushes_at_once, thread_name_prefix="push")
        self._dispatcher = threading.Thread(target=self._dispatch, name="dispatch", daemon=True)
        self._dispatcher.start()

    def publish(self, data: bytes, attributes: dict[str, str]) -> str:
        now = self._now()
        message_id = self._messages.add(data, attributes, now)
        with self._changed:
            self._backlog.add(message_id, now)
            self._changed.notify()
        return message_id

    def redeliver(self) -> int:
        """Delivers every message ever published once more."""
        everything = self._messages.ids()
        with self._changed:
            self._messages.mark(everything, acked=False)
            count = self._backlog.redeliver(everything, self._now())
            self._changed.notify()
        return count

    def switch(self, switches: dict[str, bool]) -> None:
        """Raises ValueError for a switch that there isn't."""
        if unknown := set(switches) - set(SWITCHES):
            raise ValueError(f"no such switch: {', '.join(sorted(unknown))}")
        with self._changed:
            for name, value in switches.items():
                setattr(self._backlog, name, value)
            self._changed.notify()

    def state(self) -> dict[str, Any]:
        published = self._messages.count()
        with self._changed:
            counts = self._backlog.counts()
            switches = {name: getattr(self._backlog, name) for name in SWITCHES}
            window = self._backlog.window
        return {
            "published": published,
            "delivered": counts.delivered,
            "acked": counts.acked,
            "nacked": counts.nacked,
            "outstanding": counts.outstanding,
            "under_way": counts.under_way,
            "expired": counts.expired,
            "window": window,
            "switches": switches,
        }

    def close(self) -> None:
        """Ends the delivering; what is under way isn't waited for."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._dispatcher.join()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _dispatch(self) -> None:
        with self._changed:
            while not self._closing:
                now = self._now()
                push = self._backlog.take(now)
                if push:
                    self._pool.submit(self._deliver, push)
                    continue
                wake_at = self._backlog.wake_at(now)
                self._changed.wait(None if wake_at is None else max(0.0, wake_at - now) + 0.001)

    def _deliver(self, push: Push) -> None:
        message = self._messages.get(push.message_id)
        acked = _post(self._push_to, message, push.expires_at - self._now())
        with self._changed:
            if self._backlog.answer(push.number, self._now(), acked=acked) and acked:
                self._messages.mark([push.message_id], acked=True)
            self._changed.notify()


def envelope(message: Message) -> bytes:
    """The body of a push. Source: https://cloud.google.com/pubsub/docs/push#receive_push (2026-11)."""
    published = datetime.fromtimestamp(message.published_at, UTC).isoformat(timespec="milliseconds")
    published = published.replace("+00:00", "Z")
    content = {
        "attributes": dict(message.attributes),
        "data": base64.b64encode(message.data).decode(),
        "messageId": message.id,
        "message_id": message.id,
        "publishTime": published,
        "publish_time": published,
    }
    return json.dumps({"message": content, "subscription": SUBSCRIPTION}).encode()


def _post(url: str, message: Message, timeout_seconds: float) -> bool:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=max(timeout_seconds, 0.1))
    try:
        headers = {"Content-Type": "application/json", "User-Agent": "APIs-Google; local"}
        connection.request("POST", parts.path or "/", envelope(message), headers)
        response = connection.getresponse()
        response.read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return response.status in ACKNOWLEDGING
