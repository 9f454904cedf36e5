"""The deployed zip is named by what is in it."""

from pathlib import Path

import pytest

from tests.terraform.applied import REQUIRED, copied, run

pytestmark = pytest.mark.slow


@pytest.fixture
def folder() -> object:
    with copied() as folder:
        yield folder


def zip_name(folder: Path) -> str:
    name: str = run(folder, REQUIRED).state["google_storage_bucket_object.source"]["name"]
    return name


@pytest.mark.parametrize("file", ["function/main.py", "function/records.py", "requirements.txt"])
def test_a_change_of_a_deployed_file_changes_the_name(folder: Path, file: str) -> None:
    """And so redeploys the function, which names its source."""
    before = zip_name(folder)
    with (folder.parent / file).open("a") as deployed:
        deployed.write("# changed\n")
    assert zip_name(folder) != before


def test_a_new_module_changes_the_name(folder: Path) -> None:
    before = zip_name(folder)
    (folder.parent / "function" / "brand_new.py").write_text("")
    assert zip_name(folder) != before


def test_what_is_not_deployed_changes_nothing(folder: Path) -> None:
    """Caches, tests and editors' files: a test run must not redeploy."""
    before = zip_name(folder)
    function = folder.parent / "function"
    (function / "__pycache__").mkdir()
    (function / "__pycache__" / "main.cpython-313.pyc").write_bytes(b"\0")
    (function / "tests").mkdir()
    (function / "tests" / "test_main.py").write_text("")
    (function / "main.py~").write_text("")
    (function / ".main.py.swp").write_text("")
    (folder.parent / "README.md").write_text("")
    assert zip_name(folder) == before
