"""`python -m local import` as a user runs it: into the simulator, and into a project of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.generate import Generated, generate
from local.processes import own_environ
from local.simulator import TOKEN, Simulator, simulator

ECOM = Path(__file__).parent.parent / "data" / "ecom.ndjson.gz"
pytestmark = pytest.mark.slow


class User:
    """Somebody at a terminal, with a home and a temporary folder of their own."""

    def __init__(self, folder: Path, **environ: str) -> None:
        self.temporary, self.home = folder / "tmp", folder / "home"
        self.temporary.mkdir()
        self.environ = own_environ() | environ
        self.environ |= {"TMPDIR": str(self.temporary), "XDG_STATE_HOME": str(self.home)}

    def start(self, *arguments: object) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "local", "import", *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self.environ,
        )

    def run(self, *arguments: object, code: int = 0) -> str:
        with self.start(*arguments) as started:
            text, _ = started.communicate(timeout=100)
        assert started.returncode == code, text
        return text

    def left(self) -> list[str]:
        return os.listdir(self.temporary)  # noqa: PTH208 (names are enough)


@pytest.fixture
def user(tmp_path: Path) -> User:
    return User(tmp_path)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Simulator]:
    """What stands for the real Mixpanel: it isn't the command's own."""
    with simulator(log=tmp_path / "mixpanel.log") as started:
        yield started


@pytest.fixture
def customer(tmp_path: Path, project: Simulator) -> User:
    return User(tmp_path, MIXPANEL_TOKEN=TOKEN, MIXPANEL_URL=project.url)


def number_in(text: str, row: str) -> int:
    (line,) = [line for line in text.splitlines() if line.startswith(f"  {row}")]
    return int(line.removeprefix(f"  {row}").split()[0].replace(",", ""))


def export(folder: Path, records: int = 30_000) -> tuple[Path, Generated]:
    path = folder / "events.ndjson"
    return path, generate(path, records)


def test_a_real_export_into_the_simulator(user: User) -> None:
    """31,106 records, 31,076 after deduplication: as the partitioner says beforehand, and the table after."""
    text = user.run(ECOM)
    assert "Mixpanel will show 31,076" in text
    assert number_in(text, "records in") == number_in(text, "accepted") == 31_106
    assert number_in(text, "Mixpanel shows") == 31_076
    assert number_in(text, "rejected by Mixpanel") == 0
    assert "It adds up." in text
    assert user.left() == []


def test_what_was_rejected_is_kept(user: User, tmp_path: Path) -> None:
    """The table says how many, the lines below it where; the folder holds no chunk any more."""
    path, generated = export(tmp_path)
    text = user.run(path)
    assert number_in(text, "rejected before upload") == generated.flawed
    assert number_in(text, "Mixpanel shows") == generated.shows + generated.refused
    (place,) = [line for line in text.splitlines() if line.startswith("Rejected before upload")]
    rejected = Path(place.split(": ")[1])
    assert list(rejected.iterdir())
    assert not list(rejected.parent.glob("*.ndjson.gz"))


def test_the_first_records_alone(user: User) -> None:
    text = user.run(ECOM, "--limit", 1_000)
    assert number_in(text, "records in") == 1_000
    assert number_in(text, "Mixpanel shows") == number_in(text, "accepted") - number_in(
        text, "copies, shown once"
    )


def test_a_dry_run_sends_nothing(customer: User, project: Simulator) -> None:
    text = customer.run(ECOM, "--to", "mixpanel", "--dry-run")
    assert "Mixpanel will show 31,076" in text
    assert project.state()["requests_total"] == 0
    assert not customer.home.exists()
    assert customer.left() == []


def test_a_project_is_asked_for_and_remembered(customer: User, project: Simulator) -> None:
    """Host, destination and number first; no answer, nothing sent. With --yes once; again: nothing sent."""
    text = customer.run(ECOM, "--to", "mixpanel", code=1)
    assert f"To {project.url}, destination custom-" in text
    assert ": 31,106 records\n" in text
    assert project.state()["requests_total"] == 0
    text = customer.run(ECOM, "--to", "mixpanel", "--yes")
    assert number_in(text, "accepted") == 31_106
    assert project.state()["deduplicated"] == 31_076
    (ledger,) = [line for line in text.splitlines() if line.startswith("Ledger: ")]
    assert str(customer.home) in ledger
    requests = project.state()["requests_total"]
    text = customer.run(ECOM, "--to", "mixpanel")
    assert "31,106 were imported before, and are not sent again" in text
    assert number_in(text, "accepted") == 31_106
    assert project.state()["requests_total"] == requests


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGKILL, -9), (signal.SIGTERM, 143), (signal.SIGINT, 75)]
)
def test_stopped_in_the_middle_it_goes_on(
    customer: User, project: Simulator, tmp_path: Path, number: int, code: int
) -> None:
    """The same command once more, and all of it is there; what was settled wasn't sent again."""
    path, generated = export(tmp_path, records=100_000)
    # A lease of 5 s: what a killed process held is free soon.
    customer.environ |= {"MAX_RECORDS_PER_SECOND": "15000", "TIMEOUT_SECONDS": "90"}
    with customer.start(path, "--to", "mixpanel", "--yes") as started:
        deadline = time.monotonic() + 60
        while project.state()["accepted"] < 30_000:
            assert started.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        started.send_signal(number)
        started.communicate()
    assert started.returncode == code
    assert project.state()["accepted"] < 100_000
    text = customer.run(path, "--to", "mixpanel", "--yes")
    assert "It adds up." in text
    assert number_in(text, "accepted") == generated.lines - generated.flawed
    assert project.state()["deduplicated"] == generated.shows + generated.refused
    assert project.state()["accepted"] < 200_000


def test_a_wrong_token_is_told_and_put_right(customer: User, project: Simulator) -> None:
    """It ends at once, says what to fix, and nothing is rejected."""
    customer.environ["MIXPANEL_TOKEN"] = "mistyped"
    text = customer.run(ECOM, "--to", "mixpanel", "--yes", code=1)
    assert "credentials.refused" in text
    assert "only you can put that right" in text
    assert project.state()["accepted"] == 0
    customer.environ["MIXPANEL_TOKEN"] = TOKEN
    customer.run(ECOM, "--to", "mixpanel", "--yes")
    assert project.state()["deduplicated"] == 31_076


def test_no_project_is_told(user: User) -> None:
    text = user.run(ECOM, "--to", "mixpanel", code=1)
    assert "set MIXPANEL_TOKEN, or MIXPANEL_SERVICE_ACCOUNT" in text


def test_too_many_flaws_send_nothing(user: User, tmp_path: Path) -> None:
    (tmp_path / "bad.ndjson").write_text('{"event":"a","properties":{"time":1700000000}}\nno\n')
    text = user.run(tmp_path / "bad.ndjson", code=3)
    assert "Nothing was sent" in text
    text = user.run(tmp_path / "bad.ndjson", "--max-rejected", "100%")
    assert (number_in(text, "accepted"), number_in(text, "rejected before upload")) == (1, 1)
