"""Personal data in values: e-mail, telephone and card numbers, IP addresses.

Sources: card numbers' check digit and first digits, ISO/IEC 7812-1 (Luhn; issuers' ranges as of 2026-08);
telephone numbers, the package phonenumbers (Google's libphonenumber).
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from ipaddress import ip_address

import phonenumbers

EMAIL, PHONE, CARD, IP = "e-mail addresses", "telephone numbers", "card numbers", "IP addresses"

_EMAIL = re.compile(r"[\w.+%-]{1,64}@(?:[\w-]{1,63}\.){1,8}[A-Za-z]{2,24}\b")
_IPV4 = re.compile(r"(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\w.])")
_IPV6 = re.compile(r"[0-9A-Fa-f:]{2,32}:[0-9A-Fa-f:.]{1,15}")
# With its country in front, or as the United States write theirs: other digits may be anything.
_PHONE = re.compile(
    r"(?<![\w+])\+\d[\d ().\-/]{6,18}\d(?!\w)|(?<![\w.-])(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}(?![\w.-])"
)
_PHONE_SIGNS = "+ .-("
_CARD = re.compile(r"(?<![\w.+-])(?:\d[ -]?){12,18}\d(?![\w.-])")
_ISSUED = re.compile(r"4|5[1-5]|2[2-7]|3[47]|3[068]|35|6011|64[4-9]|65|62")
_CARD_DIGITS = range(13, 20)

# A telephone number takes 40 µs: of the different ones of a column, so many are looked at in each piece.
_MAX_PHONES = 50


def found_in(texts: Counter[str]) -> dict[str, int]:
    """How many of the values (each as often as it stands there) hold what.

    All together are looked through first, since most columns hold none.
    """
    together = "\n".join(texts)
    found = {
        EMAIL: sum(_each(texts, _EMAIL)) if "@" in together else 0,
        IP: sum(_each(texts, _IPV4, _is_ip_address)) if "." in together and _IPV4.search(together) else 0,
        PHONE: _phones(texts) if _may_have_phones(together) else 0,
        CARD: _cards(texts) if _CARD.search(together) else 0,
    }
    if together.count(":") > 1:
        found[IP] += sum(count for text, count in texts.items() if _is_ipv6(text))
    return {kind: count for kind, count in found.items() if count}


def looks_personal(text: str) -> bool:
    """Whether a single text should not be shown."""
    return bool(found_in(Counter((text,))))


def _each(
    texts: Counter[str], pattern: re.Pattern[str], is_one: Callable[[str], bool] = lambda _: True
) -> Iterator[int]:
    return (
        count for text, count in texts.items() if any(is_one(match[0]) for match in pattern.finditer(text))
    )


def _is_ip_address(text: str) -> bool:
    """0.0.0.0 and 127.0.0.1 are nobody's, and 1.2.0.0 is mostly a version."""
    return not text.endswith(".0.0") and not ip_address(text).is_loopback


def _is_ipv6(text: str) -> bool:
    if text.count(":") < 2 or not _IPV6.fullmatch(text):
        return False
    try:
        return ip_address(text).version == 6 and len(text) > 4
    except ValueError:
        return False


def _may_have_phones(together: str) -> bool:
    return any(sign in together for sign in _PHONE_SIGNS) and _PHONE.search(together) is not None


def _phones(texts: Counter[str]) -> int:
    """Where there are many, as many as the share of those that were looked at."""
    candidates = [(match[0], count) for text, count in texts.items() if (match := _PHONE.search(text))]
    some = candidates[:_MAX_PHONES]
    valid = sum(count for text, count in some if _is_phone(text))
    all_of_them, looked_at = sum(count for _, count in candidates), sum(count for _, count in some)
    return round(valid * all_of_them / looked_at)


def _is_phone(text: str) -> bool:
    try:
        number = phonenumbers.parse(text, None if text.startswith("+") else "US")
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_valid_number(number)


def _cards(texts: Counter[str]) -> int:
    """Of any other numbers of that length, one in ten has the right last digit: then none are cards."""
    candidates = valid = 0
    for text, count in texts.items():
        for match in _CARD.finditer(text):
            digits = re.sub(r"\D", "", match[0])
            if len(digits) in _CARD_DIGITS and _ISSUED.match(digits):
                candidates += count
                valid += count if _has_check_digit(digits) else 0
    return valid if 2 * valid >= candidates else 0


def _has_check_digit(digits: str) -> bool:
    """Luhn's."""
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0
