"""Records at each limit and in each spelling, and records with a byte changed.

A record is written member by member, since no writer of JSON writes what these need: keys that stand twice,
keys as escapes, white space anywhere, a length to the byte. `@tag@` becomes a number of its own in each line.
"""

import json
from collections.abc import Callable, Sequence

from hypothesis import strategies as st

from tests.end_to_end.fates import AHEAD_SECONDS, EARLIEST_SECONDS, FORBIDDEN

NOW_SECONDS = 1_780_000_000
TAG = b"@tag@"

Member = tuple[str, str]
"""Key and value, both as JSON."""

_space = st.sampled_from(["", "", "", " ", "\t", "\r", "  "])
_texts = st.text(st.characters(codec="utf-8"), max_size=6)
_scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _texts
)
_values = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
    max_leaves=5,
)
_json_texts = st.builds(
    lambda value, is_ascii: json.dumps(value, ensure_ascii=is_ascii), _values, st.booleans()
)
_rare_json = (
    st.sampled_from(["null", '""', "0", "-0", "0.0", "1e3", "1E400", "-1", "[]", "{}", "true", "false"])
    | st.sampled_from(['"\\ud800"', '"\\ud83d\\ude00"', '"\\u0000"', '"\\u0022\\\\"', '"\u2028\x7f"', '" "'])
    | st.sampled_from(["123456789012345678901", "1" * 400, "5" * 5_000, '"' + "\u00e9" * 300 + '"'])
)
_odd_json = _rare_json | st.sampled_from(["NaN", "01", "'x'", '"\t"', '"a\\', "--1", "[1,]", "{,}"])
_words = st.sampled_from(FORBIDDEN).flatmap(lambda word: st.sampled_from([word, word.upper(), word + "-"]))
_ids = st.one_of(
    _words.map(json.dumps),
    st.from_regex(r"[A-Za-z0-9-]{1,40}", fullmatch=True).map(json.dumps),
    st.integers(-(10**38), 10**38).map(str),
    st.sampled_from([f'"{"a" * length}"' for length in (1, 35, 36, 37, 59)]),
    st.sampled_from(['"(not set)"', '"1.23E+17"', '"a b"', '"\\u0061bc"', '"caf\u00e9"', "1.0", "7", "-7"]),
    _json_texts,
    _rare_json,
)
_latest = NOW_SECONDS + AHEAD_SECONDS
_edges = [
    *(EARLIEST_SECONDS, EARLIEST_SECONDS * 1_000, EARLIEST_SECONDS * 1_000 - 1, EARLIEST_SECONDS - 1),
    *(_latest, _latest * 1_000, _latest + 100_000, (_latest + 100_000) * 1_000, 10**10, 10**18),
]
_times = st.one_of(
    st.sampled_from(_edges).map(str),
    st.sampled_from(_edges).map(lambda time: f"{time}.0"),
    st.sampled_from(_edges).map(lambda time: f"{time}e0"),
    st.integers(EARLIEST_SECONDS, NOW_SECONDS).flatmap(
        lambda time: st.sampled_from([f"{time}.5", f"{time}999", f'"{time}"', f"{time / 1e9}e9", f"-{time}"])
    ),
    _odd_json,
)
_ips = st.one_of(st.sampled_from(['"10.0.0.1"', '"::1"', "0", "1", '"0"', "null", '""']), _json_texts)
_forms = {
    "time": _times,
    "$insert_id": _ids | _odd_json,
    "distinct_id": _ids | _odd_json,
    "$user_id": _ids | _odd_json,
    "$device_id": _ids,
    "ip": _ips | _odd_json,
    "plan": st.sampled_from(['"stolen"', '"paid"']),
    "properties": _json_texts,
}
# With any of these, or without it, a record is fine or becomes so.
_mended_forms = {
    "$insert_id": _ids,
    "distinct_id": st.sampled_from(["null", '""', '"d"', '"Anon"', "7", "-0.0"]) | _texts.map(json.dumps),
    "$user_id": _ids,
    "$device_id": _ids,
    "ip": _ips,
}


class Record:
    """The text of a record that is fine, until it is twisted."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.event = '"seen"'
        self.properties: list[Member] = [
            ('"n"', '"@tag@"'),
            ('"time"', str(NOW_SECONDS - 86_400)),
            ('"distinct_id"', '"user-@tag@"'),
            ('"$insert_id"', '"id-@tag@"'),
            ('"ip"', "0"),
        ]
        self.before: list[Member] = []
        self.behind: list[Member] = []
        self.length = 0
        self.is_spaced = False

    def written(self) -> bytes:
        own = [('"event"', self.event), ('"properties"', self._object(self.properties))]
        text = self._object([*self.before, *own, *self.behind])
        missing = self.length - len(text.encode())
        if missing > 12:
            padding = ('"pad"', f'"{"x" * (missing - 9)}"')
            own[1] = ('"properties"', self._object([padding, *self.properties]))
            text = self._object([*self.before, *own, *self.behind])
        return text.encode("utf-8", "surrogatepass")

    def _object(self, members: list[Member]) -> str:
        if not self.is_spaced:
            return "{" + ",".join(f"{key}:{value}" for key, value in members) + "}"
        space = [self.draw(_space) for _ in range(4)]
        return (
            "{"
            + ",".join(f"{space[0]}{key}{space[1]}:{space[2]}{value}{space[3]}" for key, value in members)
            + "}"
        )

    def change_what_is_mended(self) -> None:
        name = self.draw(st.sampled_from(sorted(_mended_forms)))
        kept = [member for member in self.properties if member[0] != f'"{name}"']
        new = [(f'"{name}"', self.draw(_mended_forms[name]))]
        self.properties = self.draw(st.sampled_from([kept, kept + new, self.properties + new]))

    def change_time(self) -> None:
        self.properties[1] = ('"time"', self.draw(st.sampled_from(_edges).map(str) | _times))

    def change_property(self) -> None:
        name = self.draw(st.sampled_from(sorted(_forms)))
        self.properties = [member for member in self.properties if member[0] != f'"{name}"']
        self.properties.append((f'"{name}"', self.draw(_forms[name])))

    def drop_property(self) -> None:
        name = self.draw(st.sampled_from(["time", "distinct_id", "$insert_id", "ip", "n"]))
        self.properties = [member for member in self.properties if member[0] != f'"{name}"']

    def repeat_property(self) -> None:
        name = self.draw(st.sampled_from(sorted(_forms)))
        at = self.draw(st.integers(0, len(self.properties)))
        self.properties.insert(at, (f'"{name}"', self.draw(_forms[name])))

    def spell_out(self) -> None:
        at = self.draw(st.integers(0, max(0, len(self.properties) - 1)))
        for key, value in self.properties[at : at + 1]:
            self.properties[at] = ("".join(['"', *(f"\\u{ord(each):04x}" for each in key[1:-1]), '"']), value)

    def add_properties(self) -> None:
        count = self.draw(st.integers(252, 256)) - len(self.properties)
        self.properties += [(f'"p{number}"', "1") for number in range(count)]

    def nest(self) -> None:
        size = self.draw(st.integers(253, 256))
        depth = self.draw(st.integers(1, 4))
        brackets = self.draw(st.integers(247, 252))
        value = self.draw(
            st.sampled_from(
                [
                    "[" + ",".join(["1"] * size) + "]",
                    "{" + ",".join(f'"k{number}":1' for number in range(size)) + "}",
                    '{"a":' * depth + "1" + "}" * depth,
                    '[{"a":[' * depth + "{}" + "]}]" * depth,
                    "[" * brackets + "]" * brackets,
                    '"' + "[" * 300 + '"',
                    '"' + "x" * (8_192 + size) + '"',
                ]
            )
        )
        self.properties.append(('"nested"', value))

    def add_value(self) -> None:
        self.properties.append((json.dumps(self.draw(_texts)), self.draw(_json_texts | _odd_json)))

    def change_event(self) -> None:
        self.event = self.draw(
            st.sampled_from(['"$identify"', '"\\u0020"', '"\u2003"', '"' + "e" * 300 + '"']) | _odd_json
        )

    def add_beside(self) -> None:
        name = self.draw(st.sampled_from(['"event"', '"properties"', '"time"', '"more"', '"\\u0065vent"']))
        value = self.draw(_json_texts | st.just('{"time":1700000000}'))
        self.draw(st.sampled_from([self.before, self.behind])).append((name, value))

    def put_in_another_order(self) -> None:
        self.properties = self.draw(st.permutations(self.properties))

    def space_out(self) -> None:
        self.is_spaced = True


Twist = Callable[[Record], None]
# Mostly still records, which need something added.
GENTLE_TWISTS: list[Twist] = [
    *[Record.change_what_is_mended] * 4,
    Record.spell_out,
    Record.put_in_another_order,
    Record.space_out,
]
TWISTS: list[Twist] = [
    *GENTLE_TWISTS,
    Record.change_property,
    Record.change_property,
    Record.drop_property,
    Record.repeat_property,
    Record.add_properties,
    Record.nest,
    Record.add_value,
    Record.change_event,
    Record.add_beside,
]
LIMIT_TWISTS = [Record.change_time, Record.add_properties, Record.nest, Record.nest]


@st.composite
def records(
    draw: st.DrawFn, twists: Sequence[Twist] = TWISTS, most_twists: int = 3, length: int = 0
) -> bytes:
    record = Record(draw)
    for twist in draw(st.lists(st.sampled_from(twists), min_size=min(1, most_twists), max_size=most_twists)):
        twist(record)
    record.length = length
    return record.written().replace(b"\n", b" ")


@st.composite
def long_records(draw: st.DrawFn) -> bytes:
    """At a record's 1,000,000 bytes, before or after what is added."""
    added = draw(st.sampled_from([0, 0, 7, 48, 67]))
    return draw(records(GENTLE_TWISTS, 2, length=1_000_000 + draw(st.integers(-2, 2)) - added))


@st.composite
def spoilt_records(draw: st.DrawFn) -> bytes:
    """A record with a byte or two changed, put in, taken out, or with its end cut off."""
    line = bytearray(draw(records(most_twists=1)))
    for _ in range(draw(st.integers(1, 2))):
        at = draw(st.integers(0, len(line) - 1))
        match draw(st.sampled_from("xidc")):
            case "x":
                line[at] ^= draw(st.integers(1, 255))
            case "i":
                line.insert(at, draw(st.integers(0, 255)))
            case "d" if len(line) > 1:
                del line[at]
            case _:
                del line[at + 1 :]
    return bytes(line).replace(b"\n", b"?")
