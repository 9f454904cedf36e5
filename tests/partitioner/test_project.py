"""Where to look at what was imported."""

import pytest

from partitioner.project import events_page


@pytest.mark.parametrize(
    ("destination", "page"),
    [
        ("us-1234567", "https://mixpanel.com/project/1234567/app/events"),
        ("eu-42", "https://eu.mixpanel.com/project/42/app/events"),
        ("in-1234567", "https://in.mixpanel.com/project/1234567/app/events"),
        ("us-0123456789ab", "https://mixpanel.com: Events of the project whose token the function has"),
        ("eu-012345678901", "https://eu.mixpanel.com: Events of the project whose token the function has"),
        ("custom-1234567", "in Mixpanel, Events of the project that MIXPANEL_URL leads to"),
    ],
)
def test_a_destination_with_a_projects_number_is_a_link(destination: str, page: str) -> None:
    """One of a token is not, even where its 12 digits are decimal; nor is one behind a URL of its own."""
    assert events_page(destination) == page
