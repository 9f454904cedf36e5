"""What is deployed, and nothing else, boots and imports."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from local.stack import STATE_BUCKET, stack
from tests.end_to_end.chunks import all_are, record, send_ready, upload, wait_until
from tests.terraform.applied import applied

ROOT = Path(__file__).parent.parent


@pytest.mark.slow
def test_the_deployed_zip_imports_a_chunk_with_what_terraform_sets(tmp_path: Path) -> None:
    """Terraform's own list of files, its requirements alone, and the environment of the function it makes.

    Not as in the cloud: where Mixpanel and the buckets are, and the text of the secret.
    """
    state = applied().state
    deployed, python = tmp_path / "deployed", tmp_path / "venv" / "bin" / "python"
    build_zip(state["data.archive_file.source"]["source"], tmp_path / "source.zip", deployed)
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    pip: list[str | Path] = [python, "-m", "pip", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--quiet", "-r", deployed / "requirements.txt"], check=True)
    subprocess.run([*pip, "check"], check=True)

    service = state["google_cloudfunctions2_function.importer"]["service_config"][0]
    environ = {
        **service["environment_variables"],
        "FUNCTION_SIGNATURE_TYPE": "http",  # what Google sets for a function without a trigger of its own
        "STATE_BUCKET": STATE_BUCKET,
    }
    with stack(tmp_path / "stack", environ=environ, source=deployed / "main.py", python=str(python)) as up:
        upload(up, {"export.ndjson.gz": send_ready([record(number) for number in range(1_000)])})
        wait_until(up, lambda: all_are(up, "done", 1))
        lines = up.function.log_lines()
    sources = {line["logging.googleapis.com/sourceLocation"]["file"] for line in lines}
    assert str(deployed / "chunk_log.py") in sources
    assert not any(source.startswith(str(ROOT / "function")) for source in sources)


def build_zip(files: list[dict[str, str]], target: Path, folder: Path) -> None:
    """As the archive provider does, and unpacked as the build does."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.writestr(file["filename"], file["content"])
    with zipfile.ZipFile(target) as archive:
        archive.extractall(folder)
