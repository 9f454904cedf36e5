"""Child processes log to a file and never outlive us."""

import http.server
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from local.processes import StackFailed, answers, clean_environ, free_port, running, start_process

PARENT = """
import sys, time
from pathlib import Path
from local.processes import clean_environ, start_process
script = "import os, time; os.fork(); print(os.getpid(), flush=True); time.sleep(60)"
start_process("sleeper", [sys.executable, "-c", script], log=Path(sys.argv[1]), environ=clean_environ())
print("up", flush=True)
time.sleep(60)
"""


def _wait_for_lines(log: Path, count: int) -> list[str]:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        lines = log.read_text().splitlines() if log.exists() else []
        if len(lines) >= count:
            return lines
        time.sleep(0.02)
    raise AssertionError(f"no {count} lines in {log}")


def test_children_and_grandchildren_end_with_a_killed_parent(tmp_path: Path) -> None:
    """SIGKILL for the parent leaves nothing of its children's process groups running."""
    log = tmp_path / "sleeper.log"
    with subprocess.Popen([sys.executable, "-c", PARENT, str(log)], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"up\n"
        pids = [int(line) for line in _wait_for_lines(log, 2)]
        parent.kill()
    assert _all_end(pids)


def _all_end(pids: list[int]) -> bool:
    deadline = time.monotonic() + 5
    while any(map(_is_alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not any(map(_is_alive, pids))


def _is_alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_stop_takes_the_whole_group_along(tmp_path: Path) -> None:
    """A worker that ignores SIGTERM is gone after stop() as well."""
    script = (
        "import os, signal, time\n"
        "if os.fork() == 0: signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print(os.getpid(), flush=True); time.sleep(60)"
    )
    log = tmp_path / "log"
    process = start_process("stubborn", [sys.executable, "-c", script], log=log, environ=clean_environ())
    pids = [int(line) for line in _wait_for_lines(log, 2)]
    process.stop()
    process.stop()
    assert process.popen.returncode == -signal.SIGTERM
    assert _all_end(pids)


def test_a_process_that_ends_at_its_start_tells_where_its_log_is(tmp_path: Path) -> None:
    """The error holds the log's place and its last lines."""
    command = [sys.executable, "-c", "raise SystemExit('no such luck')"]
    with (
        pytest.raises(StackFailed, match=r"(?s)exit code 1.*log.*no such luck"),
        running("unlucky", command, log=tmp_path / "log", environ=clean_environ(), is_ready=lambda: False),
    ):
        pass


def test_a_missing_program_is_named(tmp_path: Path) -> None:
    with pytest.raises(StackFailed, match="no program /nowhere/java"):
        start_process("emulator", ["/nowhere/java"], log=tmp_path / "log", environ={})


def test_accounts_of_the_own_shell_stay_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A token in the user's shell reaches a process only when it is handed over on purpose."""
    monkeypatch.setenv("MIXPANEL_TOKEN", "real")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "real")
    environ = clean_environ(STATE_BUCKET="state")
    assert "real" not in environ.values()
    assert environ["STATE_BUCKET"] == "state"
    assert environ["PATH"] == os.environ["PATH"]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a port is only looked at, not held")
def test_a_port_given_out_is_given_to_no_other_process_and_a_server_may_listen_on_it() -> None:
    port = free_port()
    with socket.socket() as probe, pytest.raises(OSError, match="in use"):
        probe.bind(("127.0.0.1", port))
    for _ in range(2):  # a server that is ended and started again
        with http.server.HTTPServer(("127.0.0.1", port), http.server.BaseHTTPRequestHandler):
            assert answers(port)
        assert not answers(port)
