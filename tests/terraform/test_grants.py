"""Who may do what: each grant is one row of the README's table, and there are no others."""

import pytest

from tests.terraform.applied import applied, member_of
from tests.terraform.readme import rows_of

pytestmark = pytest.mark.slow

OPERATORS = ["user:ann@example.com", "group:data@example.com"]
BUCKET_AGENT = "serviceAccount:service-123456789012@gs-project-accounts.iam.gserviceaccount.com"
WHO = {
    member_of("importer"): "function",
    member_of("builder"): "builder",
    member_of("pusher"): "pusher",
    BUCKET_AGENT: "Cloud Storage",
    **dict.fromkeys(OPERATORS, "operators"),
}


def grants() -> list[tuple[str, str, str]]:
    """Who, role, on what: of every resource that grants anything."""
    return [
        (
            WHO[values["member"]],
            values["role"].removeprefix("projects/some-project/roles/"),
            _target(address, values),
        )
        for address, values in applied(operators=OPERATORS).state.items()
        if "_iam_member." in address
    ]


def _target(address: str, values: dict[str, object]) -> str:
    kind = address.split("_iam_member", maxsplit=1)[0]
    if kind == "google_project":
        return "project"
    names = ("bucket", "topic", "secret_id", "repository", "name")
    return next(str(values[name]) for name in names if values.get(name)).removeprefix("some-project-")


def test_the_readmes_table_lists_every_grant_and_no_other() -> None:
    """Who, role and resource; the reason is for people."""
    listed = {(who, role.strip("`"), target.strip("`")) for who, role, target, _ in rows_of("Grants")}
    assert listed == set(grants())


def test_grants_are_members_of_their_own() -> None:
    """A binding or a policy would take away what others have granted."""
    kinds = {address.split(".")[0] for address in applied(operators=OPERATORS).state if "_iam_" in address}
    assert all(kind.endswith(("_iam_member", "_iam_custom_role")) for kind in kinds)


def test_nothing_is_open_to_everybody() -> None:
    text = str(applied(operators=OPERATORS).state)
    assert "allUsers" not in text
    assert "allAuthenticatedUsers" not in text


def test_nobody_but_the_pusher_may_invoke_the_function() -> None:
    invokers = [who for who, role, _ in grants() if "invoker" in role or "run." in role]
    assert invokers == ["pusher"]


def test_the_function_has_three_grants() -> None:
    """Read and mark chunks, keep its state, read the one secret: nothing else."""
    assert sorted((role, target) for who, role, target in grants() if who == "function") == [
        ("chunk_reader", "mixpanel-chunks"),
        ("roles/secretmanager.secretAccessor", "mixpanel-credential"),
        ("roles/storage.objectUser", "mixpanel-state"),
    ]


def test_the_function_can_change_no_chunks_content() -> None:
    role = applied().state["google_project_iam_custom_role.chunk_reader"]
    assert set(role["permissions"]) == {
        "storage.objects.get",
        "storage.objects.list",
        "storage.objects.update",
    }


def test_nobody_who_runs_or_calls_the_function_can_write_what_it_runs() -> None:
    writers = {who for who, _, target in grants() if target == "mixpanel-source"}
    assert not writers


def test_the_builder_reads_the_bucket_of_sources_alone() -> None:
    """The grant is on the project, as that bucket is made with the first build."""
    (condition,) = applied().state["google_project_iam_member.builder_reads"]["condition"]
    assert condition["expression"] == (
        'resource.name.startsWith("projects/_/buckets/gcf-v2-sources-123456789012-us-central1")'
    )


def test_without_operators_nobody_is_granted_anything_by_hand() -> None:
    members = {values["member"] for address, values in applied().state.items() if "_iam_member." in address}
    assert members == set(WHO) - set(OPERATORS)
