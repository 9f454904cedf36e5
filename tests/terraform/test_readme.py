"""What the README's deployment chapter says of the configuration is so."""

import re
import subprocess

import pytest

from tests.terraform.applied import REQUIRED, ROOT, applied, copied, run, terraform
from tests.terraform.monitoring import table_rows
from tests.terraform.readme import README, rows_of

pytestmark = pytest.mark.slow


def chapter() -> str:
    return README.read_text().split("\n## Deployment\n")[1].split("\n## ")[0]


def commands() -> list[str]:
    return re.findall(r"^\$ (.*)$", chapter(), re.MULTILINE)


def declared() -> dict[str, str]:
    """Variable → default as the README writes it; empty where there is none."""
    text = (ROOT / "terraform" / "variables.tf").read_text()
    blocks = re.findall(r'^variable "(\w+)" \{\n(.*?)^\}', text, re.MULTILINE | re.DOTALL)
    defaults = {name: re.search(r"^  default\s+= (.*)$", block, re.MULTILINE) for name, block in blocks}
    return {name: default[1].strip('"') if default else "" for name, default in defaults.items()}


def test_the_readmes_table_has_every_variable_and_its_default() -> None:
    assert {name.strip("`"): default for name, default, _ in rows_of("Variables")} == declared()


def test_the_readmes_table_has_every_alert_and_its_command() -> None:
    assert rows_of("Alerts") == table_rows(applied(alert_email="ann@example.com"))


def test_apply_prints_what_the_readme_shows() -> None:
    """How many resources a first apply makes, and the outputs."""
    made = [address for address in applied().state if not address.startswith("data.")]
    assert f"Resources: {len(made)} added, 0 changed" in chapter()
    shown = re.findall(r'^    (\w+) = "(.*)"$', chapter(), re.MULTILINE)
    outputs = {
        name: str(value).replace("some-project", "PROJECT") for name, value in applied().outputs.items()
    }
    assert {**dict(shown), "commands": outputs["commands"]} == outputs
    assert all(f"    {command}\n" in chapter() for command in outputs["commands"].splitlines())


def test_its_commands_hand_over_project_and_credential() -> None:
    """`read -s` takes the token from the terminal and shows it nowhere."""
    of_the_shell = [command for command in commands() if command.startswith(("export", "read"))]
    done = subprocess.run(
        ["bash", "-c", "; ".join([*of_the_shell, "env"])],
        input="some-token\n",
        capture_output=True,
        text=True,
        check=True,
    )
    assert "TF_VAR_project_id=PROJECT\n" in done.stdout
    assert "TF_VAR_mixpanel_token=some-token\n" in done.stdout


def test_its_terraform_commands_run_in_this_order() -> None:
    """`init` on a copy; `apply` and `destroy` as a test's own, against mock providers."""
    of_terraform = [command.split()[2:] for command in commands() if command.startswith("terraform")]
    assert of_terraform == [["init"], ["apply"], ["destroy"]]
    with copied() as folder:
        assert terraform(folder, "init", "-input=false").returncode == 0
        assert run(folder, REQUIRED).exit_code == 0


def test_a_second_apply_wants_no_change() -> None:
    """All that is known without a cloud: nothing that the configuration itself computes differs."""
    with copied() as folder:
        states = run(folder, REQUIRED, REQUIRED).states
    before, after = (
        {address: values for address, values in state.items() if not address.startswith("data.")}
        for state in states
    )
    assert after == before


def test_two_names_share_nothing() -> None:
    """Two deployments live in one project: whatever has to be called differently there is."""
    one, other = (applied(name=name, alert_email="ann@example.com").state for name in ("one", "other"))
    keys = ("account_id", "secret_id", "role_id", "repository_id", "display_name", "name")
    called = {address: next((key for key in keys if values.get(key)), "") for address, values in one.items()}
    shared = [address for address, key in called.items() if key and one[address][key] == other[address][key]]
    assert shared == ["google_storage_bucket_object.source"]  # in a bucket of its own
