"""What is shown of a value says its kind and not the value."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partitioner.check.mask import kept_example, masked, shown, shown_name
from partitioner.shape.rows import number


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("jane.doe@example.com", "j***@e***.com"),
        ("Jane", "J***"),
        ("", ""),
        (4111, "4***"),
        (number("1.50"), "1***"),
        (True, "true"),
        (None, "null"),
        ({"a": 1}, "{1 key}"),
        ([1, 2], "[2 elements]"),
        ("\x1b[31mred", "\ufffd***"),
    ],
)
def test_masked(value: Any, says: str) -> None:
    """Of an e-mail its first letters and its end, of lists and objects how long they are."""
    assert masked(value) == says


def test_shown_is_what_is_short_and_not_personal() -> None:
    """Names of events and properties too."""
    assert shown("iOS") == shown_name("iOS") == "iOS"
    assert shown("x" * 41) == "x***"
    assert shown("jane@example.com") == shown_name("jane@example.com") == "j***@e***.com"
    assert shown("a\nb\x1b") == "a\ufffdb\ufffd"


@given(st.text(min_size=3))
def test_nothing_but_the_first_character_of_a_text_is_left(text: str) -> None:
    """Whatever the text, and it fits on a line."""
    left = masked(text)
    assert left[1:] == "***" or "@" in text
    assert "\n" not in left


def test_little_of_a_value_is_carried_along() -> None:
    """Whatever its size."""
    large: list[Any] = ["x" * 10**6, [0] * 10**6, {str(each): 0 for each in range(10**4)}, 10**100]
    for value in large:
        assert len(str(kept_example(value))) < 5_000
