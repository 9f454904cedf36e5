"""What must become of a line, worked out anew from what Mixpanel documents: slow and plain.

Nothing here imports what it is held against.
Rules: https://docs.mixpanel.com/reference/import-events (2026-08).
"""

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

SPACE = b" \t\r\n"
HOLE = "\0"  # no JSON text holds one: where an id that only the importer knows will stand
MAX_RECORD_BYTES = 1_000_000
MAX_PROPERTIES = 255
MAX_KEYS = 255
MAX_ELEMENTS = 254
MAX_OBJECTS = 3
MAX_BRACKETS = 250  # not Mixpanel's: where readers of JSON begin to give up
EARLIEST_SECONDS = 31_536_000
AHEAD_SECONDS = 3_600
FORBIDDEN = [
    *("00000000-0000-0000-0000-000000000000", "anon", "anonymous", "nil", "none", "null", "n/a", "na"),
    *("undefined", "unknown", "<nil>", "0", "-1", "true", "false", "[]", "{}"),
]

_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"|[{}\[\]:,]|[^\s{}\[\]:,"]+')
_LEGAL_ID = re.compile(r"[A-Za-z0-9-]{1,36}")
_ID = re.compile(rb'"[0-9a-f]{32}"')

Verdict = Literal["blank", "sent", "rejected"]


@dataclass(frozen=True, slots=True)
class Sent:
    """The bytes of a line as sent; `tail` is None, or what follows an id that is a hash of the record."""

    head: bytes
    tail: bytes | None = None

    def is_it(self, sent: bytes) -> bool:
        if self.tail is None:
            return sent == self.head
        inner = sent[len(self.head) : len(sent) - len(self.tail)]
        return sent.startswith(self.head) and sent.endswith(self.tail) and _ID.fullmatch(inner) is not None


@dataclass(frozen=True, slots=True)
class Fate:
    verdict: Verdict
    sent: Sent | None = None


BLANK, REJECTED = Fate("blank"), Fate("rejected")


@lru_cache(maxsize=10_000)
def fate_of(line: bytes, now_seconds: float) -> Fate:
    """Of one line of a file, without its newline."""
    text_bytes = line.strip(SPACE)
    if not text_bytes:
        return BLANK
    record = object_of(text_bytes)
    if record is None or len(text_bytes) > MAX_RECORD_BYTES or not _is_fine(record, now_seconds):
        return REJECTED
    sent, keys = _as_sent(text_bytes.decode(), record["properties"])
    sent_bytes = len(sent.encode()) + 33 * (HOLE in sent)  # 32 digits in quotes, less the hole
    if keys > MAX_PROPERTIES or sent_bytes > MAX_RECORD_BYTES:
        return REJECTED
    head, *tail = sent.encode().split(HOLE.encode())
    return Fate("sent", Sent(head, *tail))


def object_of(line: bytes) -> dict[str, Any] | None:
    """The line's JSON object, if that is what it is."""
    try:
        text = line.decode()
        if _brackets(text) > MAX_BRACKETS:
            return None
        content = json.loads(text, parse_constant=_refuse, parse_int=_read_int)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def is_object(line: bytes) -> bool:
    """As every reader of JSON has it: some refuse an escaped half of a surrogate pair."""
    content = object_of(line.strip(SPACE))
    try:
        json.dumps(content, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return content is not None


def members_of(text: str) -> dict[str, tuple[int, int]]:
    """Where the value of each key of a JSON object stands in its text; of equal keys, the last one's."""
    found: dict[str, tuple[int, int]] = {}
    depth, key, start, end, before = 0, None, 0, 0, ""
    for token in _TOKEN.finditer(text):
        word = token[0]
        if depth == 1 and word in ",}" and key is not None:
            found[key] = (start, end)
            key = None
        if depth == 1 and before in ("{", ",") and word[0] == '"':
            key = json.loads(word)
        if depth == 1 and before == ":":
            start = token.start()
        depth += (word in "{[") - (word in "}]")
        before, end = word, token.end()
    return found


def _is_fine(record: dict[str, Any], now_seconds: float) -> bool:
    event, properties = record.get("event"), record.get("properties")
    if not isinstance(event, str) or not event.strip() or not isinstance(properties, dict):
        return False
    distinct_id = properties.get("distinct_id")
    if distinct_id is not None and _as_id(distinct_id) in FORBIDDEN:
        return False
    return _is_legal_time(properties.get("time"), now_seconds) and all(
        _fits(value, 0) for value in properties.values()
    )


def _is_legal_time(time: Any, now_seconds: float) -> bool:
    if isinstance(time, bool) or not isinstance(time, int | float):
        return False
    latest = now_seconds + AHEAD_SECONDS
    return any(EARLIEST_SECONDS * unit <= time <= latest * unit for unit in (1, 1_000))


def _fits(value: Any, objects: int) -> bool:
    if isinstance(value, dict):
        fits = len(value) <= MAX_KEYS and objects < MAX_OBJECTS
        return fits and all(_fits(inner, objects + 1) for inner in value.values())
    if isinstance(value, list):
        return len(value) <= MAX_ELEMENTS and all(_fits(inner, objects) for inner in value)
    return True


def _as_sent(text: str, properties: dict[str, Any]) -> tuple[str, int]:
    """The line with what is put into it, and how many properties it then has."""
    wanted = {}
    insert_id = _new_id(properties.get("$insert_id"))
    if insert_id is not None:
        wanted["$insert_id"] = insert_id
    if properties.get("ip") in (None, ""):
        wanted["ip"] = "0"
    names = ("distinct_id", "$user_id", "$device_id")
    if properties.get("distinct_id") is None and all(properties.get(name) in (None, "") for name in names):
        wanted["distinct_id"] = '""'
    start, end = members_of(text)["properties"]
    places = {key: (start + at, start + until) for key, (at, until) in members_of(text[start:end]).items()}
    new = ",".join(f'"{key}":{value}' for key, value in wanted.items() if key not in places)
    comma = "," if new and places else ""
    edits = [(end - 1, end - 1, comma + new)]
    edits += [(*places[key], value) for key, value in wanted.items() if key in places]
    for at, until, value in sorted(edits, reverse=True):
        text = text[:at] + value + text[until:]
    return text, len(properties.keys() | wanted.keys())


def _new_id(insert_id: Any) -> str | None:
    """What stands in the id's place, as JSON; None where it stays."""
    is_legal = _LEGAL_ID.fullmatch(_as_id(insert_id)) and _as_id(insert_id).lower() not in FORBIDDEN
    if is_legal and isinstance(insert_id, str):
        return None
    if is_legal and type(insert_id) is int:
        return f'"{insert_id}"'
    return HOLE


def _as_id(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, separators=(",", ":"))


def _brackets(text: str) -> int:
    depth = most = 0
    for token in _TOKEN.finditer(text):
        depth += (token[0] in "{[") - (token[0] in "}]")
        most = max(most, depth)
    return most


def _read_int(digits: str) -> int | float:
    return int(digits) if len(digits) < 4_000 else float(digits)


def _refuse(name: str) -> None:
    raise ValueError(name)
