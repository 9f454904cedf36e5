"""Memory stays bounded whatever the names and values of an export."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.exports import TIME_SECONDS

MAX_RSS_MB = 300
MEASURE = """
import resource, subprocess, sys
code = subprocess.run([sys.executable, "-m", "partitioner", "check", *sys.argv[1:]]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
sys.exit(code)
"""


def line(number: int) -> str:
    """Names of its own, and values that never come twice."""
    properties = {
        "time": TIME_SECONDS + number * 1_000,
        "distinct_id": f"user-{number:>40}",
        **{f"p{number * 3 + each}": f"{number}-{each}" * 20 for each in range(3)},
        **{f"same-{each}": f"{number}:{each}" for each in range(10)},
    }
    return json.dumps({"event": f"event {number}", "properties": properties})


@pytest.mark.slow
def test_an_export_of_names_that_never_come_twice(tmp_path: Path) -> None:
    """60,000 events, 180,000 properties, 60,000 ids: of the largest process."""
    export = tmp_path / "export.ndjson"
    export.write_text("\n".join(map(line, range(60_000))))
    command = [sys.executable, "-c", MEASURE, str(export), "--all", "--quiet", "--no-plan"]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert 20 < int(ran.stdout) < MAX_RSS_MB
