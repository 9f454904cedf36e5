"""A vendor's fixture and preset, as its test needs them."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from function.identity import is_valid_id
from function.records import check, flaw_of
from partitioner.presets._reserved import DEFAULT, WORKING
from partitioner.shape.rows import Record, Row, decode_row, encode_row, number
from partitioner.shape.shaping import Shaped, shape

DATA = Path(__file__).parents[2] / "data" / "presets"
NOW = 1_790_000_000

_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.builds(number, st.sampled_from(["1.10", "-0.0", "1e400", "0.1000000000000000000001"])),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


def own_properties(*names: str) -> st.SearchStrategy[Row]:
    """Properties that a customer may give an event, among them names that ours might collide with."""
    known = sorted(DEFAULT | WORKING | set(names))
    return st.dictionaries(st.sampled_from(known) | st.text(max_size=4), _values, max_size=6)


def rows_of(name: str) -> list[Row]:
    return [decode_row(line) for line in (DATA / name / "input.ndjson").read_bytes().splitlines()]


def transform_of(name: str) -> Callable[[Row], Any]:
    transform: Callable[[Row], Any] = import_module(f"partitioner.presets.{name}").transform
    return transform


def record_of(name: str, row: Row) -> Record:
    """Of a row that holds one record."""
    result = transform_of(name)(row)
    record: Record = result[0] if isinstance(result, list) else result
    return record


def shows_golden(name: str, rows: Sequence[Row], golden: str = "golden.ndjson") -> Shaped:
    """Asserts that the rows become what is in the golden file, the same each time, and stay as they are."""
    before = list(map(encode_row, rows))
    shaped = shape(rows, transform_of(name))
    assert shaped.lines == (DATA / name / golden).read_bytes().splitlines()
    assert shaped.flaws == []
    assert list(map(encode_row, rows)) == before
    return shaped


def shows_asides(name: str, shaped: Shaped) -> None:
    kinds = Counter(kind for _, kind in shaped.asides)
    assert kinds == json.loads((DATA / name / "asides.json").read_text())


def shows_acceptance(shaped: Shaped) -> None:
    """Asserts that Mixpanel's rules hold for each record, with an id of its own that mending leaves alone."""
    checked = check(shaped.lines, NOW)
    assert checked.flaws == []
    assert [flaw_of(line, NOW) for line in checked.lines] == [None] * len(shaped.lines)
    assert all(map(is_valid_id, checked.heads.insert_ids))
    heads = checked.heads
    assert len({*zip(heads.events, heads.insert_ids, strict=True)}) == len(checked.lines) > 1
    assert check(checked.lines, NOW).lines == checked.lines


def shows_own(properties: Row, own: Row, inside: str) -> None:
    """Asserts that each is a property with its value; those whose names work on Mixpanel are moved."""
    for name, value in own.items():
        there = name
        if name in WORKING:
            there = f"{inside}.{name}"
            while there in own:
                there = f"{inside}.{there}"
        assert properties[there] is value, name
