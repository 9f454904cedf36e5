"""What Mixpanel asks of one record, rule by rule. The fast path over whole batches is in batches.py.

Source of rules and quoted words: https://docs.mixpanel.com/reference/import-events (2026-08); words seen live
by others are Segment's and mixpanel-import's. Words without a source are the simulator's own and say so.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from .flaws import Failure, Flawed, invalid, read_record
from .ids import distinct_id_of, effective_id, insert_id_of, text_of
from .switches import Switches

EARLIEST_SECONDS = 31_536_000  # 1971-01-01
FUTURE_SECONDS = 3_600
DAY_SECONDS = 86_400

IDENTITY_EVENTS = frozenset({"$identify", "$create_alias", "$merge"})
MISSING_EVENT = "'event' must not be missing or blank"
IDENTITY_REFUSED = "identity events are not allowed when project is using simplified identity management"


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
