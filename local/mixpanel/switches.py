"""A switch for each limit, and for each point where Mixpanel's sources disagree or say nothing.

Defaults are on the lenient side: what one source allows is allowed. Sources are Mixpanel's pages and its
OpenAPI file (https://docs.mixpanel.com/reference/import-events, github.com/mixpanel/docs
openapi/ingestion.openapi.yaml, 2026-08) unless a switch says otherwise.
"""

import json
from dataclasses import MISSING, Field, dataclass, field, fields, replace
from typing import Any, cast


class UnknownSwitch(ValueError):  # noqa: N818 (what was asked for)
    """No switch of that name, or a value it can't have; the sentence says what is allowed."""


def choice(default: str, *others: str, says: str) -> Any:
    return field(default=default, metadata={"allowed": (default, *others), "says": says})


def number(default: float, says: str) -> Any:
    return field(default=default, metadata={"allowed": "a number, 0 or more", "says": says})


def flag(default: bool, says: str) -> Any:
    return field(default=default, metadata={"allowed": (False, True), "says": says})


def text(says: str) -> Any:
    return field(default="", metadata={"allowed": "text", "says": says})


@dataclass(frozen=True)
class Switches:
    # Who may import
    token_allowed: bool = flag(
        True, "a project token authenticates (import page; /track page and OpenAPI: it does not)"
    )
    project_id_required: bool = flag(
        False, "project_id is asked for with a token too (OpenAPI; prose: optional)"
    )
    unknown_tokens: str = choice(
        "refused", "own-project", says="a token nobody named: 401, or a project of its own"
    )
    # The request
    strict_absent: str = choice(
        "1", "0", "refused", says="no strict parameter: OpenAPI has default 1 and required"
    )
    content_type: str = choice(
        "ignored", "checked", says="a Content-Type that is neither JSON nor NDJSON: 400 if checked"
    )
    content_mixed: str = choice("accepted", "refused", says="an array under x-ndjson, or NDJSON under json")
    body_bytes: int = number(
        10 << 20, "JSON bytes of a request; over it 413 (10 MB in prose, 2097152 in the 413 example)"
    )
    records: int = number(2_000, "records of a request")
    too_many: str = choice("400", "413", says="the answer to more records than that (undocumented)")
    empty: str = choice(
        "200", "400", says="the answer to no record at all (undocumented; OpenAPI: minItems 1)"
    )
    malformed: str = choice(
        "listed", "400", says="a line that is no JSON object: that one is refused, or all (undocumented)"
    )
    # A record
    record_bytes: int = number(
        1 << 20, "bytes of a record; it must have fewer (whether MB is decimal is unstated)"
    )
    properties: int = number(255, "properties of a record ('up to 255'; the import page: fewer, so 254)")
    keys: int = number(255, "keys of a nested object (fewer than 255 in prose, so 254)")
    elements: int = number(254, "elements of a list (fewer than 255)")
    nesting: int = number(3, "objects inside each other within a property")
    large_values: str = choice("kept", "refused", says="a list or object over large_value_bytes")
    large_value_bytes: int = number(8_192, "bytes of a list or object as a property")
    string_unit: str = choice(
        "characters", "bytes", says="what strings are cut at 255 of, in silence, on reading back"
    )
    time_fraction: str = choice(
        "accepted", "refused", says="a time that is a number but no integer (undocumented)"
    )
    time_text: str = choice("refused", "accepted", says="a time that is digits in a string (undocumented)")
    milliseconds_from: int = number(10_000_000_000, "a time from here on is in milliseconds (undocumented)")
    future_time: str = choice(
        "overwritten", "refused", says="more than an hour ahead: becomes now, or refused (seen live)"
    )
    age_days: int = number(
        0, "older records are refused (mixpanel-import's tests note about 730); 0: none are"
    )
    retention_days: int = number(
        0, "older records are accepted but gone at once (2 or 5 years); 0: all are kept"
    )
    distinct_id_absent: str = choice(
        "accepted",
        "derived",
        "refused",
        says="no distinct_id: none, a hash of the caller's address, or refused",
    )
    identity: str = choice(
        "simplified",
        "original",
        says="simplified: $user_id or $device_id take the distinct_id's place in deduplication",
    )
    identity_records: str = choice(
        "kept",
        "ignored",
        "refused",
        says="$identify, $create_alias, $merge: refused as plain strings, the whole batch",
    )
    insert_id_absent: str = choice(
        "generated", "refused", says="no $insert_id: generated, never a copy; or refused"
    )
    forbidden_ids: str = choice(
        "exact", "any-case", says="how forbidden ids are compared (mixpanel-import: any case)"
    )
    id_types: str = choice(
        "any", "text", says="ids that are numbers or truth values: taken as their text, or refused"
    )
    insert_id_message: str = text(
        "wording for a bad $insert_id instead of the simulator's own (undocumented)"
    )
    absent_ip: str = choice(
        "request", "nowhere", says="no ip: placed by the request's address, or not at all (mixpanel-import)"
    )
    hot_shard_records: int = number(
        200_000, "records of a distinct_id on a UTC day before $hotshard_events; 0: no limit"
    )
    # How much
    records_per_second: float = number(30_000.0, "records a second, over the rolling window; 0: no limit")
    megabytes_per_minute: float = number(
        2_000.0, "JSON megabytes (10^6) a minute, over the rolling window; 0: no limit"
    )
    window_seconds: float = number(60.0, "how long the window is")
    rate_limited_count: bool = flag(False, "what is answered 429 counts too (400s always do)")
    retry_after_seconds: int = number(0, "Retry-After in a 429; 0: none (none is documented)")
    # How it is said
    failed_records: str = choice("objects", "strings", "absent", says="failed_records in a 400")
    failed_id_key: str = choice(
        "$insert_id", "insert_id", "absent", says="prose and Jitsu; OpenAPI and the Go SDK"
    )
    failed_index: str = choice("right", "absent", "wrong", says="index in failed_records")
    failed_order: str = choice("ascending", "descending", says="order of failed_records (undocumented)")
    failed_most: int = number(0, "at most so many failed_records; 0: all")
    count_in_400: bool = flag(True, "num_records_imported in a 400")
    error_in_400: bool = flag(True, "error in a 400 (the OpenAPI example has none)")
    status_form: str = choice(
        "text", "number", says="status: 'OK' or 1, 'Unauthorized' or 0 (Go SDK's fixtures)"
    )
    rate_limited_form: str = choice(
        "coded", "uncoded", says="a 429's body; uncoded is {error, status: 0} (mixpanel-node#231)"
    )
    too_large_form: str = choice("limit", "no-limit", "html", says="a 413's body (HTML: mixpanel-node#136)")
    lenient_answer: str = choice(
        "all", "valid", says="strict=0 with bad records: num_records_imported counts (undocumented)"
    )
    lookup_error_form: str = choice(
        "openapi", "prose", says="a 400 of /lookup-tables: with code, or {status: 0}"
    )
    # What Mixpanel does for a while, until put right
    refuse_all: str = choice("off", "listed", "unlisted", "strings", says="the project refuses every record")
    refuse_after: int = number(0, "refuse_all begins once the project has accepted so many")
    refuse_where: dict[str, Any] = field(
        default_factory=dict,
        metadata={
            "allowed": "a JSON object",
            "says": "records with one of these values as that property are refused",
        },
    )
    outage: str = choice(
        "off", "429", "500", "502", "503", "504", "html-502", "reset", "401", says="the answer to all imports"
    )


ALL: dict[str, Field[Any]] = {each.name: each for each in fields(Switches)}


def default_of(each: Field[Any]) -> Any:
    return each.default if each.default is not MISSING else {}


DEFAULTS: dict[str, Any] = {name: default_of(each) for name, each in ALL.items()}


def turn(switches: Switches, wanted: dict[str, Any]) -> Switches:
    """The switches with some turned; None turns one back to its default. Raises UnknownSwitch."""
    return replace(switches, **{name: usable(name, value) for name, value in wanted.items()})


def turned(switches: Switches) -> dict[str, Any]:
    """Those that are not at their default."""
    return {name: getattr(switches, name) for name in ALL if getattr(switches, name) != DEFAULTS[name]}


def usable(name: str, value: Any) -> Any:
    """The value in the switch's own type; text is understood, since it comes from a command line."""
    if name not in ALL:
        raise UnknownSwitch(f"there is no switch {name!r}; there are {', '.join(sorted(ALL))}")
    default, allowed = DEFAULTS[name], ALL[name].metadata["allowed"]
    if value is None:
        return default
    try:
        return converted(value, default, allowed)
    except (ValueError, TypeError) as error:
        shown = ", ".join(map(str, allowed)) if isinstance(allowed, tuple) else allowed
        raise UnknownSwitch(f"{name} can't be {value!r}; allowed is {shown}") from error


def converted(value: Any, default: Any, allowed: Any) -> Any:
    if isinstance(default, bool):
        found = {"true": True, "1": True, "on": True, "false": False, "0": False, "off": False}.get(
            str(value).lower()
        )
        if found is None:
            raise ValueError(value)
        return found
    if isinstance(default, dict):
        content = json.loads(value) if isinstance(value, str) else value
        if not isinstance(content, dict):
            raise TypeError(value)
        return cast("dict[str, Any]", content)
    if isinstance(default, int | float):
        amount = float(value)
        if not 0 <= amount < 1e15 or (isinstance(default, int) and not amount.is_integer()):
            raise ValueError(value)
        return int(amount) if amount.is_integer() else amount
    if isinstance(allowed, tuple) and str(value) not in allowed:
        raise ValueError(value)
    return str(value)
