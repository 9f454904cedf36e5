"""Small JSON requests between the stack's own processes: loopback only, never through a proxy."""

import contextlib
import http.client
import json
from typing import Any
from urllib.parse import urlsplit


class NoAnswer(Exception):  # noqa: N818 (what happened)
    """Nothing listens there, or it answered with an error."""


def call(method: str, url: str, body: object = None, *, timeout_seconds: float = 30) -> Any:
    """The answer's JSON (None for an empty one). Raises NoAnswer, also for a status of 400 and up."""
    content = None if body is None else json.dumps(body).encode()
    answer = fetch(method, url, content, content_type="application/json", timeout_seconds=timeout_seconds)
    return json.loads(answer) if answer.strip() else None


def fetch(
    method: str,
    url: str,
    content: bytes | None = None,
    *,
    content_type: str = "application/octet-stream",
    timeout_seconds: float = 30,
) -> bytes:
    """The answer's body as it is. Raises NoAnswer, also for a status of 400 and up."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=timeout_seconds)
    with contextlib.closing(connection):
        try:
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            connection.request(method, target, content, {"Content-Type": content_type})
            response = connection.getresponse()
            answer = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswer(f"{method} {url}: {error}") from error
    if response.status >= 400:
        raise NoAnswer(f"{method} {url}: {response.status} {answer[:200].decode('utf-8', 'replace')}")
    return answer


def is_up(url: str) -> bool:
    """Whether a GET of this address is answered with a success."""
    try:
        call("GET", url, timeout_seconds=2)
    except (NoAnswer, ValueError):
        return False
    return True
