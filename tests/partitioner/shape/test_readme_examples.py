"""What the README shows of mappings and presets can be pasted, and does what it says."""

import re
import shlex
from itertools import pairwise
from pathlib import Path
from textwrap import dedent

import pytest

from partitioner.shape.mapping import Mapping
from partitioner.shape.mapping_file import read_mapping_file
from partitioner.shape.options import shape_of
from partitioner.shape.preset import load_preset
from partitioner.shape.rows import Aside, Row, Unusable

README = (Path(__file__).parents[3] / "README.md").read_text()
SECTION = README.split("## Your own columns\n")[1].split("\n## ")[0]


def example(first_line: str) -> str:
    """An indented block, by how it begins."""
    blocks = re.findall(r"(?:^    .*\n|^\n(?=    ))+", SECTION, re.MULTILINE)
    return next(text for text in map(dedent, blocks) if text.lstrip().startswith(first_line))


def test_the_command() -> None:
    """Its maps make a record of a row of such a shop."""
    words = shlex.split(example("python -m partitioner split"))
    maps = tuple(word for flag, word in pairwise(words) if flag == "--map")
    transform = shape_of(maps, None, None, words[words.index("--timezone") + 1], ()).transform()
    row: Row = {"action": "buy", "created_at": "2024-03-13 11:21:14", "customer": {"id": 7}, "price": 1}
    assert transform is not None
    assert transform(row) == {
        "event": "buy",
        "properties": {"time": 1710325274, "distinct_id": 7, "source": "shop", "price": 1},
    }


def test_the_mapping_file(tmp_path: Path) -> None:
    """Every table and key that there is, each in use."""
    file = tmp_path / "mapping.toml"
    file.write_text(example("timezone ="))
    mapping = read_mapping_file(file)
    assert len(mapping.targets) == 5
    assert all(getattr(mapping, name) for name in Mapping.__struct_fields__)


def test_the_preset(tmp_path: Path) -> None:
    """A record, an aside, and a row that is refused."""
    file = tmp_path / "mine.py"
    file.write_text(example("from partitioner.shape.rows import"))
    transform = load_preset(str(file)).transform
    row: Row = {"kind": "buy", "at": 1710325274000, "user": 7, "price": 1}
    record = {"event": "buy", "properties": {"time": 1710325274, "distinct_id": 7, "price": 1}}
    assert (transform(row), row["at"]) == (record, 1710325274000)
    assert transform({"kind": "profile"}) == Aside("profile")
    with pytest.raises(Unusable, match="a row without a user"):
        transform({"kind": "buy"})
