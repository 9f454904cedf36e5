"""The worker process stays small: bounded by what is under way, not by what there is to import."""

import base64
import gzip
import json
import random
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from local.stack import Stack, stack
from tests.end_to_end.chunks import all_are, deliver_at_once, record, send_ready, upload, wait_until

MEGABYTE = 1_000_000
PADDING = "x" * 230

pytestmark = pytest.mark.slow


def usual(count: int, first: int = 0) -> list[bytes]:
    """380 bytes each."""
    return [record(first + number, padding=PADDING) for number in range(count)]


def large_and_dense(count: int) -> list[bytes]:
    """Near 900 KB each, in strings that don't compress: the most that a batch can weigh."""
    dense = [base64.b64encode(random.Random(n).randbytes(8_000)).decode() for n in range(60)]
    return [
        json.dumps({**json.loads(record(n)), "properties": _filled(json.loads(record(n)), dense, n)}).encode()
        for n in range(count)
    ]


def _filled(content: dict[str, dict[str, object]], dense: list[str], number: int) -> dict[str, object]:
    return {**content["properties"], **{f"p{at}": dense[at] + str(number) for at in range(60)}}


def worker_peak_megabytes(up: Stack) -> float:
    """The most that the process which handles the requests ever had resident (VmHWM)."""
    workers = psutil.Process(up.function.process.popen.pid).children(recursive=True)
    peaks = [_peak_kilobytes(worker.pid) for worker in workers]
    return max(peaks) / 1000


def _peak_kilobytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return float(status.split("VmHWM:")[1].split()[0]) * 1.024


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(lambda: send_ready(usual(300_000), 2_000), id="send-ready"),
        pytest.param(lambda: b"\n".join(usual(300_000)), id="plain"),
        pytest.param(lambda: gzip.compress(b"\n".join(usual(300_000)), 1), id="gzip"),
        pytest.param(lambda: b"\n".join(large_and_dense(150)), id="large-and-dense"),
        pytest.param(lambda: gzip.compress(usual(1)[0] + b"\n" + bytes(60 * MEGABYTE), 1), id="bomb"),
        pytest.param(lambda: b"not json\n" * 3_000_000 + usual(1)[0], id="rejections"),
    ],
)
def test_one_invocation_under_150_megabytes(tmp_path: Path, content: Callable[[], bytes]) -> None:
    """Whatever the object holds: the limits of Mixpanel's rate are off, so that memory is all that bounds."""
    knobs = {"MAX_RECORDS_PER_SECOND": "0", "MAX_MEGABYTES_PER_MINUTE": "0"}
    switches = {"records_per_second": 0, "megabytes_per_minute": 0}
    with stack(tmp_path, environ=knobs, switches=switches) as up:
        upload(up, {"export.ndjson": content()})
        wait_until(up, lambda: all_are(up, "done", 1) or all_are(up, "refused", 1), seconds=240)
        assert worker_peak_megabytes(up) < 150


def test_32_admitted_and_6_at_work_under_512_megabytes(tmp_path: Path) -> None:
    """32 requests under way at the same time, every second chunk as heavy as it can be."""
    knobs = {"MAX_RECORDS_PER_SECOND": "0", "MAX_MEGABYTES_PER_MINUTE": "0"}
    switches = {"records_per_second": 0, "megabytes_per_minute": 0}
    heavy, light = b"\n".join(large_and_dense(40)), gzip.compress(b"\n".join(usual(20_000)), 1)
    with stack(tmp_path, environ=knobs, switches=switches) as up:
        contents = {f"export-{number:02}": heavy if number % 2 else light for number in range(32)}
        assert deliver_at_once(up, contents) == [200] * 32
        assert all_are(up, "done", 32)
        assert worker_peak_megabytes(up) < 512
