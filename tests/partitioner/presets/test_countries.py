"""Countries' codes by the names that exports have."""

import pytest

from partitioner.presets._countries import _CODES, code_of


@pytest.mark.parametrize(
    ("country", "code"),
    [
        ("Germany", "DE"),
        ("de", "DE"),
        ("UK", "GB"),
        ("Côte d\u2019Ivoire", "CI"),
        ("Trinidad & Tobago", "TT"),
        ("The Bahamas", "BS"),
        ("Myanmar (Burma)", "MM"),
        ("Congo - Kinshasa", "CD"),
        ("Türkiye", "TR"),
        ("St. Lucia", "LC"),
        ("(not set)", ""),
        ("", ""),
        ("??", ""),
        ("Atlantis", ""),
    ],
)
def test_a_name_or_a_code_becomes_the_code(country: str, code: str) -> None:
    assert code_of(country) == code


def test_each_name_is_one_that_can_be_found() -> None:
    """In the form that a name is brought into before it is looked up."""
    assert len(_CODES) > 250
    assert all(code_of(name) == code and code.isupper() and len(code) == 2 for name, code in _CODES.items())
