"""Amazon S3, and what speaks like it, as reading needs it: the only door to boto3.

Credentials, region, profile and AWS_ENDPOINT_URL are what boto3 finds by itself:
https://boto3.amazonaws.com/v1/documentation/api/latest/guide/credentials.html (2026-10).
"""

import contextlib
import http.client
import ssl
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import urllib3.exceptions
from botocore import exceptions as boto
from botocore.config import Config
from google.api_core import exceptions as api
from google.api_core import retry

from function.errors import ImporterError, ObjectGone, PreconditionFailed, StorageUnavailable
from partitioner.stored import BucketRefused
from partitioner.troubles import sentence

PATIENCE_SECONDS = 300.0
TIMEOUT_SECONDS = 60.0
_CONNECTIONS = 32
_READ_BYTES = 256 * 1024

LOG_IN = "run: aws configure (or aws sso login), or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"

_CONNECTION = (
    boto.HTTPClientError,
    boto.IncompleteReadError,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    ssl.SSLError,
    ConnectionError,
    TimeoutError,
)
_CREDENTIALS = (
    boto.NoCredentialsError,
    boto.PartialCredentialsError,
    boto.CredentialRetrievalError,
    boto.ProfileNotFound,
    boto.SSOError,
    boto.TokenRetrievalError,
)
# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html (2026-10)
_PASSING_CODES = ("RequestTimeout", "RequestTimeTooSkewed", "SlowDown", "InternalError", "ThrottlingException")
_CREDENTIAL_CODES = ("ExpiredToken", "InvalidAccessKeyId", "InvalidToken", "SignatureDoesNotMatch", "TokenRefreshRequired")
_REGION_CODES = ("PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException")


def make_client() -> Any:
    """Raises BucketRefused where its configuration can't be used."""
    config = Config(
        connect_timeout=TIMEOUT_SECONDS,
        read_timeout=TIMEOUT_SECONDS,
        max_pool_connections=_CONNECTIONS,
        retries={"total_max_attempts": 1},  # ours go on at the byte
    )
    with _translated("s3"):
        return boto3.client("s3", config=config)


class S3Bucket:
    """Safe to use from several threads. A call is tried again for `patience_seconds` where that may help.

    Every method raises StorageUnavailable (may pass) and BucketRefused (the user has to do something).
    """

    def __init__(
        self,
        name: str,
        client: Any,
        *,
        patience_seconds: float = PATIENCE_SECONDS,
        on_retry: Callable[[str], None] | None = None,
    ) -> None:
        self.name = name
        self._client, self._on_retry = client, on_retry
        self._retry = retry.Retry(predicate=may_pass, timeout=patience_seconds, on_error=self._tell)

    def objects(self, prefix: str = "") -> Iterator[tuple[str, int, str]]:
        """Name, size and ETag, in the order of their names; a request for every 1,000."""
        token: dict[str, str] = {}
        with _translated(self.name):
            while True:
                page = self._retry(self._client.list_objects_v2)(Bucket=self.name, Prefix=prefix, **token)
                for each in page.get("Contents", ()):
                    yield each["Key"], each["Size"], each["ETag"]
                if not page.get("IsTruncated"):
                    return
                token = {"ContinuationToken": page["NextContinuationToken"]}

    def read_range(self, name: str, version: str, start: int, end: int) -> bytes:
        """Bytes [start, end). What came before a broken connection isn't asked for again.

        Raises also PreconditionFailed for another ETag, and ObjectGone.
        """
        parts: list[bytes] = []

        def go_on() -> None:
            at = start + sum(map(len, parts))
            answer = self._client.get_object(
                Bucket=self.name, Key=name, Range=f"bytes={at}-{end - 1}", IfMatch=version
            )
            with contextlib.closing(answer["Body"]) as body:
                while data := body.read(_READ_BYTES):
                    parts.append(data)
            if sum(map(len, parts)) < end - start:
                raise boto.IncompleteReadError(actual_bytes=sum(map(len, parts)), expected_bytes=end - start)

        with _translated(self.name, name):
            self._retry(go_on)()
        return b"".join(parts)

    def _tell(self, error: Exception) -> None:
        if self._on_retry:
            self._on_retry(f"s3://{self.name}: {sentence(error)}")


def may_pass(error: BaseException) -> bool:
    if isinstance(error, boto.ClientError):
        status, code = _status_and_code(error)
        return status in (408, 429) or status >= 500 or code in _PASSING_CODES
    return isinstance(error, _CONNECTION)


@contextlib.contextmanager
def _translated(bucket: str, name: str = "") -> Iterator[None]:
    try:
        yield
    except Exception as error:
        meaning = _meaning(error, bucket, name)
        if meaning is None:
            raise
        raise meaning from error


def _meaning(error: Exception, bucket: str, name: str) -> ImporterError | None:
    if isinstance(error, api.RetryError) or may_pass(error):
        return StorageUnavailable(f"s3://{bucket} doesn't answer as it should: {sentence(error)}")
    if isinstance(error, _CREDENTIALS):
        return BucketRefused(f"there are no AWS credentials here ({sentence(error)}); {LOG_IN}")
    if isinstance(error, boto.ClientError):
        return _answer(error, bucket, name)
    if isinstance(error, boto.BotoCoreError | ValueError):
        return BucketRefused(f"s3://{bucket} can't be asked for: {sentence(error)}")
    return None


def _answer(error: Any, bucket: str, name: str) -> ImporterError:
    status, code = _status_and_code(error)
    if status == 412:
        return PreconditionFailed(f"s3://{bucket}/{name} has changed since it was listed")
    if code == "InvalidObjectState":
        return BucketRefused(f"s3://{bucket}/{name} is in an archive (S3 Glacier): restore it first")
    if code in _REGION_CODES or status == 301:
        return BucketRefused(f"s3://{bucket} is in another region: set AWS_REGION to it")
    if code in _CREDENTIAL_CODES:
        return BucketRefused(f"s3://{bucket} needs other AWS credentials ({code}); {LOG_IN}")
    if status == 404 and code == "NoSuchBucket":
        return BucketRefused(f"there is no bucket s3://{bucket}; check the name")
    if status == 404:
        return ObjectGone(f"s3://{bucket}/{name} has gone since it was listed")
    if status in (401, 403):
        return BucketRefused(
            f"s3://{bucket} is not open to these AWS credentials ({code}); they need s3:ListBucket on the "
            "bucket and s3:GetObject on its objects"
        )
    return BucketRefused(f"s3://{bucket} refuses the request: {sentence(error)}")


def _status_and_code(error: Any) -> tuple[int, str]:
    about = error.response
    return int(about.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)), str(about.get("Error", {}).get("Code"))
