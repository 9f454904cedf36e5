"""What may import what, and that each program has one door to Google Cloud Storage."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent


def imports_of(file: Path) -> Iterator[tuple[int, str]]:
    """Level and name: (0, "google.cloud.storage") is absolute, (1, "errors") relative."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from ((0, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.level, node.module or ""
            yield from ((node.level, f"{node.module}.{alias.name}") for alias in node.names)


def test_imports_point_one_way() -> None:
    """The contracts of pyproject.toml hold."""
    lint = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    run = subprocess.run(lint, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_function_imports_itself_by_relative_imports_alone() -> None:
    """In the cloud its modules stand at the root of a zip, under no name of a package of ours."""
    for file in (ROOT / "function").glob("*.py"):
        absolute = {name.split(".")[0] for level, name in imports_of(file) if level == 0}
        assert not absolute & {"function", "partitioner", "local"}, file


def test_google_cloud_storage_has_one_door_in_each_program() -> None:
    """Whoever else needs the bucket goes through storage.py."""
    files = [
        file for program in ("function", "partitioner", "local") for file in (ROOT / program).rglob("*.py")
    ]
    with_client = {
        str(file.relative_to(ROOT))
        for file in files
        if any(level == 0 and name.startswith("google.cloud.storage") for level, name in imports_of(file))
    }
    assert with_client == {"function/storage.py", "partitioner/storage.py"}
