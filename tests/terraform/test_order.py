"""What is made before what."""

import re

import pytest

from tests.terraform.applied import copied, terraform

pytestmark = pytest.mark.slow

NOTIFICATION = "google_storage_notification.chunks"
CREDENTIAL = "terraform_data.credential"
# Needs nothing of ours that the notification waits for, and nothing waits for it.
BESIDE = (
    "google_monitoring_",
    "google_storage_bucket_iam_member.operators_",
    "google_project_iam_custom_role.chunk_writer",
)


@pytest.fixture(scope="module")
def waits_for() -> dict[str, set[str]]:
    """Resource → all that it waits for, near and far, as `terraform graph` has it."""
    with copied() as folder:
        text = terraform(folder, "graph").stdout
    nearest: dict[str, set[str]] = {}
    for node in re.findall(r'^\s*"([^"]+)" \[', text, re.MULTILINE):
        nearest[node] = set()
    for later, earlier in re.findall(r'^\s*"([^"]+)" -> "([^"]+)"', text, re.MULTILINE):
        nearest[later].add(earlier)
    return {node: _reached(node, nearest) for node in nearest}


def _reached(node: str, nearest: dict[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = [node]
    while waiting:
        for earlier in nearest[waiting.pop()] - reached:
            reached.add(earlier)
            waiting.append(earlier)
    return reached


def test_the_notification_comes_after_all_that_stands_behind_it(waits_for: dict[str, set[str]]) -> None:
    """An object that is announced before the subscription stands would never be delivered."""
    behind = {node for node in waits_for if not node.startswith((*BESIDE, "data.archive_file"))}
    assert behind - {NOTIFICATION, "data.archive_file.source"} <= waits_for[NOTIFICATION]


def test_nothing_is_made_before_the_credential_is_known_to_be_there(waits_for: dict[str, set[str]]) -> None:
    made = {node for node in waits_for if not node.startswith("data.archive_file")} - {CREDENTIAL}
    assert {node for node in made if CREDENTIAL not in waits_for[node]} == set()


def test_the_function_comes_after_the_grants_it_is_built_and_started_with(
    waits_for: dict[str, set[str]],
) -> None:
    needed = {"terraform_data.iam_spread", "google_secret_manager_secret_iam_member.importer_reads"}
    needed |= {node for node in waits_for if ".builder_" in node}
    assert needed <= waits_for["google_cloudfunctions2_function.importer"]
