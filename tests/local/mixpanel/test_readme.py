"""The README tells the truth."""

from pathlib import Path

import pytest

import local.mixpanel
from local.mixpanel.admin import ROUTES
from local.mixpanel.faults import NAMES, OPTIONS
from local.mixpanel.switches import ALL, DEFAULTS

README = (Path(local.mixpanel.__file__).parent / "README.md").read_text()


def shown(value: object) -> str:
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`" if value not in ("", {}) else ""


@pytest.mark.parametrize("name", sorted(ALL))
def test_each_switch_has_its_row(name: str) -> None:
    """Name, default, every value it can have, and what it does."""
    (row,) = [line for line in README.splitlines() if line.startswith(f"| `{name}` |")]
    _, _, default, others, says, _ = row.split("|")
    assert default.strip() == shown(DEFAULTS[name])
    assert says.strip() == ALL[name].metadata["says"]
    allowed = ALL[name].metadata["allowed"]
    if isinstance(allowed, tuple):
        assert {default.strip(), *others.split()} == {shown(each) for each in allowed}


def test_each_fault_option_and_route_is_there() -> None:
    """No fault, option or request of the API is left out."""
    for name in NAMES | OPTIONS:
        assert f"`{name}`" in README or f'"{name}"' in README or f"`{name}:" in README, name
    for _, path in ROUTES:
        assert f"/_simulator/{path}`" in README, path
