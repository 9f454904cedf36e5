"""All that can be set: one field, one environment variable, one row of the README's table."""

import dataclasses
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from .errors import ConfigRefused
from .state import destination_of

# Source: https://docs.mixpanel.com/reference/ingestion-api (2026-08)
HOSTS = {
    "us": "https://api.mixpanel.com",
    "eu": "https://api-eu.mixpanel.com",
    "in": "https://api-in.mixpanel.com",
}


class _UnfitError(Exception):
    """Says what shape the value has, never the value."""


def _read_word(value: str) -> str:
    if not re.fullmatch(r"[!-9;-~]+", value):  # no white space, no colon: both would break basic auth
        raise _UnfitError(f"text of {len(value)} characters with white space, a colon or other than ASCII")
    return value


def _read_account(value: str) -> str:
    if not re.fullmatch(r"[!-9;-~]+:[!-~]+", value):
        raise _UnfitError(f"text of {len(value)} characters that is not user:secret")
    return value


def _read_digits(value: str) -> str:
    if not re.fullmatch(r"[0-9]{1,20}", value):
        raise _UnfitError(f"text of {len(value)} characters, not digits alone")
    return value


def _read_region(value: str) -> str:
    if value not in HOSTS:
        raise _UnfitError(f"text of {len(value)} characters")
    return value


def _read_url(value: str) -> str:
    if not re.fullmatch(r"[!-~]+", value):
        raise _UnfitError("no URL: it has white space in it, or other than ASCII")
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError as error:
        raise _UnfitError("no URL") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise _UnfitError("no URL with http or https and a host")
    if "@" in parts.netloc or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise _UnfitError("a URL with more than scheme, host and port")
    return f"{parts.scheme}://{parts.netloc}"


def _read_bucket(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]", value):
        raise _UnfitError(f"text of {len(value)} characters that is no bucket's name")
    return value


def _read_whole(lowest: int, highest: int | None) -> Callable[[str], int]:
    def read(value: str) -> int:
        if not re.fullmatch(r"[0-9]{1,15}", value):
            raise _UnfitError(f"text of {len(value)} characters, not a whole number")
        number = int(value)
        if number < lowest:
            raise _UnfitError("a number below the range")
        if highest is not None and number > highest:
            raise _UnfitError("a number above the range")
        return number

    return read


def _knob(variable: str, default: Any, read: Callable[[str], Any], allowed: str) -> Any:
    return dataclasses.field(
        default=default,
        metadata={"variable": variable, "read": read, "allowed": allowed},
    )


def _secret(variable: str, read: Callable[[str], Any], allowed: str) -> Any:
    return dataclasses.field(
        default="",
        repr=False,
        metadata={"variable": variable, "read": read, "allowed": allowed},
    )


def _number(variable: str, default: int, lowest: int, highest: int | None) -> Any:
    allowed = f"{lowest} and up" if highest is None else f"{lowest:,} to {highest:,}"
    return _knob(variable, default, _read_whole(lowest, highest), allowed)


@dataclass(frozen=True, slots=True)
class Config:
    """Built by read_config. Secrets show in no repr."""

    token: str = _secret("MIXPANEL_TOKEN", _read_word, "a project token")
    service_account: str = _secret("MIXPANEL_SERVICE_ACCOUNT", _read_account, "user:secret")
    project_id: str = _knob("MIXPANEL_PROJECT_ID", "", _read_digits, "digits, with a service account")
    region: str = _knob("MIXPANEL_REGION", "us", _read_region, "us, eu or in")
    url: str = _knob("MIXPANEL_URL", "", _read_url, "scheme, host and port")
    state_bucket: str = _knob("STATE_BUCKET", "", _read_bucket, "a bucket's name")
    timeout_seconds: int = _number("TIMEOUT_SECONDS", 540, 30, 3_600)
    max_attempts: int = _number("MAX_ATTEMPTS", 20, 1, 1_000)
    batches_in_flight: int = _number("BATCHES_IN_FLIGHT", 20, 1, 200)
    chunks_at_once: int = _number("CHUNKS_AT_ONCE", 6, 1, 32)
    max_records_per_second: int = _number("MAX_RECORDS_PER_SECOND", 27_000, 0, None)
    max_megabytes_per_minute: int = _number("MAX_MEGABYTES_PER_MINUTE", 1_800, 0, None)

    @property
    def destination(self) -> str:
        return destination_of(self.region, self.project_id, self.token, self.url)

    @property
    def import_url(self) -> str:
        """A token names its project; a service account has to be told (reference/import-events, 2026-08)."""
        url = f"{self.url or HOSTS[self.region]}/import?strict=1"
        return url if self.token else f"{url}&project_id={self.project_id}"

    @property
    def auth(self) -> tuple[str, str]:
        """User and password of basic auth; a token goes with an empty password."""
        user, _, secret = (self.token or self.service_account).partition(":")
        return user, secret

    @property
    def margin_seconds(self) -> float:
        """What is kept before the invocation's end, to settle, checkpoint and release."""
        return self.timeout_seconds / 9

    @property
    def pause_seconds(self) -> float:
        """How long nothing is claimed once Mixpanel has refused our credentials, or whatever it is sent."""
        return self.timeout_seconds / 9

    @property
    def lease_seconds(self) -> float:
        return self.timeout_seconds / 18


def read_config(environ: Mapping[str, str]) -> Config:
    """Every variable is trimmed (a secret often ends in a newline), and empty is not set.

    Raises ConfigRefused for the first that can't be used, and for credentials that are missing or ambiguous.
    """
    values: dict[str, Any] = {}
    for field in dataclasses.fields(Config):
        variable = field.metadata["variable"]
        value = environ.get(variable, "").strip()
        if value:
            try:
                values[field.name] = field.metadata["read"](value)
            except _UnfitError as error:
                raise ConfigRefused(variable, str(error), field.metadata["allowed"]) from None
    config = Config(**values)
    _check_together(config)
    return config


def _check_together(config: Config) -> None:
    either = "a project token, or MIXPANEL_SERVICE_ACCOUNT with MIXPANEL_PROJECT_ID"
    if config.token and config.service_account:
        raise ConfigRefused("MIXPANEL_TOKEN", "set beside MIXPANEL_SERVICE_ACCOUNT", either)
    if not config.token and not config.service_account:
        raise ConfigRefused("MIXPANEL_TOKEN", "not set", either)
    if config.service_account and not config.project_id:
        raise ConfigRefused("MIXPANEL_PROJECT_ID", "not set", "digits, with a service account")
    if config.token and config.project_id:
        raise ConfigRefused(
            "MIXPANEL_PROJECT_ID", "set beside MIXPANEL_TOKEN, which names its project", "not set"
        )
    if not config.state_bucket:
        raise ConfigRefused("STATE_BUCKET", "not set", "a bucket's name")
