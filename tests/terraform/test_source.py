"""The deployed zip is named by what is in it."""

from pathlib import Path

import pytest

from tests.terraform.applied import REQUIRED, applied, copied, run

pytestmark = pytest.mark.slow


def zip_name(folder: Path) -> str:
    name: str = run(folder, REQUIRED).state["google_storage_bucket_object.source"]["name"]
    return name


def test_each_change_of_what_is_deployed_changes_the_name() -> None:
    """And so redeploys the function, which names its source."""
    names = [applied().state["google_storage_bucket_object.source"]["name"]]
    with copied() as folder:
        for file in ("function/main.py", "function/brand_new.py", "requirements.txt"):
            with (folder.parent / file).open("a") as deployed:
                deployed.write("# changed\n")
            names.append(zip_name(folder))
    assert len(set(names)) == 4


def test_what_is_not_deployed_changes_nothing() -> None:
    """Caches, tests and editors' files: a test run must not redeploy."""
    with copied() as folder:
        function = folder.parent / "function"
        (function / "__pycache__").mkdir()
        (function / "__pycache__" / "main.cpython-313.pyc").write_bytes(b"\0")
        (function / "tests").mkdir()
        (function / "tests" / "test_main.py").write_text("")
        (function / "main.py~").write_text("")
        (function / ".main.py.swp").write_text("")
        (folder.parent / "README.md").write_text("")
        assert zip_name(folder) == applied().state["google_storage_bucket_object.source"]["name"]
