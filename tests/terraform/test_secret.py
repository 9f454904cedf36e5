"""The credential is in the secret alone, and has to be there only when a version of it is made."""

import pytest

from tests.terraform.applied import REQUIRED, TOKEN, applied, copied, run

pytestmark = pytest.mark.slow

FUNCTION = "google_cloudfunctions2_function.importer"
VERSION = "google_secret_manager_secret_version.credential"
WITHOUT = {**REQUIRED, "mixpanel_token": ""}


def test_the_credential_is_in_no_attribute_and_no_message() -> None:
    """Neither in the state nor in the plan, nor in what was printed."""
    ran = applied()
    assert VERSION in ran.state
    assert TOKEN not in ran.text


def test_a_first_apply_without_the_credential_makes_nothing_and_names_the_variable() -> None:
    with copied() as folder:
        ran = run(folder, WITHOUT)
    assert ran.exit_code == 1
    assert "Set TF_VAR_mixpanel_token for this apply" in ran.text
    assert not any(address.startswith("google_") for address in ran.state)


def test_applies_between_need_no_credential() -> None:
    """What else has changed is applied, and the version is the one that was there."""
    with copied() as folder:
        ran = run(folder, REQUIRED, {**WITHOUT, "max_instances": 2})
    assert ran.exit_code == 0, ran.text
    before, after = ran.states
    assert after[FUNCTION]["service_config"][0]["max_instance_count"] == 2
    assert after[VERSION] == before[VERSION]


def test_a_new_version_is_another_one_and_all_else_stays() -> None:
    """But for the function, which names the version; here both are called 1."""
    with copied() as folder:
        ran = run(folder, REQUIRED, {**REQUIRED, "credential_version": 2})
    before, after = ran.states
    assert after[VERSION]["secret_data_wo_version"] == 2
    assert after[VERSION]["create_time"] != before[VERSION]["create_time"]
    made = [address for address in before if not address.startswith("data.")]
    changed = {address for address in made if after[address] != before[address]}
    assert changed == {VERSION, "terraform_data.credential"}


def test_a_new_version_without_the_credential_changes_nothing_else() -> None:
    """What the same apply would have changed is as it was."""
    with copied() as folder:
        ran = run(folder, REQUIRED, {**WITHOUT, "credential_version": 2, "max_instances": 2})
    assert ran.exit_code == 1
    assert "it stores version 2 of the credential" in ran.text
    assert ran.state[FUNCTION]["service_config"][0]["max_instance_count"] == 1
    assert ran.state[VERSION]["secret_data_wo_version"] == 1


def test_a_service_account_in_place_of_the_token_has_to_be_given() -> None:
    """The secret holds one or the other: the function would read a token as an account."""
    with copied() as folder:
        ran = run(folder, REQUIRED, {**WITHOUT, "mixpanel_project_id": "1234567"})
    assert ran.exit_code == 1
    assert "Set TF_VAR_mixpanel_service_account for this apply" in ran.text


def test_an_old_version_is_disabled_and_not_destroyed() -> None:
    assert applied().state[VERSION]["deletion_policy"] == "DISABLE"
