"""What is deployed, and nothing else, boots and imports."""

import shutil
from pathlib import Path

import pytest

from local.stack import stack
from tests.end_to_end.chunks import all_are, record, send_ready, upload, wait_until

ROOT = Path(__file__).parent.parent


@pytest.mark.slow
def test_exactly_the_deployed_files_import_a_chunk(tmp_path: Path) -> None:
    """function/*.py at the root of a folder of their own, beside the root requirements.txt."""
    deployed = tmp_path / "deployed"
    deployed.mkdir()
    for file in [*(ROOT / "function").glob("*.py"), ROOT / "requirements.txt"]:
        shutil.copy(file, deployed)
    with stack(tmp_path / "stack", source=deployed / "main.py") as up:
        upload(up, {"export.ndjson.gz": send_ready([record(number) for number in range(1_000)])})
        wait_until(up, lambda: all_are(up, "done", 1))
        sources = {line["logging.googleapis.com/sourceLocation"]["file"] for line in up.function.log_lines()}
        assert str(deployed / "chunk_log.py") in sources
        assert not any(source.startswith(str(ROOT / "function")) for source in sources)
