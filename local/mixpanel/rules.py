"""What Mixpanel asks of one record, rule by rule. The fast path over whole batches is in batches.py.

Source of rules and quoted words: https://docs.mixpanel.com/reference/import-events (2026-08); words seen live
by others are Segment's and mixpanel-import's. Words without a source are the simulator's own and say so.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

import msgspec

from .switches import Switches

EARLIEST_SECONDS = 31_536_000  # 1971-01-01
FUTURE_SECONDS = 3_600
DAY_SECONDS = 86_400

FORBIDDEN_IDS = frozenset({
    "00000000-0000-0000-0000-000000000000", "anon", "anonymous", "nil", "none", "null", "n/a", "na",
    "undefined", "unknown", "<nil>", "0", "-1", "true", "false", "[]", "{}",
})  # fmt: skip
# lmy47d (a phone's build number) is mixpanel-import's alone; it compares all of them in any case.
FORBIDDEN_ANY_CASE = FORBIDDEN_IDS | {"lmy47d"}
IDENTITY_EVENTS = frozenset({"$identify", "$create_alias", "$merge"})
INSERT_ID = re.compile(r"[A-Za-z0-9-]{1,36}")

MISSING_EVENT = "'event' must not be missing or blank"
IDENTITY_REFUSED = "identity events are not allowed when project is using simplified identity management"
INSERT_ID_OWN_WORDS = "must be at most 36 bytes of letters, digits and '-'"


@dataclass(frozen=True, slots=True)
class Failure:
    """One of failed_records. `index` counts the request's records from 0."""

    index: int
    insert_id: str
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Seen:
    """An accepted record as deduplication sees it: ids in effect, time in seconds after overwriting.

    `insert_id` is "" where one is generated; `gone`: accepted but not kept; `placed`: it says itself where it
    is from.
    """

    event: str
    time_seconds: int
    distinct_id: str
    insert_id: str
    gone: bool
    placed: bool


class Flawed(Exception):  # noqa: N818 (never leaves judge_record)
    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name, self.message = name, message


def invalid(name: str, reason: str) -> Flawed:
    return Flawed(name, f"'{name}' is invalid: {reason}")


def judge_record(
    line: bytes, index: int, switches: Switches, now_seconds: float, peer: str
) -> Seen | Failure:
    """The verdict on one record, its bytes as sent."""
    insert_id = ""
    try:
        content = read_record(line, switches)
        properties = content.get("properties")
        if isinstance(properties, dict):
            insert_id = text_of(properties.get("$insert_id")) or ""
        return judge_content(content, line, switches, now_seconds, peer)
    except Flawed as flaw:
        return Failure(index, insert_id, flaw.name, flaw.message)


def read_record(line: bytes, switches: Switches) -> dict[str, Any]:
    if len(line) >= switches.record_bytes:
        raise Flawed("", f"event must be smaller than {switches.record_bytes} bytes of JSON")  # own words
    try:
        content = parse(line)
    except UnicodeDecodeError as error:
        raise not_utf8(line) from error
    except (ValueError, RecursionError) as error:
        raise Flawed("", "event must be properly formatted JSON") from error  # own words
    if not isinstance(content, dict):
        raise Flawed("", "event must be a JSON object")  # own words
    return content


def parse(line: bytes) -> Any:
    """Any JSON text, and lone surrogates too, which Go reads as U+FFFD. Raises ValueError, RecursionError."""
    text = line.decode()
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return json.loads(text, parse_constant=no_constant, parse_int=exact_int)


def no_constant(name: str) -> Any:
    raise ValueError(name)


def exact_int(digits: str) -> int | float:
    return int(digits) if len(digits) < 4_000 else float(digits)


def not_utf8(line: bytes) -> Flawed:
    """Names the property whose text is no UTF-8; the words are the documented ones."""
    try:
        content = json.loads(
            line.decode(errors="surrogateescape"), parse_constant=no_constant, parse_int=exact_int
        )
    except (ValueError, RecursionError):
        return Flawed("", "event must be properly formatted JSON")
    for name, value in content.items() if isinstance(content, dict) else ():
        if name == "properties" and isinstance(value, dict):
            for key, inner in value.items():
                if has_bad_text(key) or has_bad_text(inner):
                    shown = key.encode(errors="surrogateescape").decode(errors="replace")
                    return Flawed(
                        f"properties.{shown}", f"properties.{shown} is invalid: string should be valid utf8"
                    )
    return Flawed("event", "event is invalid: string should be valid utf8")


def has_bad_text(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def judge_content(
    content: dict[str, Any], line: bytes, switches: Switches, now_seconds: float, peer: str
) -> Seen:
    event = content.get("event")
    if event is None or (isinstance(event, str) and not event.strip()):
        raise Flawed("event", MISSING_EVENT)
    if not isinstance(event, str):
        raise invalid("event", "must be a string")  # own words
    properties = content.get("properties")
    if not isinstance(properties, dict):
        raise invalid(
            "properties", "must not be missing" if properties is None else "must be an object"
        )  # own words
    seconds, is_old = time_of(properties, switches, now_seconds)
    distinct_id = distinct_id_of(properties, switches, peer)
    insert_id = insert_id_of(properties, switches)
    if len(properties) > switches.properties:
        raise invalid("properties", f"must have at most {switches.properties} properties")  # own words
    if line.count(b"{") > 2 or b"[" in line:
        for name, value in properties.items():
            check_value(f"properties.{name}", value, 1, switches)
    for name, value in switches.refuse_where.items():
        if name in properties and properties[name] == value:
            raise invalid(f"properties.{name}", f"must not be {json.dumps(value)}")
    gone = is_old or (switches.identity_records == "ignored" and event in IDENTITY_EVENTS)
    return Seen(
        event, seconds, effective_id(properties, distinct_id, switches), insert_id, gone, "ip" in properties
    )


def time_of(properties: dict[str, Any], switches: Switches, now_seconds: float) -> tuple[int, bool]:
    """Seconds as stored, and whether retention has already done with them."""
    value = properties.get("time")
    if value is None:
        raise invalid("properties.time", "must not be missing")
    seconds = seconds_of(value, switches)
    if seconds is None:
        raise invalid("properties.time", "must be specified as seconds since epoch")
    if seconds < EARLIEST_SECONDS:
        raise invalid("properties.time", "must not be before 1971-01-01")  # own words
    if seconds > now_seconds + FUTURE_SECONDS:
        if switches.future_time == "refused":
            raise invalid("properties.time", "must not be in the future")
        seconds = int(now_seconds)
    if switches.age_days and seconds < now_seconds - switches.age_days * DAY_SECONDS:
        raise invalid(
            "properties.time", f"must not be more than {switches.age_days} days in the past"
        )  # own words
    return seconds, bool(
        switches.retention_days and seconds < now_seconds - switches.retention_days * DAY_SECONDS
    )


def seconds_of(value: Any, switches: Switches) -> int | None:
    if isinstance(value, str) and switches.time_text == "accepted" and re.fullmatch(r"[0-9]{1,20}", value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e18:
        return None
    if isinstance(value, float) and not value.is_integer() and switches.time_fraction == "refused":
        return None
    whole = int(value)
    return whole // 1_000 if whole >= switches.milliseconds_from else whole


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


def check_value(name: str, value: Any, depth: int, switches: Switches) -> None:
    """Limits of nested values; what is said is the simulator's own words. Raises Flawed."""
    if not isinstance(value, dict | list):
        return
    if (
        depth == 1
        and switches.large_values == "refused"
        and encoded_bytes(value) > switches.large_value_bytes
    ):
        raise invalid(name, f"must be at most {switches.large_value_bytes} bytes")
    if isinstance(value, dict):
        if depth > switches.nesting:
            raise invalid(name, f"must not be nested deeper than {switches.nesting}")
        if len(value) > switches.keys:
            raise invalid(name, f"must have at most {switches.keys} keys")
        for inner in value.values():
            check_value(name, inner, depth + 1, switches)
        return
    if len(value) > switches.elements:
        raise invalid(name, f"must have at most {switches.elements} elements")
    for inner in value:
        check_value(name, inner, depth, switches)


def encoded_bytes(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="surrogatepass"))
