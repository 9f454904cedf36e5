"""`python -m local up` as a user has it in a terminal."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from local.processes import own_environ
from local.web import call, fetch

RECORD = b'{"event":"a","properties":{"time":1700000000,"distinct_id":"x","$insert_id":"one"}}\n'


class Up:
    """The command, once it has said what to export."""

    def __init__(self, tmp_path: Path, *options: str) -> None:
        command = [sys.executable, "-m", "local", "up", *options]
        environ = own_environ() | {"TMPDIR": str(tmp_path), "MIXPANEL_TOKEN": "of-another-project"}
        self.popen = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ)
        assert self.popen.stdout
        self.text = ""
        while "Ctrl-C ends it." not in self.text:
            line = self.popen.stdout.readline()
            assert line, self.text
            self.text += line
        self.children = psutil.Process(self.popen.pid).children(recursive=True)

    def exported(self, name: str) -> str:
        found = re.search(rf"export {name}=(\S+)", self.text)
        assert found
        return found[1]

    def upload(self, name: str) -> None:
        url = self.exported("STORAGE_EMULATOR_HOST")
        fetch("POST", f"{url}/upload/storage/v1/b/chunks/o?uploadType=media&name={name}", RECORD)

    def shown(self) -> int:
        count: int = call("GET", self.exported("MIXPANEL_URL") + "/_simulator/state")["deduplicated"]
        return count

    def wait_for(self, shown: int) -> None:
        deadline = time.monotonic() + 20
        while self.shown() != shown:
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def end(self, number: int) -> int:
        self.popen.send_signal(number)
        assert self.popen.stdout
        self.text += self.popen.stdout.read()
        code = self.popen.wait(20)
        assert psutil.wait_procs(self.children, timeout=5)[1] == []
        self.popen.stdout.close()
        return code


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 143), (signal.SIGKILL, -9)]
)
def test_stays_up_until_it_is_ended(tmp_path: Path, number: int, code: int) -> None:
    """Records go in meanwhile; afterwards no process is left, and no file unless it was killed."""
    up = Up(tmp_path)
    up.upload("a.ndjson")
    up.wait_for(1)
    assert up.end(number) == code
    assert ("Ended." in up.text) == (number == signal.SIGINT)
    if number != signal.SIGKILL:
        assert os.listdir(tmp_path) == []  # noqa: PTH208 (nothing is meant to be there)


@pytest.mark.slow
def test_goes_on_in_its_folder_even_when_killed(tmp_path: Path) -> None:
    """Objects, ledger and records are there again: nothing is sent a second time."""
    for number in (signal.SIGKILL, signal.SIGINT):
        up = Up(tmp_path, "--folder", str(tmp_path / "kept"))
        up.upload("a.ndjson")
        up.wait_for(1)
        up.end(number)
    names = [path.name for path in (tmp_path / "kept" / "objects" / "state" / "ledger").rglob("*.json")]
    assert names == ["a.ndjson.json"]


@pytest.mark.slow
def test_a_folder_in_use_is_refused(tmp_path: Path) -> None:
    up = Up(tmp_path, "--folder", str(tmp_path / "kept"))
    second = subprocess.run(
        [sys.executable, "-m", "local", "up", "--folder", str(tmp_path / "kept")],
        capture_output=True,
        text=True,
        check=False,
        env=own_environ(),
    )
    assert second.returncode == 1
    assert f"in use by process {up.popen.pid}" in second.stderr
    up.end(signal.SIGINT)
