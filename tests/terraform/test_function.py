"""What the function is started with."""

import dataclasses

import pytest

from function.config import Config, read_config
from local.function import FRAMEWORK
from tests.terraform.applied import applied

pytestmark = pytest.mark.slow

# What Terraform doesn't set: the credential comes from the secret, and a simulator is for one's own machine.
ELSEWHERE = {"MIXPANEL_TOKEN", "MIXPANEL_SERVICE_ACCOUNT", "MIXPANEL_URL"}
# Read by the log handler, the C library and functions-framework.
OF_OTHERS = {"GOOGLE_CLOUD_PROJECT", "MALLOC_ARENA_MAX", "THREADS"}


def environment(**variables: object) -> dict[str, str]:
    service = applied(**variables).state["google_cloudfunctions2_function.importer"]["service_config"][0]
    variables_set: dict[str, str] = service["environment_variables"]
    return variables_set


def test_terraform_sets_each_knob() -> None:
    """One field, one environment variable, one line."""
    account = environment(mixpanel_project_id="1", mixpanel_token="", mixpanel_service_account="user:secret")
    knobs = {field.metadata["variable"] for field in dataclasses.fields(Config)}
    assert set(account) - OF_OTHERS == knobs - ELSEWHERE


def test_what_is_no_variable_has_the_default() -> None:
    """And so have the limits, as long as nobody sets them."""
    config = read_config({**environment(), "MIXPANEL_TOKEN": "some-token"})
    assert config == Config(token="some-token", state_bucket="some-project-mixpanel-state")


def test_the_function_reads_what_terraform_sets_for_a_service_account() -> None:
    variables = environment(
        mixpanel_project_id="42", mixpanel_token="", mixpanel_service_account="user:secret"
    )
    config = read_config({**variables, "MIXPANEL_SERVICE_ACCOUNT": "user:secret"})
    assert config.destination == "us-42"


def test_the_local_function_starts_with_the_same() -> None:
    assert {
        name: FRAMEWORK[name] for name in ("MALLOC_ARENA_MAX", "THREADS")
    }.items() <= environment().items()
