"""Every command of the README is run here, on the local stack, in the README's order."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.stack import CHUNKS_BUCKET, STATE_BUCKET, Stack, stack
from tests.end_to_end.chunks import stored_lines

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
EXPORT = ROOT / "tests" / "data" / "ecom.ndjson.gz"
RECENT = ("partitioner estimate ", "recent/", "gs://CHUNKS_BUCKET/direct")


def commands() -> list[str]:
    blocks = re.findall(r"^```console\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL)
    return [
        line.removeprefix("$ ") for block in blocks for line in block.splitlines() if line.startswith("$ ")
    ]


def of(program: str) -> list[str]:
    return [command for command in commands() if program in command]


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with stack(tmp_path_factory.mktemp("stack")) as running:
        yield running


def run(command: str, chunks: Path, environ: dict[str, str]) -> str:
    """As a user would, but for the names in capitals and the folder. Fails where the command does."""
    places = {
        "EXPORT": str(EXPORT),
        "gs://CHUNKS_BUCKET": f"gs://{CHUNKS_BUCKET}",
        "gs://STATE_BUCKET": f"gs://{STATE_BUCKET}",
        " chunks/": f" {chunks}/",
        "planned/": f"{chunks.parent}/planned/",
        " recent/": f" {chunks.parent}/recent/",
        " direct/": f" {chunks.parent}/direct/",
        "tracking.toml": f"{chunks.parent}/tracking.toml",
        ".venv/bin/python": sys.executable,
    }
    for name, place in places.items():
        command = command.replace(name, place)
    done = subprocess.run(
        command.split(), cwd=ROOT, env={**os.environ, **environ}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def test_every_command_is_of_a_program_that_is_run_here() -> None:
    """No command without a test: those below find theirs by the program's name."""
    programs = ("make ", "local import", "local up", "partitioner ")
    deployment = ("terraform ", "export ", "read ")  # tests/terraform/test_readme.py
    assert all(any(program in command for program in (*programs, *deployment)) for command in commands())


def test_the_make_targets_exist() -> None:
    """`make demo` and `make setup`, and what the text names, are targets with a line of help."""
    help_text = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    text = README.read_text()
    named = {command.split()[1] for command in of("make ")} | set(re.findall(r"`make ([\w-]+)", text))
    assert named <= set(re.findall(r"^make ([\w-]+)", help_text, re.MULTILINE))


@pytest.mark.slow
def test_split_upload_follow_and_retry(up: Stack, tmp_path: Path) -> None:
    """The way of a big export, one command after the other, on the local stack."""
    environ = up.bucket.environ
    others = ("--tracking", *RECENT)
    commands_of_it = [
        command for command in of("partitioner ") if not any(other in command for other in others)
    ]
    said = [run(command, tmp_path / "chunks", environ) for command in commands_of_it]
    assert len(said) == 4
    assert "Mixpanel will show 31,076" in said[0]
    assert len(stored_lines(up)) == 31_076


@pytest.mark.slow
def test_recent_first(up: Stack, tmp_path: Path) -> None:
    """An estimate, windows behind a canary, and chunks that go straight into the bucket."""
    commands_of_it = [command for command in of("partitioner ") if any(each in command for each in RECENT)]
    said = [run(command, tmp_path / "chunks", up.bucket.environ) for command in commands_of_it]
    estimated, split, uploaded, direct = said
    assert "31,106 records" in estimated
    assert "01-7d/" in split
    assert "accepted     2,000 of 2,000 records" in uploaded
    assert "All chunks are done, and the counts add up." in uploaded
    assert "31,106 records in 1 chunk" in direct
    assert f"gs://{CHUNKS_BUCKET}/direct" in direct


def test_check_and_split_as_planned(tmp_path: Path) -> None:
    """The proposed plan, unchanged, keeps all; with a key each record gets a keyed id."""
    environ = {"TRACKING_KEY": "a-key-for-this-test"}
    checked, split = (run(command, tmp_path / "chunks", environ) for command in of("--tracking"))
    assert "a plan is proposed in" in checked
    assert "31,106  keyed $insert_id" in split
    assert "Mixpanel will show 31,076" in split


@pytest.mark.slow
def test_local_import(tmp_path: Path) -> None:
    """Into the simulator, and what would go to the real one."""
    environ = {"MIXPANEL_TOKEN": "never-used", "XDG_STATE_HOME": str(tmp_path)}
    imported, checked = (run(command, tmp_path, environ) for command in of("local import"))
    assert "31,076" in imported
    assert "31,106" in checked


@pytest.mark.slow
def test_local_up_stays_until_it_is_stopped(tmp_path: Path) -> None:
    """It prints the lines to export; Ctrl-C ends it well."""
    (command,) = of("local up")
    words = command.replace(".venv/bin/python", sys.executable).split()
    log = (tmp_path / "log").open("w+")
    process = subprocess.Popen(words, cwd=ROOT, stdout=log, stderr=log, text=True)
    try:
        for _ in range(600):
            if "STORAGE_EMULATOR_HOST" in (tmp_path / "log").read_text():
                break
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0.1)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    finally:
        process.kill()
        log.close()
    assert "export STORAGE_EMULATOR_HOST=" in (tmp_path / "log").read_text()
