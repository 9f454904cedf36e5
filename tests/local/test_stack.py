"""The stack's processes, wired as in the cloud, around a function of three lines."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from local.backlog import Settings
from local.google_topic import find_emulator
from local.processes import StackFailed
from local.stack import Stack, stack

pytestmark = pytest.mark.slow

STAND_IN = """
import json, os
from pathlib import Path
from werkzeug.exceptions import ServiceUnavailable

def on_finalize(cloud_event):
    name = cloud_event.data["message"]["attributes"]["objectId"]
    print(json.dumps({"message": "seen", "name": name, "token": os.environ["MIXPANEL_TOKEN"]}))
    if Path(os.environ["REFUSE"]).exists():
        raise ServiceUnavailable
"""
QUICK = Settings(
    ack_deadline_seconds=10, minimum_backoff_seconds=0.2, maximum_backoff_seconds=1, retention_seconds=600
)
# Whole seconds, for Google's emulator.
SECONDS = Settings(
    ack_deadline_seconds=10, minimum_backoff_seconds=1, maximum_backoff_seconds=2, retention_seconds=600
)


def wait_until(is_so: Callable[[], bool], timeout_seconds: float = 15) -> None:
    deadline = time.monotonic() + timeout_seconds
    while not is_so():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def seen(of: Stack) -> list[str]:
    return [line["name"] for line in of.function.log_lines() if line.get("message") == "seen"]


@pytest.fixture
def arguments(tmp_path: Path) -> dict[str, Any]:
    source = tmp_path / "main.py"
    source.write_text(STAND_IN)
    environ = {"REFUSE": str(tmp_path / "refuse")}
    return {"source": source, "environ": environ, "to": {"MIXPANEL_TOKEN": "given"}, "settings": QUICK}


@pytest.fixture
def running(tmp_path: Path, arguments: dict[str, Any]) -> Iterator[Stack]:
    with stack(tmp_path / "one", **arguments) as started:
        yield started


def test_an_object_reaches_the_function(running: Stack) -> None:
    """An object of the chunks bucket does, one of the state bucket doesn't, and a nack brings it again."""
    running.bucket.write("state", "quiet", b"x")
    running.bucket.write("chunks", "a/b.ndjson.gz", b"x")
    wait_until(lambda: running.topic.state()["acked"] == 1)
    assert seen(running) == ["a/b.ndjson.gz"]
    assert running.function.log_lines()[0]["token"] == "given"


def test_a_killed_function_gets_it_again(running: Stack) -> None:
    """While it is down every push is a nack; started again, it gets what it missed."""
    running.kill_function()
    with pytest.raises(StackFailed, match=r"(?s)function ended by itself; its log is .*function\.log"):
        running.check()
    running.bucket.write("chunks", "a", b"x")
    wait_until(lambda: running.topic.state()["nacked"] >= 1)
    running.restart_function()
    running.check()
    wait_until(lambda: running.topic.state()["outstanding"] == 0)
    assert seen(running) == ["a"]


def test_a_503_is_a_nack(running: Stack, tmp_path: Path) -> None:
    (tmp_path / "refuse").touch()
    running.bucket.write("chunks", "a", b"x")
    wait_until(lambda: running.topic.state()["nacked"] >= 2)
    (tmp_path / "refuse").unlink()
    wait_until(lambda: running.topic.state()["outstanding"] == 0)
    assert running.topic.state()["acked"] == 1


def test_bucket_and_topic_come_back_at_the_same_address(running: Stack) -> None:
    running.bucket.write("state", "kept", b"kept")
    running.topic_part.restart()
    running.bucket_part.restart()
    assert running.bucket.read("state", "kept") == b"kept"
    running.bucket.write("chunks", "a", b"x")
    wait_until(lambda: seen(running) == ["a"])


def test_two_side_by_side(running: Stack, tmp_path: Path, arguments: dict[str, Any]) -> None:
    """Neither sees what the other does."""
    with stack(tmp_path / "two", **arguments) as other:
        running.bucket.write("chunks", "one", b"x")
        other.bucket.write("chunks", "two", b"x")
        wait_until(lambda: seen(running) == ["one"])
        wait_until(lambda: seen(other) == ["two"])


def test_nothing_is_left_running(tmp_path: Path, arguments: dict[str, Any]) -> None:
    with stack(tmp_path / "one", **arguments) as started:
        parts = (started.bucket_part, started.topic_part, started.function_part)
        pids = [part.handle.process.pid for part in parts]
        children = [child.pid for pid in pids for child in psutil.Process(pid).children(recursive=True)]
    wait_until(lambda: not any(psutil.pid_exists(pid) for pid in pids + children))


@pytest.mark.slow
@pytest.mark.skipif(find_emulator() is None, reason="Google's Pub/Sub emulator isn't installed")
def test_the_same_through_googles_emulator(tmp_path: Path, arguments: dict[str, Any]) -> None:
    """Also what the function refused at first."""
    (tmp_path / "refuse").touch()
    with stack(tmp_path / "one", **arguments | {"topic": "google", "settings": SECONDS}) as started:
        started.bucket.write("chunks", "a", b"x")
        wait_until(lambda: len(seen(started)) >= 2)
        (tmp_path / "refuse").unlink()
        count = len(seen(started))
        wait_until(lambda: len(seen(started)) == count + 1)


KILLED = """
import json, sys, time
from pathlib import Path
from local.stack import stack
with stack(Path(sys.argv[1]), to={"MIXPANEL_TOKEN": "x"}, source=Path(sys.argv[2])) as started:
    parts = (started.bucket_part, started.topic_part, started.function_part)
    print(json.dumps([part.handle.process.pid for part in parts]), flush=True)
    time.sleep(60)
"""


def test_nothing_outlives_a_killed_parent(tmp_path: Path, arguments: dict[str, Any]) -> None:
    """SIGKILL for whoever started the stack ends every process of it, gunicorn's worker included."""
    command = [sys.executable, "-c", KILLED, str(tmp_path / "one"), str(arguments["source"])]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pids = json.loads(parent.stdout.readline())
        children = [child.pid for pid in pids for child in psutil.Process(pid).children(recursive=True)]
        assert len(children) > len(pids)
        parent.kill()
    wait_until(lambda: not any(psutil.pid_exists(pid) for pid in pids + children))
