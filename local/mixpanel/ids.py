"""distinct_id and $insert_id: what they may be, and which user a record is of.

Source: https://docs.mixpanel.com/reference/import-events (2026-08), but for what is said at a function. Words
are the simulator's own where they are not quoted there.
"""

import hashlib
import json
import re
from typing import Any

from .flaws import invalid
from .switches import Switches

FORBIDDEN_IDS = frozenset({
    "00000000-0000-0000-0000-000000000000", "anon", "anonymous", "nil", "none", "null", "n/a", "na",
    "undefined", "unknown", "<nil>", "0", "-1", "true", "false", "[]", "{}",
})  # fmt: skip
# lmy47d (a phone's build number) is mixpanel-import's alone; it compares all of them in any case.
FORBIDDEN_ANY_CASE = FORBIDDEN_IDS | {"lmy47d"}
INSERT_ID = re.compile(r"[A-Za-z0-9-]{1,36}")
INSERT_ID_OWN_WORDS = "must be at most 36 bytes of letters, digits and '-'"


def text_of(value: Any) -> str | None:
    """An id's text; None where there is none."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"))


def is_forbidden(text: str, switches: Switches) -> bool:
    if switches.forbidden_ids == "any-case":
        return text.lower() in FORBIDDEN_ANY_CASE
    return text in FORBIDDEN_IDS


def distinct_id_of(properties: dict[str, Any], switches: Switches, peer: str) -> str:
    value = properties.get("distinct_id")
    if value is None:
        if switches.distinct_id_absent == "refused":
            raise invalid("properties.distinct_id", "must not be missing")
        return derived_id(peer) if switches.distinct_id_absent == "derived" else ""
    if not isinstance(value, str) and switches.id_types == "text":
        raise invalid("properties.distinct_id", "must be a string")  # own words
    text = text_of(value) or ""
    if is_forbidden(text, switches):
        raise invalid("properties.distinct_id", f"must not be {json.dumps(text)}")  # own words
    return text


def insert_id_of(properties: dict[str, Any], switches: Switches) -> str:
    value = properties.get("$insert_id")
    if value is None or value == "":
        if switches.insert_id_absent == "refused":
            raise invalid("properties.$insert_id", "must not be missing")
        return ""
    text = text_of(value) or ""
    wrong_type = not isinstance(value, str) and switches.id_types == "text"
    if wrong_type or not INSERT_ID.fullmatch(text) or is_forbidden(text, switches):
        raise invalid("properties.$insert_id", switches.insert_id_message or INSERT_ID_OWN_WORDS)
    return text


def derived_id(peer: str) -> str:
    """A user made of the caller's address: the same caller is the same user, another address another."""
    return hashlib.sha256(peer.encode()).hexdigest()[:32]


def effective_id(properties: dict[str, Any], distinct_id: str, switches: Switches) -> str:
    """Simplified merge puts the user's or the device's id in the distinct_id's place.

    Source: https://docs.mixpanel.com/docs/tracking-methods/id-management (2026-08).
    """
    if switches.identity == "simplified":
        user_id, device_id = properties.get("$user_id"), properties.get("$device_id")
        if user_id not in (None, ""):
            return text_of(user_id) or ""
        if device_id not in (None, ""):
            return f"$device:{text_of(device_id)}"
    return distinct_id
