"""The simulator is a product of its own."""

import ast
import sys
from pathlib import Path

import pytest

import local.mixpanel

FOLDER = Path(local.mixpanel.__file__).parent
ALLOWED = {"click", "msgspec", "isal"}


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.name)
def test_imports_nothing_of_ours(path: Path) -> None:
    """Its rules are its own: else a mistake in the importer's would be hidden by the same mistake here."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            roots = [alias.name.partition(".")[0] for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level <= 1, f"line {node.lineno} reaches outside the package"
            roots = [] if node.level else [(node.module or "").partition(".")[0]]
        else:
            continue
        for root in roots:
            assert root in ALLOWED or root in sys.stdlib_module_names, f"line {node.lineno} imports {root}"
