"""The environment is read once, checked at once, and quoted by nobody."""

import dataclasses
import hashlib

import pytest

from function.config import Config, read_config
from function.errors import ConfigRefused

TOKEN = "0123456789abcdef0123456789abcdef"
LEAST = {"MIXPANEL_TOKEN": TOKEN, "STATE_BUCKET": "state"}
ACCOUNT = {
    "MIXPANEL_SERVICE_ACCOUNT": "importer.a1b2c3.mp-service-account:s3:cret",
    "MIXPANEL_PROJECT_ID": "1234567",
    "STATE_BUCKET": "state",
}


def test_the_least_that_works() -> None:
    """A token and a bucket; all else has a default that is right for nearly everyone."""
    assert read_config(LEAST) == Config(
        token=TOKEN,
        region="us",
        state_bucket="state",
        timeout_seconds=540,
        max_attempts=20,
        batches_in_flight=20,
        chunks_at_once=6,
        max_records_per_second=27_000,
        max_megabytes_per_minute=1_800,
    )


def test_a_token_names_its_project() -> None:
    """So the URL doesn't, and the password is empty."""
    config = read_config(LEAST)
    assert config.auth == (TOKEN, "")
    assert config.import_url == "https://api.mixpanel.com/import?strict=1"
    assert config.destination == "us-" + hashlib.sha256(TOKEN.encode()).hexdigest()[:12]


def test_a_service_account_is_told_its_project() -> None:
    """Its secret may hold a colon."""
    config = read_config(ACCOUNT | {"MIXPANEL_REGION": "eu"})
    assert config.auth == ("importer.a1b2c3.mp-service-account", "s3:cret")
    assert config.import_url == "https://api-eu.mixpanel.com/import?strict=1&project_id=1234567"
    assert config.destination == "eu-1234567"


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "https://proxy.example", "https://proxy.example/"])
def test_a_url_wins_over_the_region(url: str) -> None:
    """/import is appended; the destination doesn't hold it."""
    config = read_config(ACCOUNT | {"MIXPANEL_URL": url, "MIXPANEL_REGION": "in"})
    assert config.import_url == f"{url.rstrip('/')}/import?strict=1&project_id=1234567"
    assert config.destination == "custom-1234567"


def test_empty_is_not_set_and_white_space_is_trimmed() -> None:
    """A secret made with `echo` ends in a newline."""
    environ = LEAST | {"MIXPANEL_TOKEN": f" {TOKEN}\n", "MIXPANEL_URL": "", "MAX_ATTEMPTS": " "}
    assert read_config(environ) == read_config(LEAST)


def test_zero_turns_the_governor_off() -> None:
    config = read_config(LEAST | {"MAX_RECORDS_PER_SECOND": "0", "MAX_MEGABYTES_PER_MINUTE": "1000000000"})
    assert (config.max_records_per_second, config.max_megabytes_per_minute) == (0, 1_000_000_000)


@pytest.mark.parametrize("timeout", [30, 540, 3_600])
def test_margin_and_lease_follow_the_timeout(timeout: int) -> None:
    """A ninth and an eighteenth: 60 s and 30 s of 540."""
    config = read_config(LEAST | {"TIMEOUT_SECONDS": str(timeout)})
    assert config.margin_seconds == pytest.approx(timeout / 9)
    assert config.lease_seconds == pytest.approx(timeout / 18)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("MIXPANEL_TOKEN", "two words"),
        ("MIXPANEL_TOKEN", "with:colon"),
        ("MIXPANEL_TOKEN", "tökén"),
        ("MIXPANEL_REGION", "US"),
        ("MIXPANEL_REGION", "asia"),
        ("MIXPANEL_URL", "api.mixpanel.com"),
        ("MIXPANEL_URL", "ftp://api.mixpanel.com"),
        ("MIXPANEL_URL", "https://user:password@proxy.example"),
        ("MIXPANEL_URL", "https://proxy.example/import"),
        ("MIXPANEL_URL", "https://proxy.example?x=1"),
        ("MIXPANEL_URL", "https://proxy.example:99999"),
        ("MIXPANEL_URL", "https://[::1"),
        ("MIXPANEL_URL", "https://"),
        ("MIXPANEL_URL", "https://a b"),
        ("STATE_BUCKET", "gs://state"),
        ("STATE_BUCKET", "a/b"),
        ("TIMEOUT_SECONDS", "29"),
        ("TIMEOUT_SECONDS", "3601"),
        ("TIMEOUT_SECONDS", "540s"),
        ("TIMEOUT_SECONDS", "540.0"),
        ("TIMEOUT_SECONDS", "-540"),
        ("MAX_ATTEMPTS", "0"),
        ("BATCHES_IN_FLIGHT", "0"),
        ("CHUNKS_AT_ONCE", "33"),
        ("MAX_RECORDS_PER_SECOND", "27,000"),
        ("MAX_MEGABYTES_PER_MINUTE", "-1"),
        ("MAX_MEGABYTES_PER_MINUTE", "١٢"),
    ],
)
def test_an_unusable_value_is_refused(variable: str, value: str) -> None:
    """The refusal names the variable, the value's shape and what is allowed, and never the value."""
    with pytest.raises(ConfigRefused) as refused:
        read_config(LEAST | {variable: value})
    assert refused.value.variable == variable
    assert refused.value.shape
    assert refused.value.allowed
    assert value not in str(refused.value).replace(refused.value.allowed, "")
    assert refused.value.__cause__ is None


@pytest.mark.parametrize("value", ["nocolon", ":secret", "user:", "us er:secret", "user:sec ret"])
def test_a_service_account_is_user_and_secret(value: str) -> None:
    with pytest.raises(ConfigRefused) as refused:
        read_config(ACCOUNT | {"MIXPANEL_SERVICE_ACCOUNT": value})
    assert refused.value.variable == "MIXPANEL_SERVICE_ACCOUNT"
    assert "secret" not in str(refused.value).replace("user:secret", "")


@pytest.mark.parametrize(
    ("environ", "variable"),
    [
        ({"STATE_BUCKET": "state"}, "MIXPANEL_TOKEN"),
        (LEAST | ACCOUNT, "MIXPANEL_TOKEN"),
        (LEAST | {"MIXPANEL_PROJECT_ID": "1234567"}, "MIXPANEL_PROJECT_ID"),
        (ACCOUNT | {"MIXPANEL_PROJECT_ID": ""}, "MIXPANEL_PROJECT_ID"),
        (LEAST | {"STATE_BUCKET": ""}, "STATE_BUCKET"),
    ],
)
def test_credentials_must_be_there_and_of_one_kind(environ: dict[str, str], variable: str) -> None:
    """Two kinds at once would leave open which project is meant, and so which ledger."""
    with pytest.raises(ConfigRefused) as refused:
        read_config(environ)
    assert refused.value.variable == variable


@pytest.mark.parametrize("environ", [LEAST, ACCOUNT])
def test_no_credential_shows(environ: dict[str, str]) -> None:
    """A config may end up in a traceback."""
    text = repr(read_config(environ))
    assert TOKEN not in text
    assert "s3:cret" not in text


def test_each_field_is_one_variable() -> None:
    """Name, default and range stand in one place, which the README is held to."""
    fields = dataclasses.fields(Config)
    variables = [field.metadata["variable"] for field in fields]
    assert len(set(variables)) == len(fields)
    assert set(variables) == {
        *("MIXPANEL_TOKEN", "MIXPANEL_SERVICE_ACCOUNT", "MIXPANEL_PROJECT_ID", "MIXPANEL_REGION"),
        *("MIXPANEL_URL", "STATE_BUCKET", "TIMEOUT_SECONDS", "MAX_ATTEMPTS", "BATCHES_IN_FLIGHT"),
        *("CHUNKS_AT_ONCE", "MAX_RECORDS_PER_SECOND", "MAX_MEGABYTES_PER_MINUTE"),
    }
    assert all(field.metadata["allowed"] for field in fields)
