"""A record on each side of each limit, in each unit and spelling; all but these are fine in all else."""

from collections.abc import Iterator

from tests.end_to_end.fates import AHEAD_SECONDS, EARLIEST_SECONDS, FORBIDDEN
from tests.end_to_end.odd_records import NOW_SECONDS

MAX_BYTES = 1_000_000
_IDS = ("$insert_id", "distinct_id", "$user_id", "$device_id")
_LATEST = NOW_SECONDS + AHEAD_SECONDS


def lines_at_every_limit() -> list[bytes]:
    """Each tells itself apart by its own number."""
    texts = [*_events(), *_times(), *_ids(), *_counts(), *_depths(), *_lengths()]
    return [text.replace("@tag@", f"{number:05}").encode() for number, text in enumerate(texts)]


def _record(**changed: str) -> str:
    """`changed` is JSON, or empty for what is left out."""
    usual = {
        "n": '"@tag@"',
        "time": str(NOW_SECONDS - 5),
        "distinct_id": '"d"',
        "$insert_id": '"id-@tag@"',
        "ip": "0",
    }
    event = changed.pop("event", '"seen"')
    members = ",".join(f'"{name}":{value}' for name, value in {**usual, **changed}.items() if value)
    return f'{{"event":{event},"properties":{{{members}}}}}'


def _events() -> Iterator[str]:
    for event in ("null", '""', '" "', '"\\u2003"', '"\\t."', "1", "[]", '"' + "e" * 300 + '"'):
        yield _record(event=event)


def _times() -> Iterator[str]:
    for seconds in (EARLIEST_SECONDS, _LATEST):
        for unit in (1, 1_000):
            for apart in (-1, 0, 1):
                yield _record(time=f"{seconds * unit + apart}")
                yield _record(time=f"{seconds * unit + apart}.0")
                yield _record(time=f"{seconds * unit + apart}.5")
                yield _record(time=f'"{seconds * unit + apart}"')
    for time in ("", "null", "true", "0", "-1", "1e9", "1E99", "1e400", "9" * 5_000, "[1700000000]"):
        yield _record(time=time)


def _ids() -> Iterator[str]:
    for name in _IDS:
        for word in FORBIDDEN:
            for value in (f'"{word}"', f'"{word.upper()}"', f'"{word} "'):
                yield _record(**{name: value})
        for length in (35, 36, 37, 255, 256):
            yield _record(**{name: f'"{"a" * length}"'})
        for value in ("", "null", '""', "0", "-1", "-0", "0.0", "1", "7.5", "1" * 36, "1" * 37, "1e22"):
            yield _record(**{name: value})
        for value in (
            "true",
            "false",
            "[]",
            "{}",
            '[""]',
            '"a_b"',
            '"caf\u00e9"',
            '"\\ud800"',
            '"(not set)"',
        ):
            yield _record(**{name: value})
    for ip in ("", "null", '""', '"0"', "false", '"10.0.0.1"'):
        yield _record(ip=ip)
    for gone in ({"$user_id": '"u"'}, {"$device_id": '"v"'}, {"$user_id": '""'}, {}):
        yield _record(distinct_id="", **gone)


def _counts() -> Iterator[str]:
    """Properties with what is added, keys of an object, elements of a list."""
    for count in range(250, 258):
        more = {f"p{number}": "1" for number in range(count - 5)}
        yield _record(**more)
        yield _record(**more, ip="")
        yield _record(**more, ip="null")
        yield _record(**more, ip="", distinct_id="", **{"$insert_id": ""})
    for count in range(252, 258):
        keys = "{" + ",".join(f'"k{number}":1' for number in range(count)) + "}"
        elements = "[" + ",".join("1" * count) + "]"
        for value in (keys, elements, f"[{keys}]", f'{{"a":{elements}}}', f"[[{elements}]]"):
            yield _record(nested=value)


def _depths() -> Iterator[str]:
    for depth in range(1, 6):
        yield _record(nested='{"a":' * depth + "1" + "}" * depth)
        yield _record(nested='[{"a":[' * depth + "1" + "]}]" * depth)
    for depth in range(246, 252):
        yield _record(nested="[" * depth + "]" * depth)
    yield _record(nested='"' + "[{" * 300 + '"')


def _lengths() -> Iterator[str]:
    """Of all bytes as sent: what is added counts."""
    for changed, added_bytes in (({}, 0), ({"ip": ""}, 7), ({"$insert_id": ""}, 48)):
        for length in (MAX_BYTES - 1, MAX_BYTES, MAX_BYTES + 1):
            bare = len(_record(pad='""', **changed)) - 2  # the tag is as long as a number
            yield _record(pad=f'"{"x" * (length - added_bytes - bare - 2)}"', **changed)
