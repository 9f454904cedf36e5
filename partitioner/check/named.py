"""What a property's name says of its values."""

import re

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+")

_NAMES = "names of people"
_PERSONAL = {
    _NAMES: (
        "first name", "last name", "full name", "middle name", "given name", "family name", "surname",
        "firstname", "lastname", "fullname", "user name", "username", "customer name", "display name",
        "nickname", "maiden name", "contact name", "recipient name",
    ),
    "e-mail addresses": ("email", "e mail", "mail address"),
    "telephone numbers": ("phone", "mobile number", "telephone", "tel", "msisdn", "cellphone", "fax"),
    "addresses": (
        "address", "street", "postcode", "postal code", "zip", "zipcode", "zip code", "house number",
    ),
    "dates of birth": ("birthday", "birthdate", "birth date", "date of birth", "dob"),
    "official numbers": (
        "ssn", "social security", "social security number", "passport", "passport number", "tax id",
        "national id", "driver license", "drivers license", "iban", "nin", "aadhaar", "cpf",
    ),
    "card numbers": ("card number", "credit card", "cardnumber", "pan", "cvv", "cvc"),
    "places of people": ("lat", "lng", "latitude", "longitude", "geo point", "coordinates"),
    "secrets": ("password", "passwd", "secret", "access token", "auth token", "api key"),
    "IP addresses": ("ip", "ip address", "client ip", "remote addr"),
}  # fmt: skip
# What is an address of something else.
_NOT_PERSONAL = ("mac address type", "address type", "phone model", "phone type", "phone brand", "email type")
_PROFILE = {"$name": _NAMES, "$avatar": "pictures of people"}

_TEXT = ("comment", "message", "review", "feedback", "note", "notes", "body", "bio", "search", "query",
         "description", "text", "answer", "question", "subject")  # fmt: skip


def words_of(name: str) -> list[str]:
    """`userEmail`, `user_email` and `User Email` are the same."""
    return [word.lower() for word in _WORDS.findall(name)]


def personal_kind(name: str) -> str:
    """What people's data its values are by the name, empty for none."""
    if name in _PROFILE:
        return _PROFILE[name]
    words = f" {' '.join(words_of(name))} "
    if any(f" {each} " in words for each in _NOT_PERSONAL):
        return ""
    for kind, names in _PERSONAL.items():
        if any(f" {each} " in words for each in names):
            return kind
    return ""


def may_be_written_by_users(name: str) -> bool:
    return bool(words_of(name)) and words_of(name)[-1] in _TEXT


def is_id(name: str) -> bool:
    return not {"id", "ids", "uuid", "guid", "key", "number", "no"}.isdisjoint(words_of(name))


def is_version(name: str) -> bool:
    """1.2.3.4 may be one."""
    return not {"version", "build", "release"}.isdisjoint(words_of(name))
