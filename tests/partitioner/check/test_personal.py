"""Personal data is found in values and by names, and what merely looks like it is not."""

from collections import Counter

import pytest

from partitioner.check.named import is_version, may_be_written_by_users, personal_kind, words_of
from partitioner.check.personal import CARD, EMAIL, IP, PHONE, found_in, looks_personal


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("jane.doe+x@example.co.uk", EMAIL),
        ("write to me: jane@example.com!", EMAIL),
        ("https://e.com/?mail=jane@example.com&x=1", EMAIL),
        ("+49 30 901820", PHONE),
        ("+14155552671", PHONE),
        ("call (415) 555-2671 now", PHONE),
        ("415-555-2671", PHONE),
        ("4111 1111 1111 1111", CARD),
        ("378282246310005", CARD),
        ("5555-5555-5555-4444", CARD),
        ("192.168.17.4", IP),
        ("from 8.8.8.8, 10.1.2.3", IP),
        ("2001:db8::8a2e:370:7334", IP),
        ("fe80:0:0:0:1:2:3:4", IP),
    ],
)
def test_is_found(text: str, kind: str) -> None:
    """Alone and within a text."""
    assert found_in(Counter({text: 7, "harmless": 2})) == {kind: 7}
    assert looks_personal(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@home",
        "a@b",
        "user@localhost",
        "2024-03-13 10:21:14",
        "2024-03-13T10:21:14.123456+02:00",
        "10:21:14",
        "1710325274123",
        "4111 1111 1111 1112",
        "1234567890123456",
        "120.0.6099.109",
        "127.0.0.1",
        "1.2.0.0",
        "123e4567-e89b-12d3-a456-426614174000",
        "sess_000001",
        "+1",
        "+000000000000",
        "a::b",
        "std::string",
        "::1",
        "0x1f",
    ],
)
def test_is_not_found(text: str) -> None:
    """Dates, versions, ids and numbers with another last digit are no personal data."""
    assert found_in(Counter((text,))) == {}


def test_ids_of_a_cards_length_are_no_cards() -> None:
    """One in ten has the right last digit by chance."""
    ids = Counter(str(4_000_000_000_000_000 + 7_919 * number) for number in range(500))
    assert found_in(ids) == {}


def test_many_telephone_numbers_are_counted_from_some() -> None:
    """Looking at each takes long; the share of those looked at stands for all."""
    numbers = Counter(f"+1415555{number:04}" for number in range(2_000, 3_000))
    assert found_in(numbers) == {PHONE: 1_000}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("firstName", "names of people"),
        ("First Name", "names of people"),
        ("$last_name", "names of people"),
        ("$name", "names of people"),
        ("userEmail", "e-mail addresses"),
        ("shipping_address_1", "addresses"),
        ("SSN", "official numbers"),
        ("customerSSN", "official numbers"),
        ("date_of_birth", "dates of birth"),
        ("mobilePhone", "telephone numbers"),
        ("client_ip", "IP addresses"),
        ("password", "secrets"),
        ("name", ""),
        ("product_name", ""),
        ("zipped", ""),
        ("shipping", ""),
        ("description", ""),
        ("phone_model", ""),
        ("platform", ""),
        ("", ""),
    ],
)
def test_a_name_says_what_the_values_are(name: str, kind: str) -> None:
    """However it is written; parts of words don't count."""
    assert personal_kind(name) == kind


def test_words_of_names() -> None:
    """Of camels and snakes."""
    assert words_of("HTTPServerName2_ok") == ["http", "server", "name", "2", "ok"]
    assert is_version("appVersion")
    assert may_be_written_by_users("user_comment")
    assert not may_be_written_by_users("comment_id")
