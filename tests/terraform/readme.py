"""The README's tables."""

from pathlib import Path

README = Path(__file__).parents[2] / "README.md"


def rows_of(heading: str) -> list[list[str]]:
    """The cells of the table under that heading, without its head."""
    lines = README.read_text().splitlines()
    begin = next(number for number, line in enumerate(lines) if line.lstrip("#") == f" {heading}")
    table = [line for line in _until_heading(lines[begin + 1 :]) if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[2:]]


def _until_heading(lines: list[str]) -> list[str]:
    end = next((number for number, line in enumerate(lines) if line.startswith("#")), len(lines))
    return lines[:end]
