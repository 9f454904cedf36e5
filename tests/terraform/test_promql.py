"""The subset of PromQL that alerts and dashboard are tried with."""

import pytest

from tests.terraform.promql import NotKnown, Selector, Series, evaluate, fires, selectors

SERIES = [
    Series("lines", {"kind": "a"}, [(60, 1), (120, 2), (600, 4)]),
    Series("lines", {"kind": "b"}, [(600, 8)]),
    Series("age", {"name": "one"}, [(540, 50), (600, 70)]),
    Series("age", {"name": "two"}, [(600, 60)]),
]
NONE: frozenset[tuple[str, str]] = frozenset()


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("sum(sum_over_time(lines[1h]))", 15),
        ("sum(sum_over_time(lines[5m]))", 12),
        ('sum(sum_over_time(lines{kind="a"}[1h]))', 7),
        ('sum(sum_over_time(lines{kind=~"a|c"}[1h]))', 7),
        ("max(age)", 70),
        ("max(age) > 69", 70),
        ("(sum(sum_over_time(lines[1h])) + max(age)) / 5", 17),
        ("max(age) or vector(0)", 70),
        ("max(absent) or vector(0)", 0),
        ("max(age) unless max(absent)", 70),
        ("max(age) > 69 unless sum(sum_over_time(lines[1h])) > 15", 70),
    ],
)
def test_yields_one_value(query: str, value: float) -> None:
    """At 600 s."""
    assert evaluate(query, SERIES, 600) == {NONE: value}


@pytest.mark.parametrize(
    "query",
    [
        "max(age) > 70",
        "sum(sum_over_time(absent[1h])) > 0",
        'sum(sum_over_time(lines{kind="c"}[1h]))',
        "max(age) unless sum(sum_over_time(lines[1h])) > 14",
        "sum(sum_over_time(lines[1h])) / max(absent)",
    ],
)
def test_yields_nothing(query: str) -> None:
    """What is not met, and what has no data: an alert would be closed."""
    assert evaluate(query, SERIES, 600) == {}


def test_groups() -> None:
    """A value for each value of the label."""
    by_kind = evaluate("sum by (kind) (sum_over_time(lines[1h]))", SERIES, 600)
    assert by_kind == {frozenset({("kind", "a")}): 7, frozenset({("kind", "b")}): 8}


def test_a_window_ends_and_begins() -> None:
    """A point counts from its own second on, until the window has passed it."""
    query = 'sum(sum_over_time(lines{kind="b"}[1h])) > 0'
    assert [fires(query, SERIES, at) for at in (599, 600, 600 + 3599, 600 + 3600)] == [
        False,
        True,
        True,
        False,
    ]


def test_a_duration_has_to_be_filled() -> None:
    """Met at 540 s and at 600 s: for one minute, not for two."""
    assert fires("max(age) > 40", SERIES, 600, duration_seconds=60)
    assert not fires("max(age) > 40", SERIES, 600, duration_seconds=120)


def test_selectors_of_a_query() -> None:
    assert selectors('max(age{name="one"}) > 5 unless sum(sum_over_time(lines[5m])) > 0') == [
        Selector("age", {"name": "one"}, 0),
        Selector("lines", {}, 300),
    ]


@pytest.mark.parametrize(
    "query",
    [
        "sum(rate(lines[5m]))",
        "avg(age)",
        "max(age) < 5",
        "max(age offset 5m)",
        'max(age{name!="one"})',
        "max without (name) (age)",
        "5",
    ],
)
def test_what_is_not_known_raises(query: str) -> None:
    """Nothing is guessed at."""
    with pytest.raises(NotKnown):
        evaluate(query, SERIES, 600)


def test_what_is_no_promql_raises() -> None:
    with pytest.raises(ValueError, match="unclosed"):
        evaluate("sum(sum_over_time(lines[1h])", SERIES, 600)
