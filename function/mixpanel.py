"""The door to Mixpanel: posts one batch and gives back what the answer means."""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any

import requests
import urllib3
from urllib3.exceptions import HTTPError

from .answers import MAX_BODY_BYTES, Answer, Failure, Outcome, plain_text, read_answer
from .transport import Adapter

__all__ = ["Answer", "Failure", "Mixpanel", "Outcome", "Parcel"]

# Where the status says all, the body is read for its sentence alone.
MAX_SENTENCE_BYTES = 64 * 1024

# All that requests, urllib3, http.client and sockets raise for what the network does.
_NETWORK_ERRORS = (requests.RequestException, HTTPError, HTTPException, OSError)


@dataclass(frozen=True, slots=True)
class Parcel:
    """What one POST carries. `body` is gzip; `json_bytes` is its size inflated."""

    body: bytes = field(repr=False)
    records: int
    json_bytes: int


class Mixpanel:
    """One pool of keep-alive connections, for as many threads as it has connections.

    Not to be made at import: the worker is forked after that.
    """

    def __init__(self, url: str, auth: tuple[str, str], pool_size: int) -> None:
        """`url` is all of it, query included. `auth`: token and "", or a service account's user and secret.

        Proxy, certificates and request are prepared once: a POST of 100 KB over loopback then takes 0.3 ms
        of CPU, with `Session.post` 0.56 ms (measured).
        """
        basic = base64.b64encode(":".join(auth).encode()).decode()
        self._secrets = tuple(secret for secret in (basic, ":".join(auth), *auth) if secret)
        self._request = requests.Request(
            "POST",
            url,
            headers={
                "Authorization": f"Basic {basic}",
                "Content-Type": "application/x-ndjson",
                "Content-Encoding": "gzip",
                "Accept": "application/json",
                "Accept-Encoding": "identity",
                "User-Agent": "mixpanel-importer",
            },
        ).prepare()
        with requests.Session() as session:
            self._settings: dict[str, Any] = {
                **session.merge_environment_settings(url, {}, stream=True, verify=None, cert=None)
            }
        self._adapter = Adapter(pool_connections=1, pool_maxsize=pool_size)

    def post(self, parcel: Parcel, timeout_seconds: float) -> Answer:
        """Posts the parcel once. Whatever the network does is an Answer too; nothing is raised for it.

        Args:
            timeout_seconds: for all of it: connecting, sending, and the last byte of the answer.
        """
        request = self._request.copy()
        request.body = parcel.body
        request.headers["Content-Length"] = str(len(parcel.body))
        timeout: Any = urllib3.Timeout(total=timeout_seconds)  # taken, though the stubs don't know
        try:
            response = self._adapter.send(request, timeout=timeout, **self._settings)
        except _NETWORK_ERRORS as error:
            return _broken(error, self._secrets)
        with response:  # closes the connection where the answer was not read to its end
            limit_bytes = MAX_BODY_BYTES if response.status_code in (200, 400) else MAX_SENTENCE_BYTES
            try:
                body, complete = response.raw.read(limit_bytes + 1, decode_content=True), True
            except _NETWORK_ERRORS:
                body, complete = b"", False
        return read_answer(
            response.status_code, response.headers, body, complete=complete, secrets=self._secrets
        )

    def close(self) -> None:
        self._adapter.close()


def _broken(error: Exception, secrets: Sequence[str]) -> Answer:
    """No answer came. The libraries' texts may hold URLs and a proxy's credentials; the system's don't."""
    causes = list(_causes(error))
    cause = next((c for c in reversed(causes) if _is_builtin(c)), error)
    text = f"{type(cause).__name__}: {cause}" if _is_builtin(cause) else type(cause).__name__
    is_timeout = any(isinstance(c, requests.Timeout | TimeoutError) for c in causes)
    return Answer(
        Outcome.RETRY,
        reason="timeout" if is_timeout else "connection",
        message=plain_text(text, secrets),
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it wraps, outermost first; the libraries keep the cause among the arguments."""
    yield error
    inner = [error.__cause__, error.__context__, getattr(error, "reason", None), *error.args]
    for cause in inner:
        if isinstance(cause, BaseException):
            yield from _causes(cause)
            return


def _is_builtin(error: BaseException) -> bool:
    return isinstance(error, OSError | HTTPException) and not isinstance(
        error, requests.RequestException | HTTPError
    )
