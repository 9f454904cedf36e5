"""One field, one environment variable, one row of the README, one default."""

import dataclasses
from pathlib import Path

from function.config import Config

README = Path(__file__).parent.parent / "README.md"


def rows() -> dict[str, tuple[str, str]]:
    """Variable → default and allowed values, as the README's table has them."""
    table = README.read_text().split("## Knobs")[1].split("## ")[0]
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in table.splitlines()
        if line.startswith("| `")
    ]
    return {variable.strip("`"): (default, allowed) for variable, default, allowed, _ in cells}


def test_readme_and_config_have_the_same_knobs() -> None:
    """Variables, defaults and ranges: whatever is said of a knob is said once, or held equal here."""
    fields = {
        field.metadata["variable"]: (str(field.default), field.metadata["allowed"])
        for field in dataclasses.fields(Config)
    }
    assert rows() == fields
