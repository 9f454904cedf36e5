"""The simulator from a command line."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from local.mixpanel.command import simulator
from tests.fakes.import_client import ndjson, record


@contextmanager
def running(tmp_path: Path, *arguments: str) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    port_file = tmp_path / "port"
    port_file.unlink(missing_ok=True)
    command = [sys.executable, "-m", "local.mixpanel.server", "--port-file", str(port_file), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            deadline = time.monotonic() + 20
            while not port_file.exists():
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.05)
            yield f"http://127.0.0.1:{int(port_file.read_text())}", process
        finally:
            process.terminate()


def test_it_runs_as_asked(tmp_path: Path) -> None:
    """Tokens, accounts, limits and switches; it says where it is, and ends well when told to."""
    arguments = ["--token", "a", "--project", "7:owner:secret", "--switch", 'refuse_where={"plan": "free"}',
                 "--records-per-second", "0.05", "--megabytes-per-minute", "5"]  # fmt: skip
    with running(tmp_path, *arguments) as (url, process), requests.Session() as session:
        state = session.get(url + "/_simulator/state", timeout=5).json()
        assert set(state["projects"]) == {"7", "1000001"}
        limits = {"records_per_second": 0.05, "megabytes_per_minute": 5, "refuse_where": {"plan": "free"}}
        assert state["switches"] == limits

        def status(auth: tuple[str, str], **query: str) -> int:
            params = {"strict": "1"} | query
            return session.post(
                url + "/import", ndjson([record()]), params=params, auth=auth, timeout=5
            ).status_code

        assert [status(("a", "")), status(("owner", "secret"), project_id="7")] == [200, 200]
        assert [status(("b", "")), status(("a", "")), status(("a", "")), status(("a", ""))] == [
            401,
            200,
            200,
            429,
        ]
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert process.stdout is not None
        assert process.stdout.read() == f"Mixpanel simulator: {url}\n"


def test_a_store_is_there_again_after_a_kill(tmp_path: Path) -> None:
    """What was answered 200 is in the folder, whatever became of the process."""
    with running(tmp_path, "--token", "a", "--store", str(tmp_path / "store")) as (url, process):
        requests.post(url + "/import", ndjson([record(0), record(1)]), auth=("a", ""), timeout=5)
        process.kill()
        process.wait(10)
    with running(tmp_path, "--token", "a", "--store", str(tmp_path / "store")) as (url, _):
        state = requests.get(url + "/_simulator/state", timeout=5).json()
        assert (state["accepted"], state["deduplicated"]) == (2, 2)
        assert len(requests.get(url + "/_simulator/records", timeout=5).text.splitlines()) == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["--project", "7"], ["--project", "7:owner"], ["--switch", "records"], ["--switch", "recrods=5"],
        ["--switch", "records=-5"], ["--records-per-second", "many"],
    ],
)  # fmt: skip
def test_a_wrong_argument_is_usage(arguments: list[str]) -> None:
    """Exit code 2, with a sentence."""
    result = CliRunner().invoke(simulator, arguments)
    assert result.exit_code == 2
    assert "Invalid value" in result.output


def test_help_has_an_example() -> None:
    """To paste."""
    assert "python -m local simulator --token abc" in CliRunner().invoke(simulator, ["--help"]).output
