"""Amazon S3's objects as an export, and those of servers that speak like it."""

import contextlib
import http
import io
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

import boto3
import botocore.exceptions as boto
from botocore.config import Config

from function.errors import StorageUnavailable
from partitioner.exits import Refused
from partitioner.inputs.locations import AMAZON, RemoteFile, parts_of
from partitioner.inputs.patience import patiently

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import ListObjectsV2OutputTypeDef

TIMEOUT_SECONDS = 60.0
READ_BYTES = 16 * 1024  # what a broken connection costs at most; the client drops a read that was begun

OTHER_CREDENTIALS = "run: aws configure (or aws sso login), or set AWS_PROFILE"

# Source of the codes: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html (2026-08).
_PASSING = ("InternalError", "RequestTimeout", "ServiceUnavailable", "SlowDown", "Throttling")
_CREDENTIALS = (
    "ExpiredToken",
    "InvalidAccessKeyId",
    "InvalidToken",
    "SignatureDoesNotMatch",
    "TokenRefreshRequired",
)
_NO_CREDENTIALS = (
    boto.NoCredentialsError,
    boto.NoAuthTokenError,
    boto.PartialCredentialsError,
    boto.CredentialRetrievalError,
    boto.TokenRetrievalError,
    boto.SSOError,
    boto.LoginError,
    boto.ProfileNotFound,
)
_CONNECTION = (boto.HTTPClientError, boto.ConnectionError, boto.IncompleteReadError)


class AmazonFiles:
    """Its methods raise StorageUnavailable and Refused."""

    def __init__(self) -> None:
        config = Config(
            connect_timeout=TIMEOUT_SECONDS,
            read_timeout=TIMEOUT_SECONDS,
            retries={"total_max_attempts": 1},  # the caller tries again, from the byte where it stands
            # Others that speak S3 don't know the checksums, and no range has one.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        with _translated(""):
            self._client = boto3.session.Session().client("s3", config=config)

    def close(self) -> None:
        self._client.close()

    def find(self, bucket: str, name: str, patience_seconds: float) -> RemoteFile | None:
        return patiently(patience_seconds, lambda: self._stat(bucket, name))

    def below(self, bucket: str, prefix: str, patience_seconds: float) -> Iterator[RemoteFile]:
        token = ""
        while True:
            page = patiently(patience_seconds, lambda token=token: self._page(bucket, prefix, token))  # type: ignore[misc]
            for item in page.get("Contents", []):
                yield RemoteFile(f"{AMAZON}{bucket}/{item['Key']}", item["Size"], item["ETag"])
            token = page.get("NextContinuationToken", "")
            if not token:
                return

    def fetch(self, file: RemoteFile, start: int, end: int, into: io.BytesIO) -> None:
        """One try, as ranged.Fetch says."""
        bucket, name = parts_of(file.url)
        with _translated(bucket, file):
            answer = self._client.get_object(
                Bucket=bucket, Key=name, Range=f"bytes={start}-{end - 1}", IfMatch=file.version
            )
            with contextlib.closing(answer["Body"]) as body:
                if not answer.get("ContentRange", "").startswith(f"bytes {start}-"):
                    raise Refused(f"{file.url}: its server can't give a range of bytes")
                into.writelines(body.iter_chunks(READ_BYTES))

    def _stat(self, bucket: str, name: str) -> RemoteFile | None:
        with _translated(bucket):
            try:
                about = self._client.head_object(Bucket=bucket, Key=name)
            except boto.ClientError as error:
                if _status(error) == http.HTTPStatus.NOT_FOUND:
                    return None  # no bucket, possibly: whoever lists it then will know
                # The answer to HEAD has no body to say why.
                self._client.get_object(Bucket=bucket, Key=name)["Body"].close()
                raise
        return RemoteFile(f"{AMAZON}{bucket}/{name}", about["ContentLength"], about["ETag"])

    def _page(self, bucket: str, prefix: str, token: str) -> "ListObjectsV2OutputTypeDef":
        with _translated(bucket):
            if token:
                return self._client.list_objects_v2(Bucket=bucket, Prefix=prefix, ContinuationToken=token)
            return self._client.list_objects_v2(Bucket=bucket, Prefix=prefix)


@lru_cache(maxsize=1)
def amazon_files() -> AmazonFiles:
    return AmazonFiles()


@contextlib.contextmanager
def _translated(bucket: str, file: RemoteFile | None = None) -> Iterator[None]:
    """`file` is the one that is read, if one is."""
    place = f"{AMAZON}{bucket}"
    try:
        yield
    except boto.ClientError as error:
        if _may_pass(error):
            raise StorageUnavailable(f"{place} doesn't answer as it should: {_sentence(error)}") from error
        if file and _status(error) in (http.HTTPStatus.PRECONDITION_FAILED, http.HTTPStatus.NOT_FOUND):
            raise Refused(file.when_changed) from error
        raise Refused(_refusal(error, place)) from error
    except _NO_CREDENTIALS as error:
        raise Refused(f"there are no AWS credentials here ({error}); {OTHER_CREDENTIALS}") from error
    except _CONNECTION as error:
        raise StorageUnavailable(f"{place} doesn't answer as it should: {_sentence(error)}") from error
    except (boto.BotoCoreError, ValueError) as error:
        raise Refused(f"{place} can't be asked: {_sentence(error)}") from error


def _may_pass(error: boto.ClientError) -> bool:
    return (
        _status(error) in (http.HTTPStatus.REQUEST_TIMEOUT, http.HTTPStatus.TOO_MANY_REQUESTS)
        or _status(error) >= 500
        or _code(error) in _PASSING
    )


def _refusal(error: boto.ClientError, place: str) -> str:
    code = _code(error)
    if code == "NoSuchBucket":
        return f"there is no bucket {place}; check the name, and AWS_ENDPOINT_URL where it isn't Amazon's"
    if code in _CREDENTIALS:
        return f"{place} needs other AWS credentials ({_sentence(error)}); {OTHER_CREDENTIALS}"
    if code == "InvalidObjectState":
        return f"{place} has archived the object ({_sentence(error)}); restore it first"
    if _status(error) in (http.HTTPStatus.UNAUTHORIZED, http.HTTPStatus.FORBIDDEN):
        return (
            f"{place} is not open to this account ({_sentence(error)}); it needs s3:ListBucket there and "
            f"s3:GetObject on its objects, or another account: set AWS_PROFILE"
        )
    return f"{place} refuses the request: {_sentence(error)}"


def _status(error: boto.ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _code(error: boto.ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")


def _sentence(error: Exception) -> str:
    if isinstance(error, boto.ClientError):
        return f"{_code(error)}: {error.response.get('Error', {}).get('Message', '')}"
    return " ".join(str(error).split())[:300]
