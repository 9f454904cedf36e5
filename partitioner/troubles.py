"""What the storage client's errors mean: something has changed, it may pass, or the user has to act."""

import contextlib
import http.client
from collections.abc import Iterator

import google.auth.exceptions
import requests
import urllib3.exceptions
from google.api_core import exceptions as api
from google.resumable_media import DataCorruption, InvalidResponse  # the parents of the storage client's own

from function.errors import ImporterError, PreconditionFailed, StorageUnavailable
from partitioner.stored import BucketRefused

LOG_IN = "run: gcloud auth application-default login"

# Worth another try at once, where a status doesn't say so.
_CONNECTION = (
    google.auth.exceptions.TransportError,
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    ConnectionError,
)
# What is left once all tries are over.
_OVER = (api.RetryError, DataCorruption, InvalidResponse)


def may_pass(error: BaseException) -> bool:
    """Source: https://docs.cloud.google.com/storage/docs/retry-strategy (2026-08)."""
    if isinstance(error, api.GoogleAPICallError):
        return _is_passing(error.code)
    if isinstance(error, InvalidResponse):
        return _is_passing(error.response.status_code)
    return isinstance(error, _CONNECTION)


def sentence(error: BaseException) -> str:
    """The first line, without what a client library hangs on it."""
    if isinstance(error, api.RetryError) and error.cause is not None:
        return sentence(error.cause)
    text = str(getattr(error, "message", "") or error) or type(error).__name__
    return text.splitlines()[0][:300]


def release(error: BaseException) -> None:
    """Closes the connection that the client leaves open after a refused download."""
    response = getattr(error, "response", None)
    if response is not None:
        response.close()


@contextlib.contextmanager
def translated(bucket: str) -> Iterator[None]:
    """Raises PreconditionFailed, StorageUnavailable or BucketRefused instead, where the error is one."""
    try:
        yield
    except Exception as error:
        release(error)
        meaning = _meaning(error, bucket)
        if meaning is None:
            raise
        raise meaning from error


def _meaning(error: Exception, bucket: str) -> ImporterError | None:
    if isinstance(error, api.PreconditionFailed):
        return PreconditionFailed(f"an object of gs://{bucket} has changed meanwhile")
    if may_pass(error) or isinstance(error, _OVER):
        return StorageUnavailable(f"gs://{bucket} doesn't answer as it should: {sentence(error)}")
    if isinstance(error, api.GoogleAPICallError | google.auth.exceptions.GoogleAuthError):
        return BucketRefused(_refusal(error, bucket))
    return None


def _refusal(error: Exception, bucket: str) -> str:
    match error:
        case api.NotFound():
            return f"there is no bucket gs://{bucket}; check the name"
        case api.Forbidden() | api.Unauthorized():
            return (
                f"gs://{bucket} is not open to this account ({sentence(error)}); it needs the role "
                f"roles/storage.objectUser there (roles/storage.objectViewer to follow or to read an export)"
            )
        case google.auth.exceptions.GoogleAuthError():
            return f"gs://{bucket} needs other Google credentials ({sentence(error)}); {LOG_IN}"
    return f"gs://{bucket} refuses the request: {sentence(error)}"


def _is_passing(status: int | None) -> bool:
    return status in (408, 429) or (status or 0) >= 500
