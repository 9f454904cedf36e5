"""The configuration applied to mock providers: what Terraform makes of it, as data."""

import fcntl
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.terraform.shared import shared

ROOT = Path(__file__).parents[2]
OFFLINE = ROOT.parent / "shared" / "terraform" / "offline"
TOKEN = "a-token-to-be-found-nowhere"
REQUIRED = {
    "project_id": "some-project",
    "mixpanel_token": TOKEN,
    "mixpanel_service_account": "",  # an unset ephemeral variable would end the apply of a test
    "iam_wait_seconds": 0,
}
# By mocks alone all would have one address, and one name; tests ask which is which.
ACCOUNTS = ("builder", "importer", "pusher")
ROLES = ("chunk_reader", "chunk_writer")


@dataclass(frozen=True, slots=True)
class Ran:
    exit_code: int
    messages: tuple[dict[str, Any], ...]

    @property
    def states(self) -> list[dict[str, dict[str, Any]]]:
        """After each apply: address → attributes of all that stands, data sources among them."""
        return [
            {
                resource["address"]: resource["values"]
                for resource in message["test_state"].get("root_module", {}).get("resources", [])
            }
            for message in self.messages
            if "test_state" in message
        ]

    @property
    def state(self) -> dict[str, dict[str, Any]]:
        """After the last apply."""
        return self.states[-1] if self.states else {}

    @property
    def outputs(self) -> dict[str, Any]:
        last = [message["test_state"] for message in self.messages if "test_state" in message][-1]
        return {name: output["value"] for name, output in last["outputs"].items()}

    @property
    def text(self) -> str:
        return json.dumps(self.messages)


def terraform(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """In `folder`; with the providers' stand-in where that is there, else with those that Terraform finds.

    Skips the test where SKIP_TERRAFORM=1 says so; that Terraform is missing is a failure.
    """
    if os.environ.get("SKIP_TERRAFORM") == "1":
        pytest.skip("SKIP_TERRAFORM=1")
    program = [str(OFFLINE), "terraform"] if OFFLINE.exists() else ["terraform"]
    return subprocess.run(
        [*program, f"-chdir={folder}", *arguments], capture_output=True, text=True, check=False
    )


@contextmanager
def copied() -> Iterator[Path]:
    """A copy of what the configuration reads, initialised, without its tests. Yields its terraform folder."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "terraform"
        for pattern in (
            "terraform/*.tf",
            "terraform/*.json",
            "terraform/tests/mocks/*",
            "function/*.py",
            "*.txt",
        ):
            for file in ROOT.glob(pattern):
                target = Path(temporary) / file.relative_to(ROOT)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, target)
        with _one_at_a_time():  # the stand-in is built by whoever comes first
            done = terraform(folder, "init", "-input=false", "-no-color")
        assert done.returncode == 0, done.stdout + done.stderr
        yield folder


def run(folder: Path, *applies: Mapping[str, Any]) -> Ran:
    """One apply after the other, each over what the one before left, with these variables."""
    (folder / "tests" / "applies.tftest.hcl").write_text(
        'mock_provider "google" {\n  source = "./tests/mocks"\n}\nmock_provider "archive" {}\n'
        + "".join(_account_block(account) for account in ACCOUNTS)
        + "".join(_role_block(role) for role in ROLES)
        + "".join(_run_block(number, variables) for number, variables in enumerate(applies))
    )
    done = terraform(folder, "test", "-json", "-verbose")
    messages = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    for message in messages:
        message.get("test_state", {}).pop("provider_schemas", None)  # megabytes that nobody reads
    return Ran(done.returncode, tuple(messages))


def applied(**variables: Any) -> Ran:
    """One apply of the configuration with REQUIRED and these variables."""
    return _applied(json.dumps(variables, sort_keys=True))


@shared
def _applied(variables: str) -> Ran:
    with copied() as folder:
        ran = run(folder, {**REQUIRED, **json.loads(variables)})
    assert ran.exit_code == 0, ran.text
    return ran


def member_of(account: str) -> str:
    return f"serviceAccount:{account}@some-project.iam.gserviceaccount.com"


def _account_block(account: str) -> str:
    member = member_of(account)
    return (
        f"override_resource {{\n  target = google_service_account.{account}\n  values = {{\n"
        f'    email = "{member.removeprefix("serviceAccount:")}"\n    member = "{member}"\n  }}\n}}\n'
    )


def _role_block(role: str) -> str:
    values = f'{{ id = "projects/some-project/roles/{role}" }}'
    return (
        f"override_resource {{\n  target = google_project_iam_custom_role.{role}\n  values = {values}\n}}\n"
    )


def _run_block(number: int, variables: Mapping[str, Any]) -> str:
    lines = "".join(f"    {name} = {json.dumps(value)}\n" for name, value in variables.items())
    return f'run "apply_{number}" {{\n  variables {{\n{lines}  }}\n}}\n'


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    with (Path(tempfile.gettempdir()) / "terraform-one-at-a-time.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
