"""JSON documents as somebody may have left them who edited one by hand."""

import copy
import json
from typing import Any

from hypothesis import strategies as st

_texts = st.text(max_size=8) | st.sampled_from(
    [
        "",
        "done",
        "importing",
        "2026-08-01T00:00:00Z",
        "9999-12-31T23:59:59.999999-14:00",
        "0001-01-01T00:00:00Z",
    ]
)
_numbers = st.one_of(
    st.integers(-3, 300),
    st.sampled_from([2**31, 2**32, 2**63 - 1, 2**63, 2**64, 10**30, -(2**63), 0.5, 1e308, -0.0]),
)
values = st.recursive(
    st.none() | st.booleans() | _numbers | _texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
    max_leaves=4,
)


@st.composite
def edited(draw: st.DrawFn, document: Any) -> Any:
    """Some places of it changed to other values, mostly of the same kind, or left out."""
    document = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 3))):
        holder, key = draw(st.sampled_from(list(_places(document)) or [(document, None)]))
        if key is None:
            return draw(values)
        if draw(st.integers(0, 4)) == 0:
            del holder[key]
        else:
            holder[key] = draw(_like(holder[key]) | values)
    return document


def _like(value: Any) -> st.SearchStrategy[Any]:
    if isinstance(value, bool):
        return st.booleans()
    if isinstance(value, int | float):
        return _numbers | st.integers(-40, 40).map(lambda more: int(value) + more)
    return _texts if isinstance(value, str) else values


def _places(document: Any) -> Any:
    if isinstance(document, dict | list):
        keys = document if isinstance(document, dict) else range(len(document))
        for key in keys:
            yield document, key
            yield from _places(document[key])


def as_bytes(document: Any) -> bytes:
    return json.dumps(document).encode("utf-8", "surrogatepass")
